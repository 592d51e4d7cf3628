"""The coordinator of prices: stores the price book, fetches by the schedule and updates at every slot change."""

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
from ..core.market.events import PriceEvent, PriceEventKind, price_events
from ..core.market.fetcher import FetchRound, PriceFetcher
from ..core.market.health import SourceHealth, SourceStatus, source_health
from ..core.market.pricer import Pricer
from ..core.market.quality import ENTSOE
from ..core.market.snapshot import PriceSnapshot, next_quarter_hour, take_snapshot
from ..core.market.tariff import TariffError
from ..subentry import SubentryCoordinator
from ..texts import async_text
from .notify import PriceNotifier
from .settings import PriceSettings
from .sources import fallback_sources, primary_source
from .summary import async_day_summary
from .template import template_formulas

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 10

type PriceEventListener = Callable[[PriceEvent], None]


def price_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of the price book of a config entry; it never contains the token."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.prices")


class PriceCoordinator(SubentryCoordinator[PriceSnapshot]):
    """Keeps the price snapshot current: updates it when a slot ends and when prices arrive."""

    fetcher: PriceFetcher
    pricer: Pricer

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
        """Create the coordinator; nothing runs before `async_open`."""
        super().__init__(hass, entry, subentry, "prices")
        self.settings = PriceSettings.from_data(subentry.data)
        self._store = price_store(hass, entry.entry_id)
        self._event_listeners: list[PriceEventListener] = []
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._fetch_task: asyncio.Task[FetchRound] | None = None
        self._is_open = False
        self._notifier = PriceNotifier(hass, self.settings, entry.title)

    async def async_open(self) -> None:
        """Publish what the stored book contains, without network access, then fetch by the schedule."""
        settings = self.settings
        zone = await self.hass.async_add_executor_job(lambda: settings.area.tzinfo)  # its first use reads a file
        book = await self._async_load(PriceBook(settings.area.key, zone, settings.area.currencies))
        self.pricer = Pricer(book, settings.tariff, template_formulas(self.hass, settings.tariff))
        jitter = int.from_bytes(sha256(self.config_entry.entry_id.encode()).digest()[:4]) / 2**32
        fallbacks = fallback_sources(self.hass, settings)
        self.fetcher = PriceFetcher(book, primary_source(settings), fallbacks, clock=dt_util.utcnow, jitter=jitter)
        self._is_open = True
        self.async_update_snapshot()
        self._update_reauth()
        if self.health.last_attempt is None:  # shows at once whether the settings work
            self._call_at("fetch", dt_util.utcnow(), partial(self._start_fetch, forced=True))

    async def async_close(self) -> None:
        """Stop the timers, cancel a running fetch and save the book."""
        if not self._is_open:
            return
        self._is_open = False
        new_settings = PriceSettings.from_data(self.subentry.data)
        if (new_settings.url, new_settings.token) != (self.settings.url, self.settings.token):
            # Earlier outcomes do not apply to the new settings.
            self.fetcher.book.log.remove_source(self.fetcher.primary.name)
        for stop in self._timers.values():
            stop()
        self._timers.clear()
        if self._fetch_task is not None:
            self._fetch_task.cancel()
            await asyncio.wait([self._fetch_task])
        await self._store.async_save(self.fetcher.book.to_dict())

    @property
    def health(self) -> SourceHealth:
        """Return the health of ENTSO-E."""
        return source_health(self.fetcher.book.log, self.fetcher.primary.name, dt_util.utcnow())

    @property
    def next_fetch(self) -> datetime | None:
        """Return when the next fetch is due; None while one is running."""
        return self.fetcher.next_fetch_at()

    @property
    def is_fetching(self) -> bool:
        """Return whether a fetch round is running."""
        return self._fetch_task is not None and not self._fetch_task.done()

    @callback
    def async_add_event_listener(self, listener: PriceEventListener) -> CALLBACK_TYPE:
        """Call `listener` for every price event; the returned function removes it."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    @callback
    def async_update_snapshot(self, _now: datetime | None = None) -> None:
        """Update the snapshot, and schedule the next update for the end of the slot."""
        now = dt_util.utcnow()
        try:
            snapshot = take_snapshot(self.pricer, now)
        except TariffError as error:  # a failing template: no price is better than a wrong one
            self.async_set_update_error(error)
            next_change = None
        else:
            self.async_set_updated_data(snapshot)
            next_change = snapshot.next_change
        self._call_at("snapshot", next_change or next_quarter_hour(now), self.async_update_snapshot)
        self._schedule_fetch()  # fetches also become due with time, such as at midnight

    @callback
    def async_fetch(self, *, forced: bool = False) -> asyncio.Task[FetchRound]:
        """Start a fetch from all sources that are due, unless one is running, and return its task.

        The task belongs to the config entry and is cancelled with it.
        """
        if self._fetch_task is None or self._fetch_task.done():
            self._fetch_task = self.config_entry.async_create_background_task(
                self.hass, self._async_fetch(forced=forced), f"{self.name} fetch"
            )
        return self._fetch_task

    async def _async_fetch(self, *, forced: bool) -> FetchRound:
        before = self.health
        try:
            fetch_round = await self.fetcher.fetch_due(forced=forced)
        finally:
            self._schedule_fetch()
        if fetch_round.fetches:
            self._store.async_delay_save(self.fetcher.book.to_dict, _SAVE_DELAY)
            self.async_update_snapshot()
            self._update_reauth()
            today = dt_util.now(self.fetcher.book.zone).date()
            changes = [
                change
                for change in fetch_round.changes
                if change.kind is not PriceChangeKind.PUBLISHED or change.day >= today
            ]
            events = list(price_events(changes, before, self.health))
            await self._async_publish(events)
            await self._notifier.async_notify(
                events, [fetch for fetch in fetch_round.fetches if fetch.source == ENTSOE]
            )
        return fetch_round

    async def _async_load(self, empty: PriceBook) -> PriceBook:
        """Return the stored book; an empty one if it is missing, damaged or of another bidding zone."""
        try:
            if (data := await self._store.async_load()) is None:
                return empty
            book = PriceBook.from_dict(data, empty.zone, empty.currencies)
        except (BookError, HomeAssistantError) as error:  # damaged, or written by a later version
            LOGGER.warning("Starting with an empty price book for %s: %s", self.config_entry.title, error)
            return empty
        return book if book.area == empty.area else empty

    @callback
    def _schedule_fetch(self) -> None:
        if self._is_open and (at := self.fetcher.next_fetch_at()) is not None:
            self._call_at("fetch", at, self._start_fetch)

    @callback
    def _start_fetch(self, _now: datetime, *, forced: bool = False) -> None:
        self.async_fetch(forced=forced)

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

    async def _async_publish(self, events: Iterable[PriceEvent]) -> None:
        for event in events:
            self._log_event(event)
            data = event.data
            if event.kind is PriceEventKind.PUBLISHED:
                data = data | {"summary": await self._async_summary(date.fromisoformat(data["day"]))}
            for listener in tuple(self._event_listeners):
                listener(PriceEvent(event.kind, data))

    async def _async_summary(self, day: date) -> str:
        try:
            priced = self.pricer.day(day)
        except TariffError:  # the update error reports the failing template
            return await async_text(self.hass, "curve_unknown")
        return await async_day_summary(self.hass, self.pricer, priced)

    def _log_event(self, event: PriceEvent) -> None:
        """Log one line when fetches begin to fail and one when they recover."""
        if event.kind is PriceEventKind.FAILED and event.data["failures"] == 1:
            LOGGER.warning("Prices of %s: %s", self.config_entry.title, self.fetcher.errors[self.fetcher.primary.name])
        elif event.kind is PriceEventKind.RECOVERED:
            LOGGER.info("Prices of %s: ENTSO-E answers again", self.config_entry.title)

    @callback
    def _update_reauth(self) -> None:
        """Start reauthentication while the token is rejected; abort it when the token is accepted after all."""
        entry, status = self.config_entry, self.health.status
        if status is SourceStatus.UNAUTHORIZED:
            # Not only when the failure begins, because a restart ends the flow. A second call has no effect.
            entry.async_start_reauth(self.hass)
        elif status is SourceStatus.OK:
            for flow in entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
                self.hass.config_entries.flow.async_abort(flow["flow_id"])
