"""What a set of prices looks like, a day's for example, and where one price stands in it. Prices per kWh, any kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .prices import PriceSlot

_FLAT = 0.05  # a spread of less than this part of the highest price is no difference worth acting on
_NOTHING = 1e-4  # per kWh, in any currency


class PriceLevel(StrEnum):
    """How a price compares with the others, by the share of time that is cheaper."""

    VERY_CHEAP = "very_cheap"
    CHEAP = "cheap"
    NORMAL = "normal"
    EXPENSIVE = "expensive"
    VERY_EXPENSIVE = "very_expensive"


_LEVELS = ((10, PriceLevel.VERY_CHEAP), (30, PriceLevel.CHEAP), (70, PriceLevel.NORMAL), (90, PriceLevel.EXPENSIVE))


@dataclass(frozen=True, slots=True)
class PriceStatistics:
    """Lowest, mean and highest price and when the extremes first begin (UTC); the mean is over time."""

    lowest: float
    mean: float
    highest: float
    lowest_at: datetime
    highest_at: datetime

    @property
    def spread(self) -> float:
        """How far the highest is above the lowest."""
        return round(self.highest - self.lowest, 6)


def statistics(slots: Sequence[PriceSlot]) -> PriceStatistics | None:
    """The statistics of some slots; None of none."""
    if not slots:
        return None
    cheapest = min(slots, key=lambda slot: (slot.price, slot.start))
    dearest = max(slots, key=lambda slot: (slot.price, -slot.start.timestamp()))
    time = sum((slot.end - slot.start for slot in slots), timedelta())
    mean = sum(slot.price * ((slot.end - slot.start) / time) for slot in slots)
    return PriceStatistics(cheapest.price, round(mean, 6), dearest.price, cheapest.start, dearest.start)


def rank(price: float, slots: Sequence[PriceSlot]) -> int:
    """The place of a price among the slots: 1 is the cheapest, and equals share a place."""
    return 1 + sum(slot.price < price for slot in slots)


def percentile(price: float, slots: Sequence[PriceSlot]) -> float:
    """The share of time, 0 to 100, that is cheaper; time at the same price counts half. 50 when all are equal."""
    time = sum((slot.end - slot.start for slot in slots), timedelta())
    if not time:
        return 50.0
    cheaper = sum((slot.end - slot.start for slot in slots if slot.price < price), timedelta())
    equal = sum((slot.end - slot.start for slot in slots if slot.price == price), timedelta())
    return round(100 * ((cheaper + equal / 2) / time), 2)


def level(price: float, slots: Sequence[PriceSlot]) -> PriceLevel:
    """How a price compares with the slots; all is normal where prices hardly differ."""
    prices = [slot.price for slot in slots]
    if not prices or max(prices) - min(prices) <= max(_FLAT * max(map(abs, prices)), _NOTHING):
        return PriceLevel.NORMAL
    share = percentile(price, slots)
    return next((name for limit, name in _LEVELS if share < limit), PriceLevel.VERY_EXPENSIVE)
