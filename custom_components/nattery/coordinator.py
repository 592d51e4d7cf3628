"""The coordinators of the inverter: each polls some tiers of registers at its own interval."""

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
    """Return local time without a zone, as the inverter's clock shows it."""
    return dt_util.now().replace(tzinfo=None)


def _with_drift(values: Mapping[str, Value], read_at: datetime) -> dict[str, Value]:
    """Return the values and, if the inverter's clock is one of them, by how many seconds it was ahead at `read_at`."""
    if "clock" not in values:
        return {**values}
    clock = values["clock"]
    return {**values, CLOCK_DRIFT: round((clock - read_at).total_seconds()) if isinstance(clock, datetime) else None}


class InverterCoordinator(DataUpdateCoordinator[PollResult]):
    """Polls some tiers; its data is the joined result, in which entities look up their key."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        inverter: Inverter,
        tiers: tuple[Tier, ...],
        interval: timedelta,
        *,
        check: Callable[[], Awaitable[None]],
    ) -> None:
        """Poll `tiers` every `interval`; `check` is called before and after each poll and may raise UpdateFailed."""
        super().__init__(hass, LOGGER, config_entry=entry, name=f"{entry.title} {tiers[0]}", update_interval=interval)
        self.tiers = tiers
        self.read_at: datetime | None = None  # when the last poll that succeeded ended
        self._inverter = inverter
        self._check = check
        self._written: dict[str, Value] = {}

    @override
    async def _async_update_data(self) -> PollResult:
        await self._check()
        self._written.clear()
        read_at = local_now()
        report = merge_results([await self._inverter.read(tier) for tier in self.tiers])
        if isinstance(report.error, NotConnectedError) and report.error.reason == "closed" and self.data is not None:
            return self.data  # closed by this integration, which is not a failure
        if report.error is not None:
            raise translated(UpdateFailed, report.error)
        await self._check()  # the connection may have been lost meanwhile, and be back with another device
        self.read_at = dt_util.utcnow()
        return replace(report, values=_with_drift(report.values, read_at) | self._written)

    @callback
    def show(self, values: Mapping[str, Value]) -> None:
        """Show values that were just written at once; a poll that is under way does not replace them by older ones."""
        fresh = _with_drift(values, local_now())
        self._written |= fresh
        if self.data is not None:
            self.data = replace(self.data, values={**self.data.values, **fresh})
            self.async_update_listeners()
