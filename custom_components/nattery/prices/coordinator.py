"""The prices of one house: kept over restarts, asked for by the schedule, seen anew at the edge of every slot."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.market.book import BookError, PriceBook, PriceChangeKind
from ..core.market.events import PriceEvent, PriceEventKind, news
from ..core.market.fetcher import FetchRound, PriceFetcher
from ..core.market.health import SourceHealth, SourceStatus, health
from ..core.market.pricer import Pricer
from ..core.market.quality import ENTSOE
from ..core.market.snapshot import PriceSnapshot, next_quarter, outlook
from ..core.market.tariff import TariffError
from ..subentry import SubentryCoordinator
from ..texts import async_text
from .notify import Notifier
from .settings import PriceSettings
from .sources import main_supplier, other_suppliers
from .template import hooks_of
from .words import async_day_in_words

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 10

type NewsListener = Callable[[PriceEvent], None]


def price_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where the price book of an entry is kept; it never holds the token."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.prices")


class PriceCoordinator(SubentryCoordinator[PriceSnapshot]):
    """Keeps the outlook true: it is worked out anew when a slot ends and when prices come."""

    desk: PriceFetcher
    pricer: Pricer

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
        """Describe the prices; nothing runs before `async_open`."""
        super().__init__(hass, entry, subentry, "prices")
        self.settings = PriceSettings.of(subentry.data)
        self._store = price_store(hass, entry.entry_id)
        self._news_listeners: list[NewsListener] = []
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._round: asyncio.Task[FetchRound] | None = None
        self._closed = False
        self._notifier = Notifier(hass, self.settings, entry.title)

    async def async_open(self) -> None:
        """Show what the book knows, at once and without any network, then begin to ask by the schedule."""
        settings = self.settings
        zone = await self.hass.async_add_executor_job(lambda: settings.area.tzinfo)  # its first use reads a file
        book = await self._async_load(PriceBook(settings.area.key, zone, settings.area.currencies))
        self.pricer = Pricer(book, settings.tariff, hooks_of(self.hass, settings.tariff))
        jitter = int.from_bytes(sha256(self.config_entry.entry_id.encode()).digest()[:4]) / 2**32
        others = other_suppliers(self.hass, settings)
        self.desk = PriceFetcher(book, main_supplier(settings), others, clock=dt_util.utcnow, jitter=jitter)
        self.async_look()
        self._follow_token()
        if self.health.last_attempt is None:  # whether these settings work shows at once, whatever the book covers
            self._call_at("ask", dt_util.utcnow(), partial(self._ask, forced=True))

    async def async_close(self) -> None:
        """Stop the clocks, cut off a question under way, and keep the book."""
        following = PriceSettings.of(self.subentry.data)
        if (following.url, following.token) != (self.settings.url, self.settings.token):
            self.desk.book.log.forget(self.desk.main.name)  # it says nothing of what will be asked from now on
        self._closed = True
        for stop in self._timers.values():
            stop()
        self._timers.clear()
        if self._round is not None:
            self._round.cancel()
            await asyncio.wait([self._round])
        if hasattr(self, "desk"):
            await self._store.async_save(self.desk.book.to_dict())

    @property
    def health(self) -> SourceHealth:
        """How ENTSO-E does."""
        return health(self.desk.book.log, self.desk.main.name, dt_util.utcnow())

    @property
    def next_ask(self) -> datetime | None:
        """When somebody is asked next; None while somebody is."""
        return self.desk.wake()

    @property
    def asking(self) -> bool:
        """Whether a round of questions is under way."""
        return self._round is not None and not self._round.done()

    @callback
    def async_listen(self, listener: NewsListener) -> CALLBACK_TYPE:
        """Be told of news; the answer ends that."""
        self._news_listeners.append(listener)
        return lambda: self._news_listeners.remove(listener)

    @callback
    def async_look(self, _now: datetime | None = None) -> None:
        """Work out the outlook of this moment, and come back when the slot ends."""
        now = dt_util.utcnow()
        try:
            seen = outlook(self.pricer, now)
        except TariffError as error:  # a template that fails: no price is better than a wrong one
            self.async_set_update_error(error)
            edge = None
        else:
            self.async_set_updated_data(seen)
            edge = seen.next_edge
        self._call_at("look", edge or next_quarter(now), self.async_look)
        self._wake()  # what is due changes with time too: at midnight another day is tomorrow

    @callback
    def async_ask(self, *, forced: bool = False) -> asyncio.Task[FetchRound]:
        """Ask whoever is due, and tell what came of it; a task of the entry, which ends with it. Never two at once."""
        if self._round is None or self._round.done():
            self._round = self.config_entry.async_create_background_task(
                self.hass, self._async_ask(forced=forced), f"{self.name} asking"
            )
        return self._round

    async def _async_ask(self, *, forced: bool) -> FetchRound:
        before = self.health
        try:
            found = await self.desk.ask(forced=forced)
        finally:
            self._wake()
        if found.fetches:
            self._store.async_delay_save(self.desk.book.to_dict, _SAVE_DELAY)
            self.async_look()
            self._follow_token()
            today = dt_util.now(self.desk.book.zone).date()
            changes = [
                change
                for change in found.changes
                if change.kind is not PriceChangeKind.PUBLISHED or change.day >= today
            ]
            pieces = list(news(changes, before, self.health))
            await self._async_tell(pieces)
            await self._notifier.async_tell(pieces, [fetch for fetch in found.fetches if fetch.source == ENTSOE])
        return found

    async def _async_load(self, fresh: PriceBook) -> PriceBook:
        """The book as it was kept; a new one where there is none, a damaged one, or one of another area."""
        try:
            if (data := await self._store.async_load()) is None:
                return fresh
            book = PriceBook.from_dict(data, fresh.zone, fresh.currencies)
        except (BookError, HomeAssistantError) as error:  # damaged, or of a later version
            LOGGER.warning("The price book of %s begins anew: %s", self.config_entry.title, error)
            return fresh
        return book if book.area == fresh.area else fresh

    @callback
    def _wake(self) -> None:
        if not self._closed and (at := self.desk.wake()) is not None:
            self._call_at("ask", at, self._ask)

    @callback
    def _ask(self, _now: datetime, *, forced: bool = False) -> None:
        self.async_ask(forced=forced)

    @callback
    def _call_at(self, name: str, at: datetime, action: Callable[[datetime], None]) -> None:
        if stop := self._timers.pop(name, None):
            stop()

        @callback
        def call(now: datetime) -> None:
            self._timers.pop(name, None)
            action(now)

        job = HassJob(call, f"{self.name} {name}", cancel_on_shutdown=True)
        self._timers[name] = async_track_point_in_utc_time(self.hass, job, at)

    async def _async_tell(self, pieces: Iterable[PriceEvent]) -> None:
        for piece in pieces:
            self._log(piece)
            about = piece.about
            if piece.kind is PriceEventKind.PUBLISHED:
                about = about | {"summary": await self._async_summary(date.fromisoformat(about["day"]))}
            for listener in tuple(self._news_listeners):
                listener(PriceEvent(piece.kind, about))

    async def _async_summary(self, day: date) -> str:
        try:
            priced = self.pricer.day(day)
        except TariffError:  # prices are published all the same; the outlook tells of the tariff
            return await async_text(self.hass, "curve_unknown")
        return await async_day_in_words(self.hass, self.pricer, priced)

    def _log(self, piece: PriceEvent) -> None:
        """One line when it begins to fail, one when it is over."""
        if piece.kind is PriceEventKind.FAILED and piece.about["failures"] == 1:
            LOGGER.warning("Prices of %s: %s", self.config_entry.title, self.desk.errors[self.desk.main.name])
        elif piece.kind is PriceEventKind.RECOVERED:
            LOGGER.info("Prices of %s: ENTSO-E answers again", self.config_entry.title)

    @callback
    def _follow_token(self) -> None:
        """Ask for a new token while it is surely refused; take that back when it is accepted after all."""
        entry, status = self.config_entry, self.health.status
        if (
            status is SourceStatus.UNAUTHORIZED
        ):  # not only when it begins: a restart has forgotten that it was asked for
            entry.async_start_reauth(self.hass)
        elif status is SourceStatus.OK:
            for flow in entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                self.hass.config_entries.flow.async_abort(flow["flow_id"])
