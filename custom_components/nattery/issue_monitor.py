"""Watches for what needs a person: each issue comes and goes by itself."""

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
from .trading.issues import trading_issues

LOOK_EVERY = timedelta(minutes=1)
SILENT_FOR = timedelta(minutes=5)
MEMORY = timedelta(hours=1)
SUSPICIOUS = 100  # bytes and frames within the hour that nobody asked for; one foreign poll has 77


class IssueMonitor:
    """Looks after every poll, and once a minute besides, whether a loaded entry needs a person.

    The wrong device is not its concern: that is found out where the inverter is met.
    """

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
        """Watch a loaded entry."""
        self._hass = hass
        self._entry = entry
        self._site = entry.runtime_data
        self._bus = entry.runtime_data.line.bus
        self._heard = dt_util.utcnow()
        self._strays: deque[tuple[datetime, int]] = deque()

    @callback
    def async_start(self) -> None:
        """Watch until the entry is unloaded."""
        for coordinator in self._site.coordinators:
            self._entry.async_on_unload(coordinator.async_add_listener(self._look))
        for beside in (self._site.prices, self._site.trading):
            if beside is not None:
                self._entry.async_on_unload(beside.async_add_listener(self._look))
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, self._look, LOOK_EVERY, cancel_on_shutdown=True)
        )
        self._entry.async_on_unload(self._forget)
        self._look()

    @callback
    def _forget(self) -> None:
        async_clear(self._hass, self._entry.entry_id)

    @callback
    def _look(self, _: datetime | None = None) -> None:
        now = dt_util.utcnow()
        found: dict[str, dict[str, str] | None] = {
            SILENT_LINE: self._silent_line(now),
            SECOND_MASTER: self._second_master(now),
            WRITE_LIMIT: self._write_limit(),
            **(price_issues(self._site.prices) if self._site.prices is not None else {}),
            **(trading_issues(self._site.trading) if self._site.trading is not None else {}),
        }
        for name, placeholders in found.items():
            if placeholders is None:
                async_clear(self._hass, self._entry.entry_id, name)
            else:
                async_raise(self._hass, self._entry, name, **placeholders)

    def _silent_line(self, now: datetime) -> dict[str, str] | None:
        readings = self._site.readings
        if readings.last_update_success or self._site.wrong_device:
            self._heard = now
        if now - self._heard < SILENT_FOR:
            return None
        return {"place": self._bus.endpoint, "reason": str(readings.last_exception)}

    def _second_master(self, now: datetime) -> dict[str, str] | None:
        statistics = self._bus.statistics.snapshot()
        strays = statistics.stray_bytes + statistics.foreign_frames
        if not self._strays or now - self._strays[-1][0] >= LOOK_EVERY:
            self._strays.append((now, strays))
        while now - self._strays[0][0] > MEMORY:
            self._strays.popleft()
        grown = strays - self._strays[0][1]
        return {"place": self._bus.endpoint, "strays": str(grown)} if grown >= SUSPICIOUS else None

    def _write_limit(self) -> dict[str, str] | None:
        worn = self._site.inverter.write_counter.frequently_written(self._site.today)
        if not worn:
            return None
        registers = ", ".join(f"{BY_KEY[key].symbol} ({writes})" for key, writes in worn.items())
        return {"registers": registers, "warn": str(WARN_AT), "limit": str(REFUSE_AT)}
