"""Statistics of a set of prices, such as a day's, and the position of one price in it. Prices per kWh, any kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .prices import PriceSlot

# Below either spread, all prices count as normal: the difference is not worth acting on.
_MIN_RELATIVE_SPREAD = 0.05  # of the largest absolute price
_MIN_SPREAD = 1e-4  # per kWh, in any currency


class PriceLevel(StrEnum):
    """The level of a price: how much of the time is cheaper."""

    VERY_CHEAP = "very_cheap"
    CHEAP = "cheap"
    NORMAL = "normal"
    EXPENSIVE = "expensive"
    VERY_EXPENSIVE = "very_expensive"


_LEVELS = ((10, PriceLevel.VERY_CHEAP), (30, PriceLevel.CHEAP), (70, PriceLevel.NORMAL), (90, PriceLevel.EXPENSIVE))


@dataclass(frozen=True, slots=True)
class PriceStatistics:
    """Lowest, time-weighted mean and highest price.

    `lowest_at` and `highest_at` are when the extremes first begin (UTC).
    """

    lowest: float
    mean: float
    highest: float
    lowest_at: datetime
    highest_at: datetime

    @property
    def spread(self) -> float:
        """Return the highest price minus the lowest."""
        return round(self.highest - self.lowest, 6)


def statistics(slots: Sequence[PriceSlot]) -> PriceStatistics | None:
    """Return the statistics of some slots; None for no slots."""
    if not slots:
        return None
    cheapest = min(slots, key=lambda slot: (slot.price, slot.start))
    most_expensive = max(slots, key=lambda slot: (slot.price, -slot.start.timestamp()))
    time = sum((slot.end - slot.start for slot in slots), timedelta())
    mean = sum(slot.price * ((slot.end - slot.start) / time) for slot in slots)
    return PriceStatistics(cheapest.price, round(mean, 6), most_expensive.price, cheapest.start, most_expensive.start)


def rank(price: float, slots: Sequence[PriceSlot]) -> int:
    """Return the rank of a price among the slots: 1 is the cheapest, and equal prices share a rank."""
    return 1 + sum(slot.price < price for slot in slots)


def percentile(price: float, slots: Sequence[PriceSlot]) -> float:
    """Return the share of time (0 to 100) that is cheaper; time at the same price counts half.

    Returns 50 if all prices are equal.
    """
    time = sum((slot.end - slot.start for slot in slots), timedelta())
    if not time:
        return 50.0
    cheaper = sum((slot.end - slot.start for slot in slots if slot.price < price), timedelta())
    equal = sum((slot.end - slot.start for slot in slots if slot.price == price), timedelta())
    return round(100 * ((cheaper + equal / 2) / time), 2)


def level(price: float, slots: Sequence[PriceSlot]) -> PriceLevel:
    """Return the level of a price among the slots; normal where prices hardly differ."""
    prices = [slot.price for slot in slots]
    if not prices or max(prices) - min(prices) <= max(_MIN_RELATIVE_SPREAD * max(map(abs, prices)), _MIN_SPREAD):
        return PriceLevel.NORMAL
    share = percentile(price, slots)
    return next((name for limit, name in _LEVELS if share < limit), PriceLevel.VERY_EXPENSIVE)
