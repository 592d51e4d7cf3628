"""The price book: all known prices by local day and source, for the last sixty days. Plain data without I/O.

ENTSO-E has priority. Its prices replace those of fallback sources, and the book records how far they differed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import NatteryError
from ..explanation import Explanation
from . import source_days
from .bidding_zones import MARKET_ZONE
from .fetch_log import FetchLog
from .prices import PriceQuality, PriceSeries, PriceSlot, is_complete, local_day
from .quality import ENTSOE, assess, quality_reason

SOURCE_PRIORITY = (ENTSOE, "energy_charts", "nord_pool")  # most trusted first; all others rank after these
TOMORROW_DUE = time(15)  # local time after which missing prices of tomorrow are late
RETENTION = timedelta(days=60)
MAX_CHANGES = 100
_STALE_WITHIN = timedelta(hours=2)
_DAY = timedelta(days=1)

type _Migration = Callable[[dict[str, Any]], dict[str, Any]]
_MIGRATIONS: tuple[_Migration, ...] = ()  # from version n + 1 to n + 2


class Freshness(StrEnum):
    """How far ahead prices are known."""

    FRESH = "fresh"  # until the end of tomorrow
    EXPECTED = "expected"  # until the end of today; tomorrow's are not due yet
    LATE = "late"  # tomorrow's are overdue, or some of today's are missing
    STALE = "stale"  # for less than two hours
    NONE = "none"  # not for the current time


class DayCoverage(StrEnum):
    """How completely the prices of a day are known."""

    MISSING = "missing"  # some prices are missing
    PROVISIONAL = "provisional"  # complete, but from a fallback source or suspect
    FINAL = "final"  # complete, from ENTSO-E


class PriceChangeKind(StrEnum):
    """The kind of a change to the price book."""

    PUBLISHED = "published"  # a day is complete for the first time
    REVISED = "revised"  # a source changed prices that it had published
    REPLACED = "replaced"  # ENTSO-E's prices replaced those of another source


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A change to the prices of one day.

    `mean` and `largest` are the absolute changes per kWh, `previous` is the source of the earlier prices.
    """

    kind: PriceChangeKind
    day: date
    at: datetime
    source: str
    previous: str = ""
    mean: float = 0.0
    largest: float = 0.0


