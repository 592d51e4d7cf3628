"""Price series: time slots with a price, in UTC, and the source of the prices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from ..explanation import Explanation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PriceQuality(StrEnum):
    """How far a day's prices can be trusted."""

    GOOD = "good"  # complete, plausible, from ENTSO-E
    FALLBACK = "fallback"  # complete and plausible, from another source
    SUSPECT = "suspect"  # complete but implausible, so not used for trading; see the reasons
    INCOMPLETE = "incomplete"  # the slots do not cover the local day exactly, so not used for trading


@dataclass(frozen=True, slots=True, order=True)
class PriceSlot:
    """A half-open time interval in UTC and its price per kWh in the currency of the series."""

    start: datetime
    end: datetime
    price: float

    def __contains__(self, moment: datetime) -> bool:
        """Return whether `moment` lies in [start, end)."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Sorted, non-overlapping slots of one bidding zone in one currency.

    `area` is the key of the bidding zone, `resolution` the length of every slot, `sequence` the auction (only sequence
    1 is used for trading), `source` the name of the source ("entsoe", "energy_charts", ...), `fetched_at` the time of
    the fetch (UTC), and `reasons` why the quality is not good.
    """

    area: str
    currency: str
    resolution: timedelta
    slots: tuple[PriceSlot, ...]
    source: str
    fetched_at: datetime
    sequence: int = 1
    quality: PriceQuality = PriceQuality.GOOD
    reasons: tuple[Explanation, ...] = field(default=())

    def __iter__(self) -> Iterator[PriceSlot]:
        """Iterate over the slots in order."""
        return iter(self.slots)

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self.slots)

    def at(self, moment: datetime) -> PriceSlot | None:
        """Return the slot that contains an aware time, or None."""
        return next((slot for slot in self.slots if moment in slot), None)

    def between(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """Return the slots that begin in [start, end)."""
        return tuple(slot for slot in self.slots if start <= slot.start < end)


def local_day(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the start and end (UTC) of a local day, which lasts 23, 24 or 25 hours."""
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    return start, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def is_complete(slots: tuple[PriceSlot, ...], start: datetime, end: datetime) -> bool:
    """Return whether the sorted slots cover [start, end) exactly, without gap, overlap or excess."""
    edges = (start, *(slot.end for slot in slots))
    return (
        bool(slots) and edges[-1] == end and all(slot.start == edge for slot, edge in zip(slots, edges, strict=False))
    )


def resampled(slots: Iterable[PriceSlot], length: timedelta) -> tuple[PriceSlot, ...]:
    """Return the slots split or averaged to `length`, aligned to multiples of it.

    Intervals whose prices are not known for their whole length are left out.
    """
    known_parts: dict[datetime, list[tuple[timedelta, float]]] = {}
    for slot in slots:
        start = slot.start
        while start < slot.end:
            interval_start = start - (start - _EPOCH) % length
            end = min(interval_start + length, slot.end)
            known_parts.setdefault(interval_start, []).append((end - start, slot.price))
            start = end
    return tuple(
        PriceSlot(
            interval_start,
            interval_start + length,
            round(sum(duration / length * price for duration, price in parts), 9),
        )
        for interval_start, parts in sorted(known_parts.items())
        if sum((duration for duration, _ in parts), timedelta()) == length
    )
