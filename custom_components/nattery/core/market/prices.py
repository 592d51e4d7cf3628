"""Price series: slots of time with a price, in UTC, and where they come from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from ..explanation import Explanation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PriceQuality(StrEnum):
    """How far a day's prices may be trusted."""

    GOOD = "good"  # complete, plausible, from the exchange's own platform
    FALLBACK = "fallback"  # complete and plausible, from another source
    SUSPECT = "suspect"  # complete but implausible: not for trading; the reasons say why
    INCOMPLETE = "incomplete"  # the local day is not tiled exactly: not for trading


@dataclass(frozen=True, slots=True, order=True)
class PriceSlot:
    """One half-open stretch of time, UTC, and its price per kWh in the series' currency."""

    start: datetime
    end: datetime
    price: float

    def __contains__(self, moment: datetime) -> bool:
        """Whether `moment` lies in the slot; the end does not."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Sorted slots that do not overlap, of one area and currency.

    `resolution` is the length of every slot, `sequence` the auction (1 is the one that is traded on), `source` who said
    it ("entsoe", "energy_charts", ...), `fetched_at` when (UTC), `reasons` why the quality is not good.
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
        """The slots in order."""
        return iter(self.slots)

    def __len__(self) -> int:
        """How many slots."""
        return len(self.slots)

    def at(self, moment: datetime) -> PriceSlot | None:
        """The slot that holds an aware moment, or None."""
        return next((slot for slot in self.slots if moment in slot), None)

    def between(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """The slots that begin in [start, end)."""
        return tuple(slot for slot in self.slots if start <= slot.start < end)


def local_day(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The UTC moments at which a local day begins and ends; 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    return start, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def is_complete(slots: tuple[PriceSlot, ...], start: datetime, end: datetime) -> bool:
    """Whether the sorted slots tile [start, end) exactly: no gap, no overlap, nothing beyond."""
    edges = (start, *(slot.end for slot in slots))
    return (
        bool(slots) and edges[-1] == end and all(slot.start == edge for slot, edge in zip(slots, edges, strict=False))
    )


def resampled(slots: Iterable[PriceSlot], length: timedelta) -> tuple[PriceSlot, ...]:
    """The slots cut or averaged to `length`, on its whole multiples; a piece that is not known in full is left out."""
    whole: dict[datetime, list[tuple[timedelta, float]]] = {}
    for slot in slots:
        start = slot.start
        while start < slot.end:
            piece = start - (start - _EPOCH) % length
            end = min(piece + length, slot.end)
            whole.setdefault(piece, []).append((end - start, slot.price))
            start = end
    return tuple(
        PriceSlot(piece, piece + length, round(sum(known / length * price for known, price in parts), 9))
        for piece, parts in sorted(whole.items())
        if sum((known for known, _ in parts), timedelta()) == length
    )
