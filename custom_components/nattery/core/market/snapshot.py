"""The prices at one moment: current and next price, level, rank, and the cheap and expensive periods."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from .book import Freshness
from .pricer import PricedDay, Pricer
from .prices import PriceSlot
from .statistics import PriceLevel, percentile, rank, statistics
from .tariff import PriceKind

CHEAP = frozenset({PriceLevel.CHEAP, PriceLevel.VERY_CHEAP})
EXPENSIVE = frozenset({PriceLevel.EXPENSIVE, PriceLevel.VERY_EXPENSIVE})
_DAY = timedelta(days=1)
_QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PricePeriod:
    """Consecutive slots, all cheap or all expensive, from `start` to `end` (UTC), and their `mean` price per kWh."""

    start: datetime
    end: datetime
    mean: float

    def __contains__(self, moment: datetime) -> bool:
        """Return whether `moment` lies in [start, end)."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class PriceSnapshot:
    """The prices at `now` (UTC), per kWh in `currency`, which is "" while no price is known.

    `current` and `following` are the current and the next slot of each kind, where known. All other prices are import
    prices. `rank` (1 is the cheapest) and `level` compare the current price with its local day, `percentile` (0 to 100)
    with all known prices still to come. `cheap` and `expensive` are the periods of these levels today and tomorrow. At
    `next_change` the snapshot becomes outdated, unless prices arrive earlier.
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
    expensive: tuple[PricePeriod, ...]
    next_change: datetime


def take_snapshot(pricer: Pricer, now: datetime) -> PriceSnapshot:
    """Return the snapshot at an aware time; raise TariffError if a template does not return a number."""
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
        cheap=_level_periods(graded, CHEAP),
        expensive=_level_periods(graded, EXPENSIVE),
        next_change=min((slot.end for slot in current.values()), default=next_quarter_hour(now)),
    )


def _level_periods(
    graded: list[tuple[PriceSlot, PriceLevel]], wanted: frozenset[PriceLevel]
) -> tuple[PricePeriod, ...]:
    """Return the uninterrupted periods in which the level is one of `wanted`."""
    runs: list[list[PriceSlot]] = []
    for slot, level in graded:
        if level in wanted:
            if runs and runs[-1][-1].end == slot.start:
                runs[-1].append(slot)
            else:
                runs.append([slot])
    return tuple(PricePeriod(run[0].start, run[-1].end, found.mean) for run in runs if (found := statistics(run)))


def next_quarter_hour(now: datetime) -> datetime:
    """Return the next full quarter-hour (UTC) after an aware time."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + ((now - epoch) // _QUARTER_HOUR + 1) * _QUARTER_HOUR
