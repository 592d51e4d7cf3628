"""The simulated system: all parts of a planning problem that do not depend on time."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from ..forecast.quarters import moment
from ..ledger.entry import QUARTER_HOURS
from ..planner.problem import Problem, ProblemError
from ..planner.problem_document import OUTCOME_KEYS, parse_json, problem_from
from .time_series import TimeSeries

_PLACEHOLDER_SLOT = {
    "start": "2000-01-01T00:00+00:00", "import_price": [0], "export_price": [0], "pv_kw": [0], "load_kw": [0],
}  # fmt: skip
_SYSTEM_FIELDS = {
    "battery", "grid", "currency", "terminal_value_per_kwh", "pv_curtailable", "peak_price_per_kw", "targets",
}  # fmt: skip
_SLOT_FIELDS = {field.name for field in fields(Problem)} - _SYSTEM_FIELDS | set(OUTCOME_KEYS)


def read_system(text: str | bytes) -> Problem:
    """Return the system of a JSON text, as `system_from_document` does. Raises ProblemError."""
    return system_from_document(parse_json("The battery file", text))


def system_from_document(document: Any) -> Problem:  # noqa: ANN401  (any JSON value)
    """Return the system of a problem document, as a problem with one empty slot. Raises ProblemError.

    Time-dependent keys may be present and are ignored. `terminal_value_per_kwh` applies to the end of the series.
    """
    if not isinstance(document, dict):
        raise ProblemError("The battery file", "is not a JSON object with battery and grid")
    kept = {key: value for key, value in document.items() if key not in _SLOT_FIELDS}
    return problem_from({**kept, **_PLACEHOLDER_SLOT})


def problem_for(
    system: Problem,
    series: TimeSeries,
    part: slice,
    forecast: tuple[Sequence[float], Sequence[float]],
    stored_kwh: float,
) -> Problem:
    """Return the problem of a part of the series, given its forecast of PV and load (kW) and stored energy (kWh)."""
    battery = system.battery
    min_soc, max_soc = (
        pick(limit, battery.soc_start) for pick, limit in ((min, battery.soc_min), (max, battery.soc_max))
    )
    soc = min(max(stored_kwh / battery.capacity_kwh, min_soc), max_soc)  # the running sum has rounding errors
    return replace(
        system,
        start=moment(series.numbers[part.start]),
        slot_minutes=60 * QUARTER_HOURS,
        battery=replace(battery, soc_start=soc),
        import_price=series.import_price[part],
        export_price=series.export_price[part],
        pv_kw=forecast[0],
        load_kw=forecast[1],
    )
