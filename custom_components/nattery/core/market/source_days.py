"""What one source states for one local day: validation, merging, comparison and serialisation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
import math
import re
from typing import Any

from ..explanation import Explanation
from .prices import PriceQuality, PriceSeries, PriceSlot
from .quality import quality_reason

_MINUTE = timedelta(minutes=1)
_SOURCE = re.compile(r"[a-z0-9_.]{1,100}")  # a name and never a URL, which may contain secrets


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """How far two series differ over the time that both cover.

    `time` is the length of that time, `mean` and `largest` are absolute differences per kWh.
    """

    time: timedelta
    mean: float
    largest: float


def validate(series: PriceSeries) -> None:
    """Raise ValueError for a series that the price book cannot store."""
    if not _SOURCE.fullmatch(series.source):
        raise ValueError("A source's name of anything but small letters, digits, '_' and '.' is not allowed")
    if series.sequence != 1:
        raise ValueError(f"Prices of auction sequence {series.sequence} are not allowed: those of sequence 1 are")
    if series.resolution < _MINUTE or series.resolution % _MINUTE:
        raise ValueError(f"A resolution of {series.resolution} is not allowed: whole minutes are")
    before: PriceSlot | None = None
    for slot in series:
        if slot.end - slot.start != series.resolution:
            raise ValueError(f"The slot at {slot.start.isoformat()} is not as long as the resolution says")
        if before and ((slot.start - before.start) % series.resolution or slot.start <= before.start):
            raise ValueError(f"The slot at {slot.start.isoformat()} is out of order or out of step")
        if not math.isfinite(slot.price):
            raise ValueError(f"The price at {slot.start.isoformat()} is no number")
        before = slot


def split_by_day(series: PriceSeries, zone: tzinfo) -> dict[date, PriceSeries]:
    """Split a series at local midnights."""
    days: dict[date, list[PriceSlot]] = {}
    for slot in series:
        days.setdefault(slot.start.astimezone(zone).date(), []).append(slot)
    return {day: replace(series, slots=tuple(slots)) for day, slots in days.items()}


def merge(old: PriceSeries | None, new: PriceSeries) -> PriceSeries:
    """Return the new prices, completed by the old ones for slots that the source no longer mentions.

    If the resolution has changed, only one series is kept: the one that covers more time, or the new one.
    """
    if old is None:
        return new
    if old.resolution != new.resolution:
        return new if len(new) * new.resolution >= len(old) * old.resolution else old
    slots = {slot.start: slot for slot in (*old, *new)}
    return replace(new, slots=tuple(slots[start] for start in sorted(slots)))


def combine(series: list[PriceSeries]) -> tuple[PriceSlot, ...]:
    """Return the slots of the first series, and those of each further series that overlap no earlier one."""
    combined: list[PriceSlot] = []
    for one in series:
        combined += [
            slot for slot in one if not any(slot.start < other.end and other.start < slot.end for other in combined)
        ]
    return tuple(sorted(combined))


def price_difference(ours: PriceSeries, theirs: PriceSeries) -> PriceDifference | None:
    """Return how far two series differ over the time that both cover, or None without such time."""
    differences: list[tuple[timedelta, float]] = []
    our_slots, their_slots = iter(ours), iter(theirs)
    a, b = next(our_slots, None), next(their_slots, None)
    while a and b:
        overlap = min(a.end, b.end) - max(a.start, b.start)
        if overlap > timedelta(0):
            differences.append((overlap, abs(a.price - b.price)))
        if a.end <= b.end:
            a = next(our_slots, None)
        else:
            b = next(their_slots, None)
    if not differences:
        return None
    time = sum((overlap for overlap, _ in differences), timedelta())
    mean = sum(overlap / time * value for overlap, value in differences)
    return PriceDifference(time, round(mean, 9), round(max(value for _, value in differences), 9))


def to_dict(day: date, series: PriceSeries) -> dict[str, Any]:
    """Return a day's series as plain JSON: the prices from the first to the last slot, null where one is missing."""
    start = series.slots[0].start
    prices: list[float | None] = [None] * ((series.slots[-1].end - start) // series.resolution)
    for slot in series:
        prices[(slot.start - start) // series.resolution] = slot.price
    return {
        "day": day.isoformat(),
        "source": series.source,
        "fetched_at": series.fetched_at.isoformat(),
        "quality": series.quality.value,
        "reasons": [reason.to_dict() for reason in series.reasons],
        "start": start.isoformat(),
        "minutes": series.resolution // _MINUTE,
        "prices": prices,
    }


def _reason(data: Mapping[str, Any] | str) -> Explanation:
    """Return a reason from its JSON; earlier versions stored an English sentence."""
    return quality_reason("earlier_version") if isinstance(data, str) else Explanation.from_dict(data)


def from_dict(data: Mapping[str, Any], area: str, currency: str) -> tuple[date, PriceSeries]:
    """Return a day's series from its JSON; raise KeyError, TypeError or ValueError if it is malformed."""
    start, resolution = datetime.fromisoformat(data["start"]).astimezone(UTC), data["minutes"] * _MINUTE
    series = PriceSeries(
        area=area,
        currency=currency,
        resolution=resolution,
        slots=tuple(
            PriceSlot(start + index * resolution, start + (index + 1) * resolution, float(price))
            for index, price in enumerate(data["prices"])
            if price is not None
        ),
        source=data["source"],
        fetched_at=datetime.fromisoformat(data["fetched_at"]),
        quality=PriceQuality(data["quality"]),
        reasons=tuple(_reason(reason) for reason in data["reasons"]),
    )
    if not series.slots:
        raise ValueError("a day without prices")
    validate(series)
    return date.fromisoformat(data["day"]), series