@dataclass(frozen=True, slots=True)
class PriceDay:
    """The best known prices of one local day: [start, end) in UTC, slots, sources and quality.

    `auction_end` is the time up to which prices can be known on the day before: the auction sells days of its own time
    zone, so west of it the last hour of the local day is only published with the next auction. `resolution` is that of
    the slots, the coarsest one where sources are mixed, and None without slots.
    """

    day: date
    start: datetime
    end: datetime
    auction_end: datetime
    slots: tuple[PriceSlot, ...] = ()
    sources: tuple[str, ...] = ()
    quality: PriceQuality = PriceQuality.INCOMPLETE
    reasons: tuple[Explanation, ...] = ()
    fetched_at: datetime | None = None
    resolution: timedelta | None = None

    @property
    def complete(self) -> bool:
        """Return whether the slots cover the day exactly."""
        return is_complete(self.slots, self.start, self.end)

    @property
    def published(self) -> bool:
        """Return whether all prices are known that can be known on the day before."""
        return is_complete(
            tuple(slot for slot in self.slots if slot.start < self.auction_end), self.start, self.auction_end
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of today and of tomorrow."""

    today: DayCoverage
    tomorrow: DayCoverage


class BookError(NatteryError, ValueError):
    """Data that is not a price book, or that the book does not accept."""

    kind = "unfit"
    key_prefix = "price_"


class PriceBook:
    """The prices of one bidding zone in one currency.

    The currency is that of ENTSO-E's prices, or of the first source until ENTSO-E's prices arrive.
    """

    def __init__(self, area: str, zone: tzinfo, currencies: Collection[str] | None = None) -> None:
        """Create an empty book for the local time zone `zone`; currencies not in `currencies` make prices suspect."""
        self.area, self.zone, self.currencies = area, zone, currencies
        self.currency = ""
        self.changes: list[PriceChange] = []
        self.log = FetchLog()
        self._source_days: dict[date, dict[str, PriceSeries]] = {}
        self._days: dict[date, PriceDay] = {}

    def add(self, series: PriceSeries) -> tuple[PriceChange, ...]:
        """Add a source's prices, assessed day by day, and return what changed. Raises BookError."""
        try:
            source_days.validate(series)
        except ValueError as error:
            raise BookError(str(error)) from None
        if series.area != self.area:
            raise BookError(f"Prices of {series.area} are not allowed in the book of {self.area}")
        if series.currency != self.currency and series.slots:
            if self.currency and series.source != ENTSOE:
                raise BookError(f"Prices in {series.currency} are not allowed in a book in {self.currency}")
            self._source_days.clear()
            self.currency = series.currency
        oldest = series.fetched_at.astimezone(self.zone).date() - RETENTION
        parts = source_days.split_by_day(series, self.zone).items()
        changes = [change for day, day_series in parts if day >= oldest for change in self._add_day(day, day_series)]
        self._source_days = {day: by_source for day, by_source in sorted(self._source_days.items()) if day >= oldest}
        self._days.clear()
        self.changes = [*self.changes, *changes][-MAX_CHANGES:]
        return tuple(changes)

    def _add_day(self, day: date, new: PriceSeries) -> Iterable[PriceChange]:
        by_source = self._source_days.setdefault(day, {})
        from_entsoe = by_source.get(ENTSOE)
        if new.source != ENTSOE and from_entsoe and from_entsoe.quality is PriceQuality.GOOD:
            return
        was_published, old = self._best_day(day).published, by_source.get(new.source)
        others = [day_series for source, day_series in self._by_priority(day) if source != new.source]
        merged = source_days.merge(old, new)
        day_series = assess(
            merged,
            *self._required_span(day, merged.slots),
            zone=self.zone,
            currencies=self.currencies,
            previous_day=self._source_days.get(day - _DAY, {}).get(new.source),
            other_source=others[0] if others else None,
        )
        by_source[new.source] = day_series
        at, source = new.fetched_at, new.source
        revision = source_days.price_difference(day_series, old) if old else None
        if revision and revision.largest:
            yield PriceChange(PriceChangeKind.REVISED, day, at, source, source, revision.mean, revision.largest)
        complete = day_series.quality is not PriceQuality.INCOMPLETE
        if source == ENTSOE and complete and others and (not old or old.quality is PriceQuality.INCOMPLETE):
            shift = source_days.price_difference(day_series, others[0]) or source_days.PriceDifference(
                timedelta(), 0.0, 0.0
            )
            yield PriceChange(PriceChangeKind.REPLACED, day, at, source, others[0].source, shift.mean, shift.largest)
        if not was_published and self._best_day(day).published:
            yield PriceChange(PriceChangeKind.PUBLISHED, day, at, source)
        if source == ENTSOE and day_series.quality is PriceQuality.GOOD:
            self._source_days[day] = {ENTSOE: day_series}

    def _by_priority(self, day: date) -> list[tuple[str, PriceSeries]]:
        order = {source: rank for rank, source in enumerate(SOURCE_PRIORITY)}
        return sorted(
            self._source_days.get(day, {}).items(), key=lambda item: (order.get(item[0], len(order)), item[0])
        )

    def _best_day(self, day: date) -> PriceDay:
        start, end, auction_end = self._bounds(day)
        ranked = [day_series for _, day_series in self._by_priority(day)]
        if not ranked:
            return PriceDay(day, start, end, auction_end)
        complete = next(
            (day_series for day_series in ranked if day_series.quality is not PriceQuality.INCOMPLETE), None
        )
        # A complete day of a fallback source is better than parts of ENTSO-E's day.
        used = [complete] if complete else ranked
        slots = source_days.combine(used)
        used = [day_series for day_series in used if set(day_series.slots) & set(slots)]
        resolution, fetched = (
            max(day_series.resolution for day_series in used),
            max(day_series.fetched_at for day_series in used),
        )
        quality, reasons = used[0].quality, used[0].reasons
        if not complete and is_complete(slots, *(required := self._required_span(day, slots))):
            quality, reasons = self._assess_mixed(used, slots, required)
        sources = tuple(day_series.source for day_series in used)
        return PriceDay(day, start, end, auction_end, slots, sources, quality, reasons, fetched, resolution)

    def _bounds(self, day: date) -> tuple[datetime, datetime, datetime]:
        start, end = local_day(day, self.zone)
        return start, end, min(end, local_day(day, ZoneInfo(MARKET_ZONE))[1])

    def _required_span(self, day: date, slots: tuple[PriceSlot, ...]) -> tuple[datetime, datetime]:
        """Return the time that the slots of a day must cover: the day, or the part that the auction sells."""
        start, end, auction_end = self._bounds(day)
        return start, end if slots[-1].end > auction_end else auction_end

    def _assess_mixed(
        self, used: list[PriceSeries], slots: tuple[PriceSlot, ...], required: tuple[datetime, datetime]
    ) -> tuple[PriceQuality, tuple[Explanation, ...]]:
        names = tuple(day_series.source for day_series in used)
        if len({day_series.resolution for day_series in used}) > 1:
            return PriceQuality.SUSPECT, (quality_reason("mixed_resolutions", sources=names),)
        mixed = replace(used[0], source="mixed", slots=slots)
        judged = assess(mixed, *required, zone=self.zone, currencies=self.currencies)
        return judged.quality, judged.reasons or (quality_reason("mixed", sources=names),)

    def day(self, day: date) -> PriceDay:
        """Return the best known prices of a local day."""
        if day not in self._days:
            self._days[day] = self._best_day(day)
        return self._days[day]

    def slots(self, start: datetime | None = None, end: datetime | None = None) -> tuple[PriceSlot, ...]:
        """Return the best known slots that overlap [start, end), or all of them."""
        known = chain.from_iterable(self.day(day).slots for day in self._dates_between(start, end))
        return tuple(slot for slot in known if (not start or slot.end > start) and (not end or slot.start < end))

    def _dates_between(self, start: datetime | None, end: datetime | None) -> Iterable[date]:
        first = start.astimezone(self.zone).date() if start else date.min
        last = end.astimezone(self.zone).date() if end else date.max
        return [day for day in sorted(self._source_days) if first <= day <= last]

    def at(self, moment: datetime) -> PriceSlot | None:
        """Return the slot that contains an aware time, or None."""
        return next((slot for slot in self.day(self._local_date(moment)).slots if moment in slot), None)

    def known_until(self, now: datetime) -> datetime | None:
        """Return the time (UTC) until which every price from `now` on is known; None if the current one is not."""
        until: datetime | None = None
        for slot in self.slots(now):
            if (until is None and now in slot) or slot.start == until:
                until = slot.end
            else:
                break
        return until

    def freshness(self, now: datetime) -> Freshness:
        """Return how far ahead prices are known, independent of when they were fetched."""
        until, today = self.known_until(now), self._local_date(now)
        if until is None:
            return Freshness.NONE
        if until >= self.day(today + _DAY).auction_end:
            return Freshness.FRESH
        if until - now < _STALE_WITHIN:
            return Freshness.STALE
        deadline = datetime.combine(today, TOMORROW_DUE, self.zone).astimezone(UTC)
        return Freshness.EXPECTED if until >= self.day(today).auction_end and now < deadline else Freshness.LATE

    def coverage(self, now: datetime) -> Coverage:
        """Return the coverage of today and tomorrow, counting only prices that can already be published."""
        today = self._local_date(now)
        return Coverage(self._day_coverage(today), self._day_coverage(today + _DAY))

    def _day_coverage(self, day: date) -> DayCoverage:
        known = self.day(day)
        if not known.published:
            return DayCoverage.MISSING
        final = known.sources == (ENTSOE,) and known.quality is not PriceQuality.SUSPECT
        return DayCoverage.FINAL if final else DayCoverage.PROVISIONAL

    def _local_date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def to_dict(self) -> dict[str, Any]:
        """Return the book as plain JSON."""
        return {
            "version": len(_MIGRATIONS) + 1,
            "area": self.area,
            "currency": self.currency,
            "pages": [
                source_days.to_dict(day, day_series)
                for day in sorted(self._source_days)
                for day_series in self._source_days[day].values()
            ],
            "changes": [
                {**asdict(change), "day": change.day.isoformat(), "at": change.at.isoformat()}
                for change in self.changes
            ],
            "fetches": self.log.to_list(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], zone: tzinfo, currencies: Collection[str] | None = None) -> PriceBook:
        """Return the book from its JSON, migrated from older versions; raise BookError."""
        try:
            current = _migrated(dict(data))
            book = cls(current["area"], zone, currencies)
            book.currency = current["currency"]
            for item in current["pages"]:
                day, series = source_days.from_dict(item, book.area, book.currency)
                book._source_days.setdefault(day, {})[series.source] = series
            book.changes = [_change(change) for change in current["changes"]]
            book.log = FetchLog.from_list(current["fetches"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            if isinstance(error, BookError):
                raise
            raise BookError(f"This is no price book, or a damaged one ({type(error).__name__}: {error})") from None
        return book


def _change(data: Mapping[str, Any]) -> PriceChange:
    return PriceChange(
        **{
            **data,
            "kind": PriceChangeKind(data["kind"]),
            "day": date.fromisoformat(data["day"]),
            "at": datetime.fromisoformat(data["at"]),
        }
    )


def _migrated(data: dict[str, Any]) -> dict[str, Any]:
    newest, version = len(_MIGRATIONS) + 1, data["version"]
    if not isinstance(version, int) or not 1 <= version <= newest:
        raise BookError(f"A price book of version {version!r} is not allowed: versions up to {newest} can be read")
    for migrate in _MIGRATIONS[version - 1 :]:
        data = migrate(data)
    return data
