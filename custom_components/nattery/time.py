"""Times: the start and the end of every time window, by the inverter's clock."""

from collections.abc import Iterator
from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.table import Register
from .core.inverter.time_windows import WINDOWS
from .descriptions import common
from .device import InverterDevice
from .entity import InverterEntity
from .runtime import NatteryConfigEntry

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the start and the end of every time window."""
    entry.runtime_data.on_identified(lambda device: async_add_entities(_times(device)))


def _times(device: InverterDevice) -> Iterator[WindowTime]:
    for window in WINDOWS:
        yield WindowTime(device, window.start, window.end, is_start=True)
        yield WindowTime(device, window.end, window.start, is_start=False)


class WindowTime(InverterEntity, TimeEntity):
    """The start or the end of a time window; both are written in one request.

    A new start of a window that is not in use moves the end too, so that the window does not begin before its end is
    set.
    """

    def __init__(self, device: InverterDevice, register: Register, other: Register, *, is_start: bool) -> None:
        """Create the time of `register`; `other` is the other time of the same window."""
        super().__init__(device, TimeEntityDescription(**common(register)))
        self._other = other.key
        self._is_start = is_start

    @property
    @override
    def native_value(self) -> time | None:
        """Return the time that was read last."""
        return self.reading if isinstance(self.reading, time) else None

    @override
    async def async_set_value(self, value: time) -> None:
        """Write this time together with the other one, unless that is unknown."""
        other = self._device.value(self._other)
        if self._is_start and other == self.native_value:
            other = value
        others = {self._other: other} if isinstance(other, time) else {}
        await self._device.async_write({self._source: value, **others}, self._context)
