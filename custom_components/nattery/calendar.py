"""The plan as a calendar."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.calendar import PLAN_CALENDAR, PlanCalendar

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the calendar of the plan if the entry has trading."""
    entry.runtime_data.on_identified(
        lambda device: add_subentry_entities(
            async_add_entities, device.trading, lambda trading: [PlanCalendar(trading, PLAN_CALENDAR)]
        )
    )
