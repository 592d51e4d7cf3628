"""Coordinators: each polls some tiers of the one inverter at its own pace."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import CLOCK_DRIFT, LOGGER
from .core.inverter.codec import Value
from .core.inverter.inverter import Inverter
from .core.inverter.polling import PollResult, merge_results
from .core.inverter.table import Tier
from .core.modbus.errors import NotConnectedError
from .errors import translated


def local_now() -> datetime:
    """The wall time of the house, naive, as the inverter's clock has it."""
    return dt_util.now().replace(tzinfo=None)


def _with_drift(values: Mapping[str, Value], asked: datetime) -> dict[str, Value]:
    """The values and, where the inverter's clock is among them, the seconds by which it was ahead when it was asked."""
    if "clock" not in values:
        return {**values}
    clock = values["clock"]
    return {**values, CLOCK_DRIFT: round((clock - asked).total_seconds()) if isinstance(clock, datetime) else None}


class InverterCoordinator(DataUpdateCoordinator[PollResult]):
    """Polls tiers and keeps the joined report; entities look up their key in it."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        inverter: Inverter,
        tiers: tuple[Tier, ...],
        interval: timedelta,
        *,
        before: Callable[[], Awaitable[None]],
    ) -> None:
        """Poll `tiers` every `interval`; `before` raises UpdateFailed while the inverter must be left alone."""
        super().__init__(hass, LOGGER, config_entry=entry, name=f"{entry.title} {tiers[0]}", update_interval=interval)
        self.tiers = tiers
        self._inverter = inverter
        self._before = before
        self._written: dict[str, Value] = {}

    @override
    async def _async_update_data(self) -> PollResult:
        await self._before()
        self._written.clear()
        asked = local_now()
        report = merge_results([await self._inverter.read(tier) for tier in self.tiers])
        if isinstance(report.error, NotConnectedError) and report.error.reason == "closed" and self.data is not None:
            return self.data  # the line is closed by ourselves, which is no failure of it
        if report.error is not None:
            raise translated(UpdateFailed, report.error)
        return replace(report, values=_with_drift(report.values, asked) | self._written)

    @callback
    def show(self, values: Mapping[str, Value]) -> None:
        """Show what was just written, all of it at once, and let no poll that had read it before take it back."""
        fresh = _with_drift(values, local_now())
        self._written |= fresh
        if self.data is not None:
            self.data = replace(self.data, values={**self.data.values, **fresh})
            self.async_update_listeners()
