"""Event entities: the inverter's faults, and changes of prices and of the battery's action."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.codec import FaultRecord
from .device import InverterDevice
from .entity import InverterEntity
from .faults import fault_attributes, faults_of
from .prices.event import PRICE_EVENT, PriceEventEntity
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.event import ACTION_CHANGED, ActionEventEntity

PARALLEL_UPDATES = 0

FAULT: Final = "fault"
FAULTS: Final = EventEntityDescription(key="faults", event_types=[FAULT])


async def async_setup_entry(
    hass: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities, and read the fault log whenever the alarms change."""
    runtime = entry.runtime_data
    add_subentry_entities(async_add_entities, runtime.prices, lambda prices: [PriceEventEntity(prices, PRICE_EVENT)])

    @callback
    def add_entities(device: InverterDevice) -> None:
        async_add_entities([FaultEvent(device, FAULTS, "fault_log")])
        _follow_alarms(hass, entry, device)
        add_subentry_entities(
            async_add_entities, device.trading, lambda trading: [ActionEventEntity(trading, ACTION_CHANGED)]
        )

    runtime.on_identified(add_entities)


def _follow_alarms(hass: HomeAssistant, entry: NatteryConfigEntry, device: InverterDevice) -> None:
    known = device.value("alarm_flags")

    @callback
    def compare() -> None:
        nonlocal known
        flags = device.value("alarm_flags")
        if flags is not None and flags != known:
            known = flags
            entry.async_create_task(hass, device.statistics.async_request_refresh(), "nattery fault log")

    entry.async_on_unload(device.readings.async_add_listener(compare))


class FaultEvent(InverterEntity, EventEntity):
    """Fires once for every new record of the fault log; the records of the first reading are not new."""

    _known: set[tuple[object, ...]] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Remember the records that exist already."""
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
        """Return the new records, the oldest first; none for the first reading of the log."""
        if not self.available:
            return []
        faults = faults_of(self.reading)
        known, self._known = self._known, (self._known or set()) | {(fault.code, fault.time) for fault in faults}
        return [] if known is None else [fault for fault in faults if (fault.code, fault.time) not in known]
