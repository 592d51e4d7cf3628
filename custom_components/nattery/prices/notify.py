"""Notifications about failures and recovery of fetches, and about slow fetches."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..core.market.events import PriceEvent, PriceEventKind
from ..core.market.fetch_log import Fetch
from ..core.market.health import SourceStatus
from ..texts import async_text
from .settings import PriceSettings

_NOTIFIED_STATUSES: Final = frozenset({SourceStatus.OUTAGE, SourceStatus.UNAUTHORIZED, SourceStatus.RATE_LIMITED})


class PriceNotifier:
    """Sends messages to the notify entities of the settings, if there are any."""

    def __init__(self, hass: HomeAssistant, settings: PriceSettings, title: str) -> None:
        """Create a notifier for the config entry titled `title`."""
        self._hass = hass
        self._settings = settings
        self._title = title
        self._failure_notified = False
        self._slow_notified_on: date | None = None  # at most once a day

    async def async_notify(self, events: Iterable[PriceEvent], fetches: Iterable[Fetch]) -> None:
        """Send messages for the events, and for a fetch slower than the settings allow."""
        if not self._settings.notify:
            return
        for event in events:
            if event.kind is PriceEventKind.FAILED and event.data["status"] in _NOTIFIED_STATUSES:
                self._failure_notified = True
                await self._async_send("notify_failed", failures=str(event.data["failures"]))
            elif event.kind is PriceEventKind.RECOVERED and self._failure_notified:
                self._failure_notified = False
                await self._async_send("notify_recovered")
        today = dt_util.now().date()
        slowest = max((fetch.seconds for fetch in fetches if fetch.responded), default=0.0)
        if slowest > self._settings.slow and self._slow_notified_on != today:
            self._slow_notified_on = today
            await self._async_send("notify_slow", seconds=f"{slowest:.0f}", limit=f"{self._settings.slow:g}")

    async def _async_send(self, key: str, **placeholders: str) -> None:
        message = await async_text(self._hass, key, {"entry": self._title, **placeholders})
        data = {"entity_id": list(self._settings.notify), "message": message}
        try:
            await self._hass.services.async_call("notify", "send_message", data)
        except HomeAssistantError as error:  # a removed notify entity must not stop the fetches
            LOGGER.warning("Could not send a notification about prices: %s", error)
