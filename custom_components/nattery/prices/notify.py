"""Tells those who want to be told when prices cannot be had, when they can again, and when fetching is slow."""

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

_WORTH_TELLING: Final = frozenset({SourceStatus.OUTAGE, SourceStatus.UNAUTHORIZED, SourceStatus.RATE_LIMITED})


class Notifier:
    """Sends to the notify entities of the settings; without any it is silent."""

    def __init__(self, hass: HomeAssistant, settings: PriceSettings, title: str) -> None:
        """Speak of the prices of the house `title`."""
        self._hass = hass
        self._settings = settings
        self._title = title
        self._told_failure = False
        self._told_slow: date | None = None  # at most once a day

    async def async_tell(self, pieces: Iterable[PriceEvent], fetches: Iterable[Fetch]) -> None:
        """Tell of what has changed, and of an answer that took longer than the settings allow."""
        if not self._settings.notify:
            return
        for piece in pieces:
            if piece.kind is PriceEventKind.FAILED and piece.about["status"] in _WORTH_TELLING:
                self._told_failure = True
                await self._async_send("notify_failed", failures=str(piece.about["failures"]))
            elif piece.kind is PriceEventKind.RECOVERED and self._told_failure:
                self._told_failure = False
                await self._async_send("notify_recovered")
        today = dt_util.now().date()
        slowest = max((fetch.seconds for fetch in fetches if fetch.answered), default=0.0)
        if slowest > self._settings.slow and self._told_slow != today:
            self._told_slow = today
            await self._async_send("notify_slow", seconds=f"{slowest:.0f}", limit=f"{self._settings.slow:g}")

    async def _async_send(self, key: str, **filled: str) -> None:
        message = await async_text(self._hass, key, {"entry": self._title, **filled})
        wanted = {"entity_id": list(self._settings.notify), "message": message}
        try:
            await self._hass.services.async_call("notify", "send_message", wanted)
        except HomeAssistantError as error:  # the entities went away; that must not keep prices away
            LOGGER.warning("Nobody could be notified about prices: %s", error)
