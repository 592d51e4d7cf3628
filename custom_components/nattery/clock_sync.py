"""Keeps the inverter's clock right: its time windows are only right while its clock is."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .const import CLOCK_DRIFT, CONF_SYNC_CLOCK, LOGGER
from .runtime import NatteryConfigEntry

DAILY_HOUR, DAILY_MINUTE = 3, 15  # after every daylight saving change that any country makes
TOO_FAR = 60.0  # seconds of drift that do not wait for the night
TOLERANCE = 5.0  # seconds of drift that are not worth a write
PAUSE = timedelta(hours=1)  # whatever happens, the inverter's memory is spared


class ClockSync:
    """Sets the clock of one entry's inverter to local time, every night and when it is far off."""

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
        """Look after the clock of a loaded entry."""
        self._hass = hass
        self._entry = entry
        self._site = entry.runtime_data
        self._last: datetime | None = None

    @callback
    def async_start(self) -> None:
        """Keep the clock until the entry is unloaded, unless its options say otherwise."""
        if not self._entry.options.get(CONF_SYNC_CLOCK, True):
            return
        self._entry.async_on_unload(
            async_track_time_change(self._hass, self._nightly, hour=DAILY_HOUR, minute=DAILY_MINUTE, second=0)
        )
        self._entry.async_on_unload(self._site.settings.async_add_listener(self._watch))
        self._watch()

    @callback
    def _nightly(self, _now: datetime) -> None:
        self._set()

    @callback
    def _watch(self) -> None:
        drift = self._site.value(CLOCK_DRIFT)
        if self._site.settings.last_update_success and isinstance(drift, int | float) and abs(drift) > TOO_FAR:
            self._set()

    @callback
    def _set(self) -> None:
        now = dt_util.utcnow()
        if self._last is None or abs(now - self._last) >= PAUSE:  # either way, since this machine's clock is set too
            self._last = now
            self._entry.async_create_background_task(self._hass, self._async_set(), "nattery clock")

    async def _async_set(self) -> None:
        if self._site.trading is not None:  # a window that has just ended must be closed before it can open again
            await self._site.trading.async_tick()
        try:
            await self._site.async_sync_clock(tolerance=TOLERANCE)
        except HomeAssistantError as error:
            LOGGER.warning("The clock of %s could not be set: %s", self._entry.title, error)
