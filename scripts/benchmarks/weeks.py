"""Made-up weeks to trade in: the reference problem's two days in turn, with swings, weather and habits of their own.

Seeded, so that they are the same every time. What is forecast of the sun is off by up to 30 % a day, and clouds come
on top; what is forecast of the load is its usual shape, and what comes is lumpy.
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
_WAKING = 26, 88  # quarters of the day in which ovens and the like begin
_LUMP_KWH = 2 * 1.65 / 4  # of one, on the mean


class Weeks(NamedTuple):
    """A season and a house: the sky on a usual day (of the reference's), heating (kW), ovens and the like a day."""

    name: str
    first: date
    sky: float
    heating: float
    lumps: int


WEEKS = (
    Weeks("January, heat pump", date(2026, 1, 5), 0.25, 0.8, 3),
    Weeks("March, couple, clocks go forward", date(2026, 3, 16), 0.7, 0.0, 2),
    Weeks("April, family", date(2026, 4, 13), 0.9, 0.0, 5),
    Weeks("July, family", date(2026, 7, 6), 1.2, 0.0, 5),
    Weeks("July, couple", date(2026, 7, 6), 1.2, 0.0, 2),
    Weeks("October, heat pump, clocks go back", date(2026, 10, 12), 0.5, 0.3, 4),
)


class _Day(NamedTuple):
    """What a day is like: its prices' swing and level, the sun as forecast and as it comes, the house."""

    swing: float
    level: float
    sky: float
    sun: float
    heating: float
    lumps: tuple[tuple[int, int, float], ...]


def series(weeks: Weeks, seed: int, days: int, *, told: bool = True, swing: float = 1.0) -> TimeSeries:
    """The quarters of some local days, with forecasts unless nobody tells any; `swing` is that of the prices."""
    begins = (weeks.first - _EPOCH).days
    numbers = range(day_edges(begins, ZONE)[0], day_edges(begins + days, ZONE)[0])
    columns = zip(*_quarters(weeks, Random(seed), numbers, swing), strict=True)
    buy, sell, pv, load, pv_told, load_told = (list(column) for column in columns)
    forecasts = (pv_told, load_told) if told else (None, None)
    return TimeSeries(numbers, [0.25] * len(numbers), buy, sell, pv, load, *forecasts)


def _quarters(weeks: Weeks, chance: Random, numbers: range, swing: float) -> Iterator[tuple[float, ...]]:
    usual = sum(PROBLEM.import_price) / len(PROBLEM)
    known, cloud, today = -1, 0.0, None
    for number in numbers:
        day, slot = divmod(local_quarter(number, ZONE), PER_DAY)
        if day != known or today is None:
            known, today = day, _day(weeks, chance)
        at = day % 2 * PER_DAY + slot
        spread = PROBLEM.import_price[at] - PROBLEM.export_price[at]
        buy = usual + today.level + swing * today.swing * (PROBLEM.import_price[at] - usual)
        pv_told = PROBLEM.pv_kw[slot] * today.sky
        cloud = 0.85 * cloud + chance.gauss(0, 0.08)
        lumps = sum(kw for start, length, kw in today.lumps if start <= slot < start + length)
        shape = PROBLEM.load_kw[slot]
        load = shape * chance.uniform(0.5, 0.9) + lumps + today.heating * chance.uniform(0.6, 1.4)
        lumps_told = weeks.lumps * _LUMP_KWH * 4 / (_WAKING[1] - _WAKING[0]) if _WAKING[0] <= slot < _WAKING[1] else 0.0
        load_told = 0.7 * shape + lumps_told + weeks.heating
        yield buy, buy - spread, max(pv_told * (today.sun + cloud), 0.0), load, pv_told, load_told


def _day(weeks: Weeks, chance: Random) -> _Day:
    lumps = tuple(
        (chance.randrange(*_WAKING), chance.randrange(1, 4), chance.uniform(0.8, 2.5)) for _ in range(weeks.lumps)
    )
    return _Day(
        chance.uniform(0.6, 1.3), chance.gauss(0, 0.02), weeks.sky * chance.uniform(0.4, 1.2),
        chance.uniform(0.7, 1.3), weeks.heating * chance.uniform(0.7, 1.3), lumps,
    )  # fmt: skip
