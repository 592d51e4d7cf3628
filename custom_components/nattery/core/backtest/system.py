"""Whose battery it is: all of a planning problem that is the same at any time, and the problem of a time made of it."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from ..forecast.quarters import moment
from ..ledger.entry import QUARTER_HOURS
from ..planner.problem import Problem, ProblemError
from ..planner.problem_document import decoded, problem_from
from .time_series import TimeSeries

_A_SLOT = {"start": "2000-01-01T00:00+00:00", "import_price": [0], "export_price": [0], "pv_kw": [0], "load_kw": [0]}
_LASTING = {
    "battery", "grid", "currency", "terminal_value_per_kwh", "pv_curtailable", "peak_price_per_kw", "targets",
}  # fmt: skip
_PASSING = {field.name for field in fields(Problem)} - _LASTING


def house_from(text: str | bytes) -> Problem:
    """The house in a JSON text, as in `house_of`. Raises ProblemError."""
    return house_of(decoded("The battery file", text))


def house_of(document: Any) -> Problem:  # noqa: ANN401  (anything may come)
    """The house in a problem document, of which what belongs to its slots may be there and counts nothing.

    It comes as a problem of one empty slot. `terminal_value_per_kwh` is meant for the end of the series. Raises
    ProblemError.
    """
    if not isinstance(document, dict):
        raise ProblemError("The battery file", "is not a JSON object with battery and grid")
    return problem_from({**{key: value for key, value in document.items() if key not in _PASSING}, **_A_SLOT})


def problem_of(
    house: Problem,
    series: TimeSeries,
    part: slice,
    forecast: tuple[Sequence[float], Sequence[float]],
    stored_kwh: float,
) -> Problem:
    """The problem of a part of the series, given the forecast of PV and load (kW) in it and what is stored (kWh)."""
    battery = house.battery
    lowest, highest = (
        pick(limit, battery.soc_start) for pick, limit in ((min, battery.soc_min), (max, battery.soc_max))
    )
    soc = min(max(stored_kwh / battery.capacity_kwh, lowest), highest)  # sums are a hair off
    return replace(
        house,
        start=moment(series.numbers[part.start]),
        slot_minutes=60 * QUARTER_HOURS,
        battery=replace(battery, soc_start=soc),
        import_price=series.import_price[part],
        export_price=series.export_price[part],
        pv_kw=forecast[0],
        load_kw=forecast[1],
    )
