"""Buttons: clear the alarms, set the inverter's clock, fetch prices, and override the plan."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .device import InverterDevice
from .entity import CommandEntity
from .prices.refresh import REFRESH, RefreshPricesButton
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.override_controls import TRADING_BUTTONS, TradingButton

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
    """Add the buttons of the inverter, of prices and of trading."""
    runtime = entry.runtime_data
    add_subentry_entities(async_add_entities, runtime.prices, lambda prices: [RefreshPricesButton(prices, REFRESH)])

    @callback
    def add_entities(device: InverterDevice) -> None:
        async_add_entities(CommandButton(device, description) for description in BUTTONS)
        add_subentry_entities(
            async_add_entities,
            device.trading,
            lambda trading: [TradingButton(trading, description) for description in TRADING_BUTTONS],
        )

    runtime.on_identified(add_entities)


class CommandButton(CommandEntity, ButtonEntity):
    """A button that sends a command to the inverter."""

    entity_description: CommandDescription

    @override
    async def async_press(self) -> None:
        """Send the command."""
        await self.entity_description.press(self._device, self._context)
