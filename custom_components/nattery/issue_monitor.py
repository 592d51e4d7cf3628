"""Raises and clears the repair issues of a config entry."""

from collections import deque
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .core.inverter.registers import BY_KEY
from .core.inverter.write_counter import REFUSE_AT, WARN_AT
from .issues import SECOND_MASTER, SILENT_LINE, WRITE_LIMIT, async_clear, async_raise
from .prices.issues import price_issues
from .runtime import NatteryConfigEntry
from .texts import error_text
from .trading.issues import trading_issues

CHECK_INTERVAL = timedelta(minutes=1)
SILENT_AFTER = timedelta(minutes=5)
STRAY_PERIOD = timedelta(hours=1)
SUSPICIOUS = 100  # unrequested bytes and frames within the hour; one poll by another program has 77


class IssueMonitor:
    """Checks after every poll, and once a minute, which repair issues a loaded entry has.

    `identity.IdentityCheck` raises the issue of a wrong device.
    """

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
        """Prepare for a loaded config entry."""
        self._hass = hass
        self._entry = entry
        runtime = entry.runtime_data
        self._device = runtime.identified_device
        self._prices = runtime.prices
        self._bus = runtime.connection.bus
        self._last_response = dt_util.utcnow()
        self._strays: deque[tuple[datetime, int]] = deque()

    @callback
    def async_start(self) -> None:
        """Check until the entry is unloaded."""
        for coordinator in self._device.coordinators:
            self._entry.async_on_unload(coordinator.async_add_listener(self._check))
        for subentry in (self._prices, self._device.trading):
            if subentry is not None:
                self._entry.async_on_unload(subentry.async_add_listener(self._check))
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, self._check, CHECK_INTERVAL, cancel_on_shutdown=True)
        )
        self._entry.async_on_unload(self._clear)
        self._check()

    @callback
    def _clear(self) -> None:
        async_clear(self._hass, self._entry.entry_id)

    @callback
    def _check(self, _: datetime | None = None) -> None:
        now = dt_util.utcnow()
        found: dict[str, dict[str, str] | None] = {
            SILENT_LINE: self._silent_line(now),
            SECOND_MASTER: self._second_master(now),
            WRITE_LIMIT: self._write_limit(),
            **(price_issues(self._prices) if self._prices is not None else {}),
            **(trading_issues(self._device.trading) if self._device.trading is not None else {}),
        }
        for name, placeholders in found.items():
            if placeholders is None:
                async_clear(self._hass, self._entry.entry_id, name)
            else:
                async_raise(self._hass, self._entry, name, **placeholders)

    def _silent_line(self, now: datetime) -> dict[str, str] | None:
        readings = self._device.readings
        if readings.last_update_success or self._device.wrong_device:
            self._last_response = now
        if now - self._last_response < SILENT_AFTER:
            return None
        return {"place": self._bus.endpoint, "reason": error_text(self._hass, readings.last_exception)}

    def _second_master(self, now: datetime) -> dict[str, str] | None:
        statistics = self._bus.statistics.snapshot()
        strays = statistics.stray_bytes + statistics.foreign_frames
        if not self._strays or now - self._strays[-1][0] >= CHECK_INTERVAL:
            self._strays.append((now, strays))
        while now - self._strays[0][0] > STRAY_PERIOD:
            self._strays.popleft()
        grown = strays - self._strays[0][1]
        return {"place": self._bus.endpoint, "strays": str(grown)} if grown >= SUSPICIOUS else None

    def _write_limit(self) -> dict[str, str] | None:
        worn = self._device.inverter.write_counter.frequently_written(self._device.today)
        if not worn:
            return None
        registers = ", ".join(f"{BY_KEY[key].symbol} ({writes})" for key, writes in worn.items())
        return {"registers": registers, "warn": str(WARN_AT), "limit": str(REFUSE_AT)}
