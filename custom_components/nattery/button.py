"""Buttons: clear the alarms, set the inverter's clock, and fetch prices."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .device import InverterDevice
from .entity import CommandEntity
from .prices.refresh import REFRESH, RefreshPricesButton
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class CommandDescription(ButtonEntityDescription):
    """A button, and what pressing it does."""

    press: Callable[[InverterDevice, Context | None], Awaitable[object]]


async def _clear_alarms(device: InverterDevice, context: Context | None) -> None:
    await device.async_write({"clear_alarms_command": 1}, context)
    await device.readings.async_request_refresh()


BUTTONS: Final = (
    CommandDescription(key="clear_alarms", entity_category=EntityCategory.CONFIG, press=_clear_alarms),
    CommandDescription(key="sync_clock", entity_category=EntityCategory.CONFIG, press=InverterDevice.async_sync_clock),
)


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the inverter's buttons and that of the prices."""
    runtime = entry.runtime_data
    add_subentry_entities(async_add_entities, runtime.prices, lambda prices: [RefreshPricesButton(prices, REFRESH)])
    runtime.on_identified(
        lambda device: async_add_entities(CommandButton(device, description) for description in BUTTONS)
    )


class CommandButton(CommandEntity, ButtonEntity):
    """A button that sends a command to the inverter."""

    entity_description: CommandDescription

    @override
    async def async_press(self) -> None:
        """Send the command."""
        await self.entity_description.press(self._device, self._context)
