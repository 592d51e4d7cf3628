"""Settings that are on or off, windows in and out of use, and the command that stops all charging."""

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
from .entity import AnsweringEntity, InverterEntity
from .runtime import NatteryConfigEntry, NatteryRuntime
from .trading.controls import AUTOMATION, AutomationSwitch

PARALLEL_UPDATES = 1

STOP_CHARGING: Final = SwitchEntityDescription(
    key="stop_charging", entity_category=EntityCategory.CONFIG, entity_registry_enabled_default=False
)


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """A switch for every such setting of the table, for every window, and for the command."""
    site = entry.runtime_data
    site.on_identified(lambda: async_add_entities(_switches(entry)))
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [AutomationSwitch(trading, AUTOMATION)], config_subentry_id=trading.subentry.subentry_id
            )
        )


def _switches(entry: NatteryConfigEntry) -> Iterator[SwitchEntity]:
    site = entry.runtime_data
    for register in registers_on(Platform.SWITCH, entry):
        yield SettingSwitch(site, SwitchEntityDescription(**common(register)))
    for window in WINDOWS:
        yield WindowSwitch(site, window)
    yield StopCharging(site, STOP_CHARGING)


class SettingSwitch(InverterEntity, SwitchEntity):
    """One setting."""

    @property
    @override
    def is_on(self) -> bool | None:
        """The setting as it was read last."""
        return None if self.reading is None else bool(self.reading)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Write 1, guarded."""
        await self._site.async_write({self._source: 1}, self._context)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Write 0, guarded."""
        await self._site.async_write({self._source: 0}, self._context)


class StopCharging(AnsweringEntity, SwitchEntity):
    """Stops all charging; the inverter does not tell whether it does, and forgets it at power-off."""

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
        await self._site.async_write({"stop_charging_command": int(stop)}, self._context)
        self._attr_is_on = stop
        self.async_write_ha_state()


@dataclass(frozen=True, slots=True)
class WindowTimes(ExtraStoredData):
    """The start and end that a window had when it was last in use."""

    start: time
    end: time

    @override
    def as_dict(self) -> dict[str, str]:
        """The times as plain JSON."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, data: dict[str, str]) -> WindowTimes:
        """The times from their JSON."""
        return cls(time.fromisoformat(data["start"]), time.fromisoformat(data["end"]))


class WindowSwitch(InverterEntity, SwitchEntity, RestoreEntity):
    """Whether a window is in use; turned off, its times are remembered, turned on, they come back."""

    _last: WindowTimes | None = None

    def __init__(self, site: NatteryRuntime, window: TimeWindow) -> None:
        """Switch `window`."""
        description = SwitchEntityDescription(**common(window.start, window.key))
        super().__init__(site, description, window.start.key)
        self._window = window

    @override
    async def async_added_to_hass(self) -> None:
        """Remember the times from before the restart, unless the inverter has some now."""
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
        """What must survive a restart."""
        return self._last

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether the window lasts at all; unknown when one of its times is."""
        times = self._times
        return None if times is None else times.start != times.end

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Put the last times back, in one request."""
        if self.is_on:
            return
        if self._last is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="window_without_times")
        await self._site.async_write(self._window.pair(self._last.start, self._last.end), self._context)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Put both times to midnight, in one request."""
        if self.is_on is not False:
            await self._site.async_write(self._window.pair(UNUSED, UNUSED), self._context)

    @property
    def _times(self) -> WindowTimes | None:
        start, end = self._site.value(self._window.start.key), self._site.value(self._window.end.key)
        return WindowTimes(start, end) if isinstance(start, time) and isinstance(end, time) else None

    @callback
    def _remember(self) -> None:
        if self.is_on:
            self._last = self._times
