"""What people and automations want to know of prices at one moment: now, next, cheap and dear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from .book import Freshness
from .pricer import PricedDay, Pricer
from .prices import PriceSlot
from .statistics import PriceLevel, percentile, rank, statistics
from .tariff import PriceKind

CHEAP = frozenset({PriceLevel.CHEAP, PriceLevel.VERY_CHEAP})
DEAR = frozenset({PriceLevel.EXPENSIVE, PriceLevel.VERY_EXPENSIVE})
_DAY = timedelta(days=1)
_QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PricePeriod:
    """Slots in a row of one sort, from `start` to `end` (UTC), at `mean` per kWh."""

    start: datetime
    end: datetime
    mean: float

    def __contains__(self, moment: datetime) -> bool:
        """Whether `moment` lies in it; the end does not."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class PriceSnapshot:
    """Import prices unless another kind is named, per kWh in `currency` ("" while none is known), at `now` (UTC).

    `current` and `following` are the slots that hold now and next, by kind, where they are known. Rank (1 is the
    cheapest) and level compare the present price with those of its own local day, `percentile` (0 to 100) with all that
    are still to come. `cheap` and `dear` are the stretches of such levels, today's and tomorrow's. `next_edge` is when
    any of it changes at the latest, unless prices come.
    """

    now: datetime
    zone: tzinfo
    currency: str
    freshness: Freshness
    known_until: datetime | None
    today: PricedDay
    tomorrow: PricedDay
    current: Mapping[PriceKind, PriceSlot]
    following: Mapping[PriceKind, PriceSlot]
    level: PriceLevel | None
    rank: int | None
    percentile: float | None
    cheap: tuple[PricePeriod, ...]
    dear: tuple[PricePeriod, ...]
    next_edge: datetime


def outlook(pricer: Pricer, now: datetime) -> PriceSnapshot:
    """The outlook at an aware moment; raises TariffError where a template gives no number."""
    book = pricer.book
    day = now.astimezone(book.zone).date()
    today, tomorrow = pricer.day(day), pricer.day(day + _DAY)
    slots = {kind: today.slots[kind] + tomorrow.slots[kind] for kind in PriceKind}
    current = {kind: slot for kind in PriceKind for slot in slots[kind] if now in slot}
    following = {kind: slot for kind in current for slot in slots[kind] if slot.start == current[kind].end}
    graded = list(zip(slots[PriceKind.IMPORT], today.levels + tomorrow.levels, strict=True))
    present = current.get(PriceKind.IMPORT)
    return PriceSnapshot(
        now=now,
        zone=book.zone,
        currency=book.currency,
        freshness=book.freshness(now),
        known_until=book.known_until(now),
        today=today,
        tomorrow=tomorrow,
        current=current,
        following=following,
        level=next((level for slot, level in graded if slot is present), None),
        rank=rank(present.price, today.slots[PriceKind.IMPORT]) if present else None,
        percentile=percentile(present.price, [slot for slot, _ in graded if slot.end > now]) if present else None,
        cheap=_stretches(graded, CHEAP),
        dear=_stretches(graded, DEAR),
        next_edge=min((slot.end for slot in current.values()), default=next_quarter(now)),
    )


def _stretches(graded: list[tuple[PriceSlot, PriceLevel]], wanted: frozenset[PriceLevel]) -> tuple[PricePeriod, ...]:
    """The runs of slots of the wanted levels, each without a gap."""
    runs: list[list[PriceSlot]] = []
    for slot, level in graded:
        if level in wanted:
            if runs and runs[-1][-1].end == slot.start:
                runs[-1].append(slot)
            else:
                runs.append([slot])
    return tuple(PricePeriod(run[0].start, run[-1].end, found.mean) for run in runs if (found := statistics(run)))


def next_quarter(now: datetime) -> datetime:
    """The first whole quarter of an hour after an aware moment, UTC."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + ((now - epoch) // _QUARTER_HOUR + 1) * _QUARTER_HOUR
