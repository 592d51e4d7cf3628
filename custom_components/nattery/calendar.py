"""The plan as a calendar."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .runtime import NatteryConfigEntry
from .trading.calendar import PLAN_CALENDAR, PlanCalendar

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """One calendar, where the house trades."""
    site = entry.runtime_data
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [PlanCalendar(trading, PLAN_CALENDAR)], config_subentry_id=trading.subentry.subentry_id
            )
        )
