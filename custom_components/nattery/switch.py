"""Switches: settings, time windows in and out of use, the command that stops all charging, and automation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import ExtraStoredData, RestoreEntity

from .const import DOMAIN
from .core.inverter.time_windows import UNUSED, WINDOWS, TimeWindow
from .descriptions import common, registers_on
from .device import InverterDevice
from .entity import CommandEntity, InverterEntity
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.controls import AUTOMATION, AutomationSwitch

PARALLEL_UPDATES = 1

STOP_CHARGING: Final = SwitchEntityDescription(
    key="stop_charging", entity_category=EntityCategory.CONFIG, entity_registry_enabled_default=False
)


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a switch for every such setting, for every time window, for the command, and that of trading."""

    @callback
    def add_entities(device: InverterDevice) -> None:
        async_add_entities(_switches(device, entry))
        add_subentry_entities(
            async_add_entities, device.trading, lambda trading: [AutomationSwitch(trading, AUTOMATION)]
        )

    entry.runtime_data.on_identified(add_entities)


def _switches(device: InverterDevice, entry: NatteryConfigEntry) -> Iterator[SwitchEntity]:
    for register in registers_on(Platform.SWITCH, entry):
        yield SettingSwitch(device, SwitchEntityDescription(**common(register)))
    for window in WINDOWS:
        yield WindowSwitch(device, window)
    yield StopChargingSwitch(device, STOP_CHARGING)


class SettingSwitch(InverterEntity, SwitchEntity):
    """A setting of the inverter that is on or off."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value that was read last."""
        return None if self.reading is None else bool(self.reading)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Write 1."""
        await self._device.async_write({self._source: 1}, self._context)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Write 0."""
        await self._device.async_write({self._source: 0}, self._context)


class StopChargingSwitch(CommandEntity, SwitchEntity):
    """The command that stops all charging. The inverter does not show its state, and loses it at power-off."""

    _attr_assumed_state = True

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Stop charging."""
        await self._async_command(stop=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Allow charging again."""
        await self._async_command(stop=False)

    async def _async_command(self, *, stop: bool) -> None:
        await self._device.async_write({"stop_charging_command": int(stop)}, self._context)
        self._attr_is_on = stop
        self.async_write_ha_state()


@dataclass(frozen=True, slots=True)
class WindowTimes(ExtraStoredData):
    """The start and end that a time window had when it was last in use."""

    start: time
    end: time

    @override
    def as_dict(self) -> dict[str, str]:
        """Return the times as plain JSON."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, data: dict[str, str]) -> WindowTimes:
        """Return the times of their JSON."""
        return cls(time.fromisoformat(data["start"]), time.fromisoformat(data["end"]))


class WindowSwitch(InverterEntity, SwitchEntity, RestoreEntity):
    """Whether a time window is in use; turning it on restores the times that it had before."""

    _last: WindowTimes | None = None

    def __init__(self, device: InverterDevice, window: TimeWindow) -> None:
        """Create the switch of `window`."""
        description = SwitchEntityDescription(**common(window.start, window.key))
        super().__init__(device, description, window.start.key)
        self._window = window

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the times from before the restart, unless the window is in use now."""
        await super().async_added_to_hass()
        if (stored := await self.async_get_last_extra_data()) is not None:
            self._last = WindowTimes.from_dict(stored.as_dict())
        self._remember()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._remember()
        super()._handle_coordinator_update()

    @property
    @override
    def extra_restore_state_data(self) -> WindowTimes | None:
        """Return what must survive a restart."""
        return self._last

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the window is longer than zero, None if one of its times is unknown."""
        times = self._times
        return None if times is None else times.start != times.end

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Write the last times, in one request."""
        if self.is_on:
            return
        if self._last is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="window_without_times")
        await self._device.async_write(self._window.pair(self._last.start, self._last.end), self._context)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Write midnight to both times, in one request."""
        if self.is_on is not False:
            await self._device.async_write(self._window.pair(UNUSED, UNUSED), self._context)

    @property
    def _times(self) -> WindowTimes | None:
        start, end = self._device.value(self._window.start.key), self._device.value(self._window.end.key)
        return WindowTimes(start, end) if isinstance(start, time) and isinstance(end, time) else None

    @callback
    def _remember(self) -> None:
        if self.is_on:
            self._last = self._times
