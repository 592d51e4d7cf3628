"""The start and the end of every window, by the inverter's own clock."""

from collections.abc import Iterator
from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.table import Register
from .core.inverter.time_windows import WINDOWS
from .descriptions import common
from .entity import InverterEntity
from .runtime import NatteryConfigEntry, NatteryRuntime

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Two times for every window."""
    site = entry.runtime_data
    site.on_identified(lambda: async_add_entities(_times(site)))


def _times(site: NatteryRuntime) -> Iterator[WindowTime]:
    for window in WINDOWS:
        yield WindowTime(site, window.start, window.end, leads=True)
        yield WindowTime(site, window.end, window.start, leads=False)


class WindowTime(InverterEntity, TimeEntity):
    """One side of a window; the other side is written with it, in one request.

    A new start of a window that is not in use takes the end along, so that nothing begins before its end is set.
    """

    def __init__(self, site: NatteryRuntime, register: Register, other: Register, *, leads: bool) -> None:
        """Show `register`, whose window has `other` at its other side; the start `leads`."""
        super().__init__(site, TimeEntityDescription(**common(register)))
        self._other = other.key
        self._leads = leads

    @property
    @override
    def native_value(self) -> time | None:
        """The time as it was read last."""
        return self.reading if isinstance(self.reading, time) else None

    @override
    async def async_set_value(self, value: time) -> None:
        """Write this side, and the other as it stands (unless what stands there is no time)."""
        other = self._site.value(self._other)
        if self._leads and other == self.native_value:
            other = value
        beside = {self._other: other} if isinstance(other, time) else {}
        await self._site.async_write({self._source: value, **beside}, self._context)
