"""What is done once: clearing the alarms, setting the inverter's clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import AnsweringEntity
from .prices.refresh import REFRESH, RefreshPricesButton
from .runtime import NatteryConfigEntry, NatteryRuntime

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class CommandDescription(ButtonEntityDescription):
    """A button and what it does."""

    press: Callable[[NatteryRuntime, Context | None], Awaitable[object]]


async def _clear_alarms(site: NatteryRuntime, context: Context | None) -> None:
    await site.async_write({"clear_alarms_command": 1}, context)
    await site.readings.async_request_refresh()


BUTTONS: Final = (
    CommandDescription(key="clear_alarms", entity_category=EntityCategory.CONFIG, press=_clear_alarms),
    CommandDescription(key="sync_clock", entity_category=EntityCategory.CONFIG, press=NatteryRuntime.async_sync_clock),
)


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """All buttons."""
    site = entry.runtime_data
    if prices := site.prices:
        async_add_entities([RefreshPricesButton(prices, REFRESH)], config_subentry_id=prices.subentry.subentry_id)
    site.on_identified(lambda: async_add_entities(CommandButton(site, description) for description in BUTTONS))


class CommandButton(AnsweringEntity, ButtonEntity):
    """One button."""

    entity_description: CommandDescription

    @override
    async def async_press(self) -> None:
        """Do it."""
        await self.entity_description.press(self._site, self._context)
