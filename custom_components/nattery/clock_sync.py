"""Keeps the inverter's clock at local time, since its time windows depend on it."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .const import CLOCK_DRIFT, CONF_SYNC_CLOCK, LOGGER
from .runtime import NatteryConfigEntry

DAILY_HOUR, DAILY_MINUTE = 3, 15  # after the daylight saving change of every country
MAX_DRIFT = 60.0  # s; more is corrected at once and not only at night
TOLERANCE = 5.0  # s; less is not worth a write
PAUSE = timedelta(hours=1)  # between two writes, since each one wears the inverter's memory


class ClockSync:
    """Sets the inverter's clock to local time every night, and whenever it is far off."""

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
        """Prepare for a loaded config entry."""
        self._hass = hass
        self._entry = entry
        self._device = entry.runtime_data.identified_device
        self._last: datetime | None = None

    @callback
    def async_start(self) -> None:
        """Sync until the entry is unloaded, unless its options turn that off."""
        if not self._entry.options.get(CONF_SYNC_CLOCK, True):
            return
        self._entry.async_on_unload(
            async_track_time_change(self._hass, self._sync_nightly, hour=DAILY_HOUR, minute=DAILY_MINUTE, second=0)
        )
        self._entry.async_on_unload(self._device.settings.async_add_listener(self._check_drift))
        self._check_drift()

    @callback
    def _sync_nightly(self, _now: datetime) -> None:
        self._sync()

    @callback
    def _check_drift(self) -> None:
        drift = self._device.value(CLOCK_DRIFT)
        if self._device.settings.last_update_success and isinstance(drift, int | float) and abs(drift) > MAX_DRIFT:
            self._sync()

    @callback
    def _sync(self) -> None:
        now = dt_util.utcnow()
        if (
            self._last is None or abs(now - self._last) >= PAUSE
        ):  # in either direction: the computer's clock may be set back
            self._last = now
            self._entry.async_create_background_task(self._hass, self._async_sync(), "nattery clock")

    async def _async_sync(self) -> None:
        if (
            self._device.trading is not None
        ):  # a window that has just ended must be cleared before the clock is set back
            await self._device.trading.async_tick()
        try:
            await self._device.async_sync_clock(tolerance=TOLERANCE)
        except HomeAssistantError as error:
            LOGGER.warning("The clock of %s could not be set: %s", self._entry.title, error)
