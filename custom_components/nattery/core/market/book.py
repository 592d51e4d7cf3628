"""The price book: every price that is known, by local day and source, for sixty days. Plain data, no I/O.

ENTSO-E comes first; what other sources said about a day gives way to it, and how far they were off is written down.
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
from .quality import ENTSOE, judge, quality_reason

SOURCES = (ENTSOE, "energy_charts", "nord_pool")  # in order of trust; any other comes after these
DEADLINE = time(15)  # local: from then on missing prices of tomorrow are late
KEPT = timedelta(days=60)
KEPT_CHANGES = 100
_SOON = timedelta(hours=2)
_DAY = timedelta(days=1)

type _Migration = Callable[[dict[str, Any]], dict[str, Any]]
_MIGRATIONS: tuple[_Migration, ...] = ()  # from version n + 1 to n + 2


class Freshness(StrEnum):
    """How far ahead prices are known."""

    FRESH = "fresh"  # to the end of tomorrow
    EXPECTED = "expected"  # to the end of today, and tomorrow's are not due yet
    LATE = "late"  # tomorrow's are due, or some of today's are missing
    STALE = "stale"  # for less than two hours
    NONE = "none"  # not even for now


class DayCoverage(StrEnum):
    """What there is of a day."""

    NOTHING = "nothing"  # not all of it
    SUBSTITUTE = "substitute"  # all of it, but from another source, or suspect
    FINAL = "final"  # all of it, from ENTSO-E


class PriceChangeKind(StrEnum):
    """What a new answer changed."""

    PUBLISHED = "published"  # a day is complete for the first time
    REVISED = "revised"  # a source says otherwise than before
    REPLACED = "replaced"  # ENTSO-E stands in for another source


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What became of one day; `mean` and `largest` are per kWh how far the prices moved, `previous` who said them."""

    kind: PriceChangeKind
    day: date
    at: datetime
    source: str
    previous: str = ""
    mean: float = 0.0
    largest: float = 0.0


