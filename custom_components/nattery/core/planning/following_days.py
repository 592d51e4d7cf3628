"""The days that follow a plan's horizon, taken to be like the last ones, and the value of energy kept for them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo

from ..forecast.history import PowerHistory
from ..forecast.quarters import PER_DAY, day_edges, local_quarter
from ..planner.problem import Outcome, Problem, ValueCurve
from .misses import Powers

PRICE_DAYS = 7
MEASURED_DAYS = 14
_MIN_QUARTERS = 88  # known quarter-hours that a day needs: all but two hours

type Prices = Mapping[int, tuple[float, float]]  # import and export price by number of the quarter-hour


def terminal_curve(
    system: Problem,
    prices: Prices,
    load: PowerHistory,
    pv: PowerHistory,
    zone: tzinfo,
    now: int,
    expected_day: Sequence[Powers] = (),
) -> ValueCurve | None:
    """Return the value of energy left at the end of the known prices, or None without a day of prices and of powers.

    `system` has the battery and the grid connection. Prices are known until the horizon, powers until the quarter-hour
    `now`. Without a measured day, the `expected_day` of 96 quarter-hours is taken.
    """
    try:
        from ..planner.continuation import DayPrices, continuation_value  # noqa: PLC0415  (numpy only in an executor)
    except ImportError:
        return None
    if not prices:
        return None
    days = [DayPrices(*map(tuple, zip(*day, strict=True))) for day in _days(prices, max(prices) + 1, PRICE_DAYS, zone)]
    powers = {number: (kw, load.power[number]) for number, kw in pv.power.items() if number in load.power}
    measured = [Outcome(1.0, *map(tuple, zip(*day, strict=True))) for day in _days(powers, now, MEASURED_DAYS, zone)]
    if not measured and len(expected_day) == PER_DAY:
        measured = [Outcome(1.0, *map(tuple, zip(*expected_day, strict=True)))]
    return continuation_value(system, days, measured) if days and measured else None


def _days(
    values: Mapping[int, tuple[float, float]], end: int, count: int, zone: tzinfo
) -> Iterator[list[tuple[float, float]]]:
    """Yield the values of at most `count` local days that end by the quarter-hour `end`, the latest first.

    A day has 96 values, whatever the clock does: a quarter-hour without a value has that of the one before.
    """
    latest = local_quarter(end, zone) // PER_DAY - 1
    for day in range(latest, latest - count, -1):
        known = {
            local_quarter(number, zone) % PER_DAY: values[number]
            for number in range(*day_edges(day, zone))
            if number in values
        }
        if len(known) >= _MIN_QUARTERS:
            last = next(iter(known.values()))
            yield [last := known.get(slot, last) for slot in range(PER_DAY)]
