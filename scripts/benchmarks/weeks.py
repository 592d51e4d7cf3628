"""Synthetic weeks for benchmarks: the two days of the reference problem in turn, with random prices, weather and loads.

They are seeded, so that they are the same in every run. The PV forecast is off by up to 30 % a day, and clouds add a
faster error. The load forecast is the usual profile, while the real load has peaks at random times.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custom_components.nattery.core.backtest.time_series import TimeSeries
from custom_components.nattery.core.forecast.quarters import PER_DAY, day_edges, local_quarter
from custom_components.nattery.core.planner.problem_document import read_problem

CANONICAL = Path(__file__).parents[2] / "tests" / "core" / "fixtures" / "plan-problem-48h.json"
PROBLEM = read_problem(CANONICAL.read_bytes())
ZONE = ZoneInfo("Europe/Berlin")
_EPOCH = date(1970, 1, 1)
_DAYTIME = 26, 88  # quarter-hours of the day in which appliances start
_APPLIANCE_KWH = 2 * 1.65 / 4  # mean energy of one appliance run


class Weeks(NamedTuple):
    """A season and a household: PV of a usual day (share of the reference), heating (kW), appliance runs per day."""

    name: str
    first: date
    pv: float
    heating: float
    appliance_runs: int


WEEKS = (
    Weeks("January, heat pump", date(2026, 1, 5), 0.25, 0.8, 3),
    Weeks("March, couple, clocks go forward", date(2026, 3, 16), 0.7, 0.0, 2),
    Weeks("April, family", date(2026, 4, 13), 0.9, 0.0, 5),
    Weeks("July, family", date(2026, 7, 6), 1.2, 0.0, 5),
    Weeks("July, couple", date(2026, 7, 6), 1.2, 0.0, 2),
    Weeks("October, heat pump, clocks go back", date(2026, 10, 12), 0.5, 0.3, 4),
)


class _SyntheticDay(NamedTuple):
    """The random parameters of a day: variation and level of prices, forecast PV and its error, heating, appliances."""

    price_variation: float
    price_level: float
    pv_forecast: float
    pv_error: float
    heating: float
    appliances: tuple[tuple[int, int, float], ...]


def series(
    weeks: Weeks, seed: int, days: int, *, with_forecasts: bool = True, price_variation: float = 1.0
) -> TimeSeries:
    """Return a series of some local days; `price_variation` scales the variation of prices within a day."""
    first_day = (weeks.first - _EPOCH).days
    numbers = range(day_edges(first_day, ZONE)[0], day_edges(first_day + days, ZONE)[0])
    columns = zip(*_quarters(weeks, Random(seed), numbers, price_variation), strict=True)
    import_price, export_price, pv, load, pv_forecast, load_forecast = (list(column) for column in columns)
    forecasts = (pv_forecast, load_forecast) if with_forecasts else (None, None)
    return TimeSeries(numbers, [0.25] * len(numbers), import_price, export_price, pv, load, *forecasts)


def _quarters(weeks: Weeks, rng: Random, numbers: range, price_variation: float) -> Iterator[tuple[float, ...]]:
    usual = sum(PROBLEM.import_price) / len(PROBLEM)
    known, cloud, today = -1, 0.0, None
    for number in numbers:
        day, slot = divmod(local_quarter(number, ZONE), PER_DAY)
        if day != known or today is None:
            known, today = day, _day(weeks, rng)
        at = day % 2 * PER_DAY + slot
        spread = PROBLEM.import_price[at] - PROBLEM.export_price[at]
        import_price = (
            usual + today.price_level + price_variation * today.price_variation * (PROBLEM.import_price[at] - usual)
        )
        pv_forecast = PROBLEM.pv_kw[slot] * today.pv_forecast
        cloud = 0.85 * cloud + rng.gauss(0, 0.08)
        appliances = sum(kw for start, length, kw in today.appliances if start <= slot < start + length)
        shape = PROBLEM.load_kw[slot]
        load = shape * rng.uniform(0.5, 0.9) + appliances + today.heating * rng.uniform(0.6, 1.4)
        appliance_forecast = (
            weeks.appliance_runs * _APPLIANCE_KWH * 4 / (_DAYTIME[1] - _DAYTIME[0])
            if _DAYTIME[0] <= slot < _DAYTIME[1]
            else 0.0
        )
        load_forecast = 0.7 * shape + appliance_forecast + weeks.heating
        yield (
            import_price,
            import_price - spread,
            max(pv_forecast * (today.pv_error + cloud), 0.0),
            load,
            pv_forecast,
            load_forecast,
        )


def _day(weeks: Weeks, rng: Random) -> _SyntheticDay:
    appliances = tuple(
        (rng.randrange(*_DAYTIME), rng.randrange(1, 4), rng.uniform(0.8, 2.5)) for _ in range(weeks.appliance_runs)
    )
    return _SyntheticDay(
        rng.uniform(0.6, 1.3), rng.gauss(0, 0.02), weeks.pv * rng.uniform(0.4, 1.2),
        rng.uniform(0.7, 1.3), weeks.heating * rng.uniform(0.7, 1.3), appliances,
    )  # fmt: skip