@dataclass(frozen=True, slots=True)
class PriceDay:
    """One local day as it is best known: [start, end) in UTC, its slots, whose they are and how good.

    `due` is until when prices can be known on the day before: the auction sells days of its own clock, so west of it
    the local day's last hour comes with the next auction. `resolution` is that of the slots, the coarsest where sources
    are mixed; None without any.
    """

    day: date
    start: datetime
    end: datetime
    due: datetime
    slots: tuple[PriceSlot, ...] = ()
    sources: tuple[str, ...] = ()
    quality: PriceQuality = PriceQuality.INCOMPLETE
    reasons: tuple[Explanation, ...] = ()
    fetched_at: datetime | None = None
    resolution: timedelta | None = None

    @property
    def complete(self) -> bool:
        """Whether the slots tile the day exactly."""
        return is_complete(self.slots, self.start, self.end)

    @property
    def published(self) -> bool:
        """Whether all is known that can be known on the day before."""
        return is_complete(tuple(slot for slot in self.slots if slot.start < self.due), self.start, self.due)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What there is of today and tomorrow."""

    today: DayCoverage
    tomorrow: DayCoverage


class BookError(NatteryError, ValueError):
    """Data that is no price book, or prices that do not belong into this one; the text says what is wrong."""

    kind = "unfit"
    key_prefix = "price_"


class PriceBook:
    """The prices of one area, in one currency: that of ENTSO-E, or until it has spoken that of the first who did."""

    def __init__(self, area: str, zone: tzinfo, currencies: Collection[str] | None = None) -> None:
        """A new book of an area whose people's clock is `zone`; other currencies than `currencies` are suspect."""
        self.area, self.zone, self.currencies = area, zone, currencies
        self.currency = ""
        self.changes: list[PriceChange] = []
        self.log = FetchLog()
        self._pages: dict[date, dict[str, PriceSeries]] = {}
        self._days: dict[date, PriceDay] = {}

    def add(self, series: PriceSeries) -> tuple[PriceChange, ...]:
        """Write down what a source says, judged day by day; what that changed. Raises BookError."""
        try:
            source_days.check(series)
        except ValueError as error:
            raise BookError(str(error)) from None
        if series.area != self.area:
            raise BookError(f"Prices of {series.area} are not allowed in the book of {self.area}")
        if series.currency != self.currency and series.slots:
            if self.currency and series.source != ENTSOE:
                raise BookError(f"Prices in {series.currency} are not allowed in a book in {self.currency}")
            self._pages.clear()
            self.currency = series.currency
        oldest = series.fetched_at.astimezone(self.zone).date() - KEPT
        parts = source_days.by_day(series, self.zone).items()
        found = [change for day, page in parts if day >= oldest for change in self._write(day, page)]
        self._pages = {day: page for day, page in sorted(self._pages.items()) if day >= oldest}
        self._days.clear()
        self.changes = [*self.changes, *found][-KEPT_CHANGES:]
        return tuple(found)

    def _write(self, day: date, new: PriceSeries) -> Iterable[PriceChange]:
        here = self._pages.setdefault(day, {})
        ours = here.get(ENTSOE)
        if new.source != ENTSOE and ours and ours.quality is PriceQuality.GOOD:
            return
        was_published, old = self._compose(day).published, here.get(new.source)
        others = [page for source, page in self._ranked(day) if source != new.source]
        merged = source_days.merge(old, new)
        page = judge(
            merged,
            *self._span(day, merged.slots),
            zone=self.zone,
            currencies=self.currencies,
            before=self._pages.get(day - _DAY, {}).get(new.source),
            beside=others[0] if others else None,
        )
        here[new.source] = page
        at, source = new.fetched_at, new.source
        moved = source_days.difference(page, old) if old else None
        if moved and moved.largest:
            yield PriceChange(PriceChangeKind.REVISED, day, at, source, source, moved.mean, moved.largest)
        whole = page.quality is not PriceQuality.INCOMPLETE
        if source == ENTSOE and whole and others and (not old or old.quality is PriceQuality.INCOMPLETE):
            apart = source_days.difference(page, others[0]) or source_days.Difference(timedelta(), 0.0, 0.0)
            yield PriceChange(PriceChangeKind.REPLACED, day, at, source, others[0].source, apart.mean, apart.largest)
        if not was_published and self._compose(day).published:
            yield PriceChange(PriceChangeKind.PUBLISHED, day, at, source)
        if source == ENTSOE and page.quality is PriceQuality.GOOD:
            self._pages[day] = {ENTSOE: page}

    def _ranked(self, day: date) -> list[tuple[str, PriceSeries]]:
        order = {source: rank for rank, source in enumerate(SOURCES)}
        return sorted(self._pages.get(day, {}).items(), key=lambda item: (order.get(item[0], len(order)), item[0]))

    def _compose(self, day: date) -> PriceDay:
        start, end, due = self._edges(day)
        ranked = [page for _, page in self._ranked(day)]
        if not ranked:
            return PriceDay(day, start, end, due)
        whole = next((page for page in ranked if page.quality is not PriceQuality.INCOMPLETE), None)
        # Parts of ENTSO-E's day do not stand in for a whole day of somebody else's.
        used = [whole] if whole else ranked
        slots = source_days.together(used)
        used = [page for page in used if set(page.slots) & set(slots)]
        resolution, fetched = max(page.resolution for page in used), max(page.fetched_at for page in used)
        quality, reasons = used[0].quality, used[0].reasons
        if not whole and is_complete(slots, *(span := self._span(day, slots))):
            quality, reasons = self._judge_mixed(used, slots, span)
        sources = tuple(page.source for page in used)
        return PriceDay(day, start, end, due, slots, sources, quality, reasons, fetched, resolution)

    def _edges(self, day: date) -> tuple[datetime, datetime, datetime]:
        start, end = local_day(day, self.zone)
        return start, end, min(end, local_day(day, ZoneInfo(MARKET_ZONE))[1])

    def _span(self, day: date, slots: tuple[PriceSlot, ...]) -> tuple[datetime, datetime]:
        """What the slots of a day have to tile: the day, or as much of it as the auction sells."""
        start, end, due = self._edges(day)
        return start, end if slots[-1].end > due else due

    def _judge_mixed(
        self, used: list[PriceSeries], slots: tuple[PriceSlot, ...], span: tuple[datetime, datetime]
    ) -> tuple[PriceQuality, tuple[Explanation, ...]]:
        names = tuple(page.source for page in used)
        if len({page.resolution for page in used}) > 1:
            return PriceQuality.SUSPECT, (quality_reason("mixed_resolutions", sources=names),)
        mixed = replace(used[0], source="mixed", slots=slots)
        judged = judge(mixed, *span, zone=self.zone, currencies=self.currencies)
        return judged.quality, judged.reasons or (quality_reason("mixed", sources=names),)

    def day(self, day: date) -> PriceDay:
        """A local day as it is best known."""
        if day not in self._days:
            self._days[day] = self._compose(day)
        return self._days[day]

    def slots(self, start: datetime | None = None, end: datetime | None = None) -> tuple[PriceSlot, ...]:
        """The best known slots that overlap [start, end), or all."""
        known = chain.from_iterable(self.day(day).slots for day in self._pages_between(start, end))
        return tuple(slot for slot in known if (not start or slot.end > start) and (not end or slot.start < end))

    def _pages_between(self, start: datetime | None, end: datetime | None) -> Iterable[date]:
        first = start.astimezone(self.zone).date() if start else date.min
        last = end.astimezone(self.zone).date() if end else date.max
        return [day for day in sorted(self._pages) if first <= day <= last]

    def at(self, moment: datetime) -> PriceSlot | None:
        """The slot that holds an aware moment, or None."""
        return next((slot for slot in self.day(self._local(moment)).slots if moment in slot), None)

    def known_until(self, now: datetime) -> datetime | None:
        """The moment (UTC) up to which every price from now on is known; None when not even now's is."""
        until: datetime | None = None
        for slot in self.slots(now):
            if (until is None and now in slot) or slot.start == until:
                until = slot.end
            else:
                break
        return until

    def freshness(self, now: datetime) -> Freshness:
        """How far ahead prices are known, by coverage and not by when they were fetched."""
        until, today = self.known_until(now), self._local(now)
        if until is None:
            return Freshness.NONE
        if until >= self.day(today + _DAY).due:
            return Freshness.FRESH
        if until - now < _SOON:
            return Freshness.STALE
        deadline = datetime.combine(today, DEADLINE, self.zone).astimezone(UTC)
        return Freshness.EXPECTED if until >= self.day(today).due and now < deadline else Freshness.LATE

    def coverage(self, now: datetime) -> Coverage:
        """What there is of today and tomorrow, as far as it can be known."""
        today = self._local(now)
        return Coverage(self._have(today), self._have(today + _DAY))

    def _have(self, day: date) -> DayCoverage:
        known = self.day(day)
        if not known.published:
            return DayCoverage.NOTHING
        final = known.sources == (ENTSOE,) and known.quality is not PriceQuality.SUSPECT
        return DayCoverage.FINAL if final else DayCoverage.SUBSTITUTE

    def _local(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def to_dict(self) -> dict[str, Any]:
        """The book as plain JSON."""
        return {
            "version": len(_MIGRATIONS) + 1,
            "area": self.area,
            "currency": self.currency,
            "pages": [
                source_days.to_dict(day, page) for day in sorted(self._pages) for page in self._pages[day].values()
            ],
            "changes": [
                {**asdict(change), "day": change.day.isoformat(), "at": change.at.isoformat()}
                for change in self.changes
            ],
            "fetches": self.log.to_list(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], zone: tzinfo, currencies: Collection[str] | None = None) -> PriceBook:
        """The book from its JSON, brought up to date when an older version wrote it; raises BookError."""
        try:
            current = _migrated(dict(data))
            book = cls(current["area"], zone, currencies)
            book.currency = current["currency"]
            for page in current["pages"]:
                day, series = source_days.from_dict(page, book.area, book.currency)
                book._pages.setdefault(day, {})[series.source] = series
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
