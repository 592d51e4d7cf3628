"""Faults as the inverter logs them, and the news of prices."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.codec import FaultRecord
from .entity import InverterEntity
from .faults import fault_attributes, faults_of
from .prices.event import PRICE_NEWS, PriceEventEntity
from .runtime import NatteryConfigEntry
from .trading.event import ACTION_CHANGED, ActionEventEntity

PARALLEL_UPDATES = 0

FAULT: Final = "fault"
FAULTS: Final = EventEntityDescription(key="faults", event_types=[FAULT])


async def async_setup_entry(
    hass: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """The event entities, and the reading of the log as soon as an alarm comes or goes."""
    site = entry.runtime_data
    if prices := site.prices:
        async_add_entities([PriceEventEntity(prices, PRICE_NEWS)], config_subentry_id=prices.subentry.subentry_id)

    @callback
    def furnish() -> None:
        async_add_entities([FaultEvent(site, FAULTS, "fault_log")])
        _follow_alarms(hass, entry)

    site.on_identified(furnish)
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [ActionEventEntity(trading, ACTION_CHANGED)], config_subentry_id=trading.subentry.subentry_id
            )
        )


def _follow_alarms(hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
    site = entry.runtime_data
    known = site.value("alarm_flags")

    @callback
    def look() -> None:
        nonlocal known
        flags = site.value("alarm_flags")
        if flags is not None and flags != known:
            known = flags
            entry.async_create_task(hass, site.statistics.async_request_refresh(), "nattery fault log")

    entry.async_on_unload(site.readings.async_add_listener(look))


class FaultEvent(InverterEntity, EventEntity):
    """Fires once for every record that is new in the fault log; what stood there at the start is old."""

    _seen: set[tuple[object, ...]] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Take note of the old records."""
        await super().async_added_to_hass()
        self._new_faults()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        for fault in self._new_faults():
            self._trigger_event(FAULT, fault_attributes(fault))
            self.async_write_ha_state()
        super()._handle_coordinator_update()

    def _new_faults(self) -> list[FaultRecord]:
        """The records not seen before, the oldest first; none before the log has been read once."""
        if not self.available:
            return []
        faults = faults_of(self.reading)
        seen, self._seen = self._seen, (self._seen or set()) | {(fault.code, fault.time) for fault in faults}
        return [] if seen is None else [fault for fault in faults if (fault.code, fault.time) not in seen]
