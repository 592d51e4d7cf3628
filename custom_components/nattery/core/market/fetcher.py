"""Asks for prices when the schedule says so, ENTSO-E and others when it fails, and writes the answers into the book."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
import time

from .book import BookError, PriceBook, PriceChange
from .errors import MarketError
from .fetch_log import OK, Fetch
from .schedule import FetchPlan, fallback_at, plan, wants_fallback
from .sources import PriceSource

UNFIT = "unfit"  # the outcome of an answer that the book does not take, as one in another currency
_DAY = timedelta(days=1)

type Clock = Callable[[], datetime]
"""The time now, aware."""


@dataclass(frozen=True, slots=True)
class FetchRound:
    """What one round of questions brought: the fetches made, and what they changed in the book."""

    fetches: tuple[Fetch, ...] = ()
    changes: tuple[PriceChange, ...] = ()


class PriceFetcher:
    """One book, the main supplier (ENTSO-E) and the others in the order in which they stand in for it."""

    def __init__(
        self,
        book: PriceBook,
        main: PriceSource,
        others: Sequence[PriceSource] = (),
        *,
        clock: Clock,
        jitter: float = 0.0,
    ) -> None:
        """`jitter`, 0 to 1, is this installation's own, so that not all ask in the same second."""
        self.book = book
        self.main = main
        self.others = tuple(others)
        self.errors: dict[str, MarketError | BookError] = {}  # by supplier, the last one if nothing came since
        self._clock = clock
        self._jitter = jitter
        self._asking = False

    @property
    def asking(self) -> bool:
        """Whether a round is under way."""
        return self._asking

    def plan(self) -> FetchPlan:
        """When the main supplier is asked next, and why."""
        now = self._clock()
        past = self.book.log.of(self.main.name)
        coverage = self.book.coverage(now)
        return plan(now, self.book.zone, coverage, past, jitter=self._jitter, in_flight=self._asking)

    def wake(self) -> datetime | None:
        """When the next round is due, not before now; None while one is under way."""
        first = self.plan().at
        if first is None:
            return None
        return min(first, *self._stand_ins().values()) if self._wants_others() and self.others else first

    async def ask(self, *, forced: bool = False) -> FetchRound:
        """Ask whoever is due; `forced` asks the main supplier whatever the schedule says.

        Never two rounds at once: a second one ends at once and with nothing. Errors of suppliers are in `errors` and in
        the log.
        """
        if self._asking:
            return FetchRound()
        now, due = self._clock(), self.plan().at
        self._asking = True
        fetches: list[Fetch] = []
        changes: list[PriceChange] = []
        try:
            if forced or (due is not None and due <= now):
                await self._consult(self.main, (-1, 0, 1, 2), fetches, changes)
            for supplier in self.others:
                if not self._wants_others():
                    break
                if self._stand_ins()[supplier.name] <= self._clock():
                    await self._consult(supplier, (0, 1), fetches, changes)
        finally:
            self._asking = False
        return FetchRound(tuple(fetches), tuple(changes))

    def _wants_others(self) -> bool:
        now = self._clock()
        return wants_fallback(now, self.book.zone, self.book.coverage(now), self.book.log.of(self.main.name))

    def _stand_ins(self) -> dict[str, datetime]:
        """When each of the others may be asked."""
        now = self._clock()
        return {supplier.name: fallback_at(now, self.book.log.of(supplier.name)) for supplier in self.others}

    async def _consult(
        self, supplier: PriceSource, distances: tuple[int, ...], fetches: list[Fetch], changes: list[PriceChange]
    ) -> None:
        at, began = self._clock(), time.monotonic()
        outcome, quiet = OK, None
        self.errors.pop(supplier.name, None)
        try:
            for series in await supplier.ask(self._days(at, distances), self.book.currency):
                changes += self.book.add(series)
        except MarketError as error:
            self.errors[supplier.name] = error
            outcome, quiet = error.kind, getattr(error, "retry_after", None)
        except BookError as error:
            self.errors[supplier.name] = error
            outcome = UNFIT
        fetch = Fetch(at, supplier.name, outcome, round(time.monotonic() - began, 3), quiet)
        self.book.log.note(fetch)
        fetches.append(fetch)

    def _days(self, now: datetime, distances: tuple[int, ...]) -> list[date]:
        today = now.astimezone(self.book.zone).date()
        return [today + distance * _DAY for distance in distances]
