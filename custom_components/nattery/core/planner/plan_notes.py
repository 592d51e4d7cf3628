"""The notes of a plan: violated constraints and assumptions."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..explanation import Explanation
from .flows import Flows
from .prepared import PreparedProblem

_LIMIT_TOLERANCE_KW = 1e-6  # a smaller excess over a grid limit is rounding
_TARGET_TOLERANCE_KWH = 0.001  # a smaller shortfall from a target is not reported


def plan_notes(prepared: PreparedProblem, flows: Sequence[Flows], *, exact: bool) -> Iterator[Explanation]:
    """Yield the notes of a plan with these flows; `exact` tells that its optimum was proven."""
    problem = prepared.problem
    battery = problem.battery
    if not exact:
        yield Explanation("note_approximate")
    if battery.soc_start < battery.soc_min:
        yield Explanation("note_below_minimum", _percent(battery.soc_start, battery.soc_min))
    if battery.soc_start > battery.soc_max:
        yield Explanation("note_above_maximum", _percent(battery.soc_start, battery.soc_max))
    yield from _limit_notes(prepared, flows)
    yield from _target_notes(prepared, flows)
    if problem.terminal_value_per_kwh is None:
        yield Explanation("note_terminal_estimated", {"terminal_price": prepared.terminal.mean_price})


def _limit_notes(prepared: PreparedProblem, flows: Sequence[Flows]) -> Iterator[Explanation]:
    limits = prepared.bounds.limits
    for flow, inputs, at in zip(flows, prepared.inputs, prepared.edges[:-1], strict=True):
        over_import, over_export = flow.grid_kw - limits.import_kw, -flow.grid_kw - limits.export_kw
        if over_import > _LIMIT_TOLERANCE_KW:
            yield Explanation("note_import_limit", {"excess_kw": over_import, "at": at, "load_kw": inputs.load_kw})
        elif over_export > _LIMIT_TOLERANCE_KW:
            yield Explanation("note_export_limit", {"excess_kw": over_export, "at": at, "pv_kw": inputs.pv_kw})


def _target_notes(prepared: PreparedProblem, flows: Sequence[Flows]) -> Iterator[Explanation]:
    """Report each missed level once, at its largest shortfall.

    The minimum SOC is left out if the plan starts below it: that has a note of its own.
    """
    battery = prepared.problem.battery
    worst: dict[float, tuple[float, datetime]] = {}
    for slot, level, _, sign in prepared.soft_targets:
        missing = level - flows[slot].stored_kwh
        if (
            sign < 0
            or missing < _TARGET_TOLERANCE_KWH
            or (level == battery.stored_min and battery.soc_start < battery.soc_min)
        ):
            continue
        if level not in worst or missing > worst[level][0]:
            worst[level] = missing, prepared.edges[slot + 1]
    for level, (missing, at) in worst.items():
        yield Explanation("note_target_missed", {"missing_kwh": missing, "level_kwh": level, "at": at})


def _percent(soc: float, limit: float) -> dict[str, float]:
    return {"soc": 100 * soc, "limit": 100 * limit}
