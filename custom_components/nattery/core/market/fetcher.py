"""Fetches prices when the schedule says so, from ENTSO-E or from fallback sources, and adds them to the price book."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
import time

from .book import BookError, PriceBook, PriceChange
from .errors import MarketError
from .fetch_log import OK, Fetch
from .schedule import FetchPlan, needs_fallback, next_fallback_fetch, plan_fetch
from .sources import PriceSource

REJECTED_BY_BOOK = "unfit"  # the outcome if the book does not accept the prices, for example in another currency
_DAY = timedelta(days=1)

type Clock = Callable[[], datetime]
"""Returns the current time, aware."""


@dataclass(frozen=True, slots=True)
class FetchRound:
    """The fetches of one round and the changes that they made to the book."""

    fetches: tuple[Fetch, ...] = ()
    changes: tuple[PriceChange, ...] = ()


class PriceFetcher:
    """Fetches into one price book, from ENTSO-E and, if it fails, from fallback sources in order."""

    def __init__(
        self,
        book: PriceBook,
        primary: PriceSource,
        fallbacks: Sequence[PriceSource] = (),
        *,
        clock: Clock,
        jitter: float = 0.0,
    ) -> None:
        """Create the fetcher; `jitter` (0 to 1) is a constant of this installation that spreads its requests."""
        self.book = book
        self.primary = primary
        self.fallbacks = tuple(fallbacks)
        self.errors: dict[str, MarketError | BookError] = {}  # last error by source, until a fetch succeeds
        self._clock = clock
        self._jitter = jitter
        self._is_fetching = False

    @property
    def is_fetching(self) -> bool:
        """Return whether a round is running."""
        return self._is_fetching

    def plan_fetch(self) -> FetchPlan:
        """Return when to fetch from the primary source next, and why."""
        now = self._clock()
        past = self.book.log.for_source(self.primary.name)
        coverage = self.book.coverage(now)
        return plan_fetch(now, self.book.zone, coverage, past, jitter=self._jitter, in_flight=self._is_fetching)

    def next_fetch_at(self) -> datetime | None:
        """Return when the next round is due, not before now; None while one is running."""
        planned = self.plan_fetch().at
        if planned is None:
            return None
        return min(planned, *self._fallback_times().values()) if self._needs_fallback() and self.fallbacks else planned

    async def fetch_due(self, *, forced: bool = False) -> FetchRound:
        """Fetch from all sources that are due; `forced` fetches from the primary source regardless of the schedule.

        There is never more than one round: a second call returns at once with an empty round. Errors of sources are
        kept in `errors` and in the log.
        """
        if self._is_fetching:
            return FetchRound()
        now, planned = self._clock(), self.plan_fetch().at
        self._is_fetching = True
        fetches: list[Fetch] = []
        changes: list[PriceChange] = []
        try:
            if forced or (planned is not None and planned <= now):
                await self._fetch_from(self.primary, (-1, 0, 1, 2), fetches, changes)
            for source in self.fallbacks:
                if not self._needs_fallback():
                    break
                if self._fallback_times()[source.name] <= self._clock():
                    await self._fetch_from(source, (0, 1), fetches, changes)
        finally:
            self._is_fetching = False
        return FetchRound(tuple(fetches), tuple(changes))

    def _needs_fallback(self) -> bool:
        now = self._clock()
        return needs_fallback(now, self.book.zone, self.book.coverage(now), self.book.log.for_source(self.primary.name))

    def _fallback_times(self) -> dict[str, datetime]:
        """Return when to fetch from each fallback source next."""
        now = self._clock()
        return {
            source.name: next_fallback_fetch(now, self.book.log.for_source(source.name)) for source in self.fallbacks
        }

    async def _fetch_from(
        self, source: PriceSource, day_offsets: tuple[int, ...], fetches: list[Fetch], changes: list[PriceChange]
    ) -> None:
        at, started = self._clock(), time.monotonic()
        outcome, retry_after = OK, None
        self.errors.pop(source.name, None)
        try:
            for series in await source.fetch(self._days(at, day_offsets), self.book.currency):
                changes += self.book.add(series)
        except MarketError as error:
            self.errors[source.name] = error
            outcome, retry_after = error.kind, getattr(error, "retry_after", None)
        except BookError as error:
            self.errors[source.name] = error
            outcome = REJECTED_BY_BOOK
        fetch = Fetch(at, source.name, outcome, round(time.monotonic() - started, 3), retry_after)
        self.book.log.add(fetch)
        fetches.append(fetch)

    def _days(self, now: datetime, day_offsets: tuple[int, ...]) -> list[date]:
        today = now.astimezone(self.book.zone).date()
        return [today + offset * _DAY for offset in day_offsets]
