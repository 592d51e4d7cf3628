"""A page of the price book: what one source says about one local day. Cut, merged, compared, written down."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
import math
import re
from typing import Any

from ..explanation import Explanation
from .prices import PriceQuality, PriceSeries, PriceSlot

_MINUTE = timedelta(minutes=1)
_SOURCE = re.compile(r"[a-z0-9_.]{1,100}")  # a name, never an address: those may hold secrets


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two sources are apart where both know a price: for how long they do, and per kWh how far."""

    time: timedelta
    mean: float
    largest: float


def check(series: PriceSeries) -> None:
    """Refuse a series that a page could not hold; raises ValueError."""
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


def by_day(series: PriceSeries, zone: tzinfo) -> dict[date, PriceSeries]:
    """The series cut at local midnights."""
    days: dict[date, list[PriceSlot]] = {}
    for slot in series:
        days.setdefault(slot.start.astimezone(zone).date(), []).append(slot)
    return {day: replace(series, slots=tuple(slots)) for day, slots in days.items()}


def merge(old: PriceSeries | None, new: PriceSeries) -> PriceSeries:
    """What a source says now: the new prices, and the old ones of slots it no longer mentions.

    Where the resolution has changed, one of the two stands alone: the one that knows more, or else the new one.
    """
    if old is None:
        return new
    if old.resolution != new.resolution:
        return new if len(new) * new.resolution >= len(old) * old.resolution else old
    slots = {slot.start: slot for slot in (*old, *new)}
    return replace(new, slots=tuple(slots[start] for start in sorted(slots)))


def together(series: list[PriceSeries]) -> tuple[PriceSlot, ...]:
    """The slots of the first, and those of each further one that overlap none so far."""
    taken: list[PriceSlot] = []
    for one in series:
        taken += [slot for slot in one if not any(slot.start < other.end and other.start < slot.end for other in taken)]
    return tuple(sorted(taken))


def difference(ours: PriceSeries, theirs: PriceSeries) -> Difference | None:
    """How far apart two series are, over the time that both know; None where there is none."""
    apart: list[tuple[timedelta, float]] = []
    mine, other = iter(ours), iter(theirs)
    a, b = next(mine, None), next(other, None)
    while a and b:
        shared = min(a.end, b.end) - max(a.start, b.start)
        if shared > timedelta(0):
            apart.append((shared, abs(a.price - b.price)))
        if a.end <= b.end:
            a = next(mine, None)
        else:
            b = next(other, None)
    if not apart:
        return None
    time = sum((shared for shared, _ in apart), timedelta())
    mean = sum(shared / time * by for shared, by in apart)
    return Difference(time, round(mean, 9), round(max(by for _, by in apart), 9))


def to_dict(day: date, page: PriceSeries) -> dict[str, Any]:
    """A page as plain JSON: the prices from the first to the last slot, null where there is none."""
    start = page.slots[0].start
    prices: list[float | None] = [None] * ((page.slots[-1].end - start) // page.resolution)
    for slot in page:
        prices[(slot.start - start) // page.resolution] = slot.price
    return {
        "day": day.isoformat(),
        "source": page.source,
        "fetched_at": page.fetched_at.isoformat(),
        "quality": page.quality.value,
        "reasons": [reason.to_dict() for reason in page.reasons],
        "start": start.isoformat(),
        "minutes": page.resolution // _MINUTE,
        "prices": prices,
    }


def _reason(data: Mapping[str, Any] | str) -> Explanation:
    """Return a reason of its JSON; earlier versions stored an English sentence."""
    return Explanation("price_reason_earlier_version") if isinstance(data, str) else Explanation.from_dict(data)


def from_dict(data: Mapping[str, Any], area: str, currency: str) -> tuple[date, PriceSeries]:
    """A page from its JSON; raises KeyError, TypeError or ValueError when it is none."""
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
        raise ValueError("a page without prices")
    check(series)
    return date.fromisoformat(data["day"]), series
