"""The slots of a plan as columns of plain JSON, with the prices and forecasts that it was made from."""

from collections.abc import Callable, Sequence
from typing import Any

from ..forecast.quantiles import weighted_quantiles
from ..forecast.quarters import quarter
from ..planner.plan import Plan, PlannedSlot
from ..planner.problem import Problem
from .interval_prices import PricedInterval

type Column = list[Any]

_POWER_DIGITS = 3
_MONEY_DIGITS = 5
_SOC_DIGITS = 4


def plan_columns(plan: Plan, problem: Problem, intervals: Sequence[PricedInterval]) -> dict[str, Column]:
    """Return one value per slot of the plan in each column; a column of which nothing is known is left out.

    Starts and ends are unix seconds, powers kW, prices per kWh, the state of charge 0 to 1. P10 and P90 are those of
    the outcomes that are planned for. The problem may leave out the first of the intervals.
    """
    numbers = [quarter(slot.start) for slot in plan]
    of_problem, of_intervals = quarter(problem.start), quarter(intervals[0].start)
    columns = {name: [value(slot) for slot in plan] for name, value in _OF_SLOT.items()}
    columns["saving"] = [round(saving, _MONEY_DIGITS) for saving in plan.savings]

    def add(name: str, values: Sequence[float | None], first: int, digits: int = _POWER_DIGITS) -> None:
        column = [values[number - first] for number in numbers]
        columns[name] = [None if value is None else round(value, digits) for value in column]

    add("load_kw", problem.load_kw, of_problem)
    add("pv_kw", problem.pv_kw, of_problem)
    weights = [outcome.weight for outcome in problem.outcomes]
    for name, expected, outcomes in (
        ("load", problem.load_kw, [outcome.load_kw for outcome in problem.outcomes]),
        ("pv", problem.pv_kw, [outcome.pv_kw for outcome in problem.outcomes]),
    ):
        low, high = _ranges(outcomes, weights, expected)
        add(f"{name}_p10_kw", low, of_problem)
        add(f"{name}_p90_kw", high, of_problem)
    add("import_price", problem.import_price, of_problem, _MONEY_DIGITS)
    add("export_price", problem.export_price, of_problem, _MONEY_DIGITS)
    add("spot_price", [interval.spot_price for interval in intervals], of_intervals, _MONEY_DIGITS)
    return {name: column for name, column in columns.items() if any(value is not None for value in column)}


def _rounded(value: Callable[[PlannedSlot], float], digits: int) -> Callable[[PlannedSlot], float]:
    return lambda slot: round(value(slot), digits)


_OF_SLOT: dict[str, Callable[[PlannedSlot], Any]] = {
    "start": lambda slot: int(slot.start.timestamp()),
    "end": lambda slot: int(slot.end.timestamp()),
    "action": lambda slot: slot.action.value,
    "charge_kw": _rounded(lambda slot: slot.charge_kw, _POWER_DIGITS),
    "discharge_kw": _rounded(lambda slot: slot.discharge_kw, _POWER_DIGITS),
    "grid_kw": _rounded(lambda slot: slot.grid_kw, _POWER_DIGITS),
    "curtail_kw": _rounded(lambda slot: slot.curtail_kw, _POWER_DIGITS),
    "soc_end": _rounded(lambda slot: slot.soc_end, _SOC_DIGITS),
    "marginal_value": _rounded(lambda slot: slot.marginal_value, _MONEY_DIGITS),
    "cost": _rounded(lambda slot: slot.cost, _MONEY_DIGITS),
    "override": lambda slot: slot.override,
    "reason": lambda slot: slot.reason.to_dict(),
}


def _ranges(
    outcomes: Sequence[Sequence[float]], weights: Sequence[float], expected: Sequence[float]
) -> tuple[list[float | None], list[float | None]]:
    """Return P10 and P90 of each slot over the outcomes, widened where the expected power lies outside."""
    low: list[float | None] = [None] * len(expected)
    high = [*low]
    for at, (powers, kw) in enumerate(zip(zip(*outcomes, strict=True), expected, strict=bool(outcomes))):
        pairs = sorted(zip(powers, weights, strict=True))
        if quantiles := weighted_quantiles([power for power, _ in pairs], [weight for _, weight in pairs]):
            low[at], high[at] = min(quantiles.p10, kw), max(quantiles.p90, kw)
    return low, high
