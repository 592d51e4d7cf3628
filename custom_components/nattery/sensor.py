"""Sensors: readings, settings that only an administrator's action changes, and the communication."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.inverter.codec import Value
from .core.inverter.derived import DERIVED
from .core.inverter.registers import BY_KEY, REGISTERS
from .core.inverter.table import Tier
from .core.modbus.statistics import StatisticsSnapshot
from .descriptions import is_selected, registers_on
from .device import InverterDevice
from .entity import InverterEntity, NatteryEntity
from .prices.sensors import HEALTH_SENSORS, PRICE_SENSORS, PriceHealthSensor, PriceSensor
from .readings import SINGLE, Attributes, ReadingDescription, State, derived_description, register_description
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.plan_sensors import PLANNED_SENSORS, PlannedSensor
from .trading.savings import SAVINGS, SavingsSensor
from .trading.sensors import TRADING_SENSORS, TradingSensor

PARALLEL_UPDATES = 0
SCAN_INTERVAL = timedelta(seconds=30)  # of the communication sensors, which read statistics and send nothing

_MILLISECONDS = 1000
_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class CommunicationDescription(SensorEntityDescription):
    """A sensor of the communication with the inverter."""

    state: Callable[[InverterDevice], float | None]


def _snapshot(device: InverterDevice) -> StatisticsSnapshot:
    return device.inverter.client.statistics.snapshot()


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * _MILLISECONDS


_communication = partial(
    CommunicationDescription, entity_category=EntityCategory.DIAGNOSTIC, entity_registry_enabled_default=False
)
_count = partial(_communication, state_class=SensorStateClass.TOTAL_INCREASING)
_time = partial(
    _communication,
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MILLISECONDS,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=1,
)

COMMUNICATION: Final = (
    _time(key="turnaround_p50", state=lambda device: _milliseconds(_snapshot(device).turnaround_p50)),
    _time(key="turnaround_p99", state=lambda device: _milliseconds(_snapshot(device).turnaround_p99)),
    _count(key="communication_errors", state=lambda device: _snapshot(device).error_count),
    _count(key="values_held", state=lambda device: sum(device.inverter.implausible_counts.values())),
    _count(key="writes_today", state=lambda device: device.inverter.write_counter.writes_today(device.today)),
    _communication(
        key="wire_share",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        state=lambda device: _snapshot(device).bus_load * _PERCENT,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of registers, derived values, the communication with the inverter, prices and trading."""
    runtime = entry.runtime_data
    add_subentry_entities(
        async_add_entities,
        runtime.prices,
        lambda prices: [
            *(PriceSensor(prices, description) for description in PRICE_SENSORS),
            *(PriceHealthSensor(prices, description) for description in HEALTH_SENSORS),
        ],
    )

    @callback
    def add_entities(device: InverterDevice) -> None:
        _remove_deselected(hass, entry, device)
        async_add_entities(_readings(device, entry))
        add_subentry_entities(
            async_add_entities,
            device.trading,
            lambda trading: [
                *(TradingSensor(trading, description) for description in TRADING_SENSORS),
                *(PlannedSensor(trading, description) for description in PLANNED_SENSORS),
                *(SavingsSensor(trading, description) for description in SAVINGS),
            ],
        )

    runtime.on_identified(add_entities)


def _readings(device: InverterDevice, entry: NatteryConfigEntry) -> Iterator[SensorEntity]:
    for register in registers_on(Platform.SENSOR, entry):
        kind = NameplateSensor if register.tier is Tier.IDENTITY else ReadingSensor
        yield kind(device, register_description(register))
    for derived in DERIVED.values():
        yield ReadingSensor(device, derived_description(derived))
    for source, description in SINGLE:
        if source not in BY_KEY or is_selected(entry, BY_KEY[source]):
            yield ReadingSensor(device, description, source)
    for communication in COMMUNICATION:
        yield CommunicationSensor(device, communication)


@callback
def _remove_deselected(hass: HomeAssistant, entry: NatteryConfigEntry, device: InverterDevice) -> None:
    """Remove the sensors of optional groups that are no longer selected from the entity registry."""
    registry = er.async_get(hass)
    for register in REGISTERS:
        unique_id = f"{device.identity.serial_number}_{register.key}"
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
        if entity_id and not is_selected(entry, register):
            registry.async_remove(entity_id)


class ReadingSensor(InverterEntity, SensorEntity):
    """A value that is read from the inverter, or derived from such values."""

    entity_description: ReadingDescription
    _unrecorded_attributes = frozenset({"days", "details"})

    @property
    @override
    def native_value(self) -> State:
        """Return the state of the value."""
        return self.entity_description.state(self.reading)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """Return the attributes of the value."""
        return self.entity_description.attributes(self.reading)


class NameplateSensor(ReadingSensor):
    """A value that is read once, when the inverter is identified."""

    @property
    @override
    def available(self) -> bool:
        """Return whether the inverter responds and has this value."""
        return self.coordinator.last_update_success and self._source in self._device.identity.values

    @property
    @override
    def reading(self) -> Value:
        """Return the value."""
        return self._device.identity.values.get(self._source)


class CommunicationSensor(NatteryEntity, SensorEntity):
    """A number about the communication with the inverter; always available, since failures matter most."""

    entity_description: CommunicationDescription

    @property
    @override
    def native_value(self) -> State:
        """Return the current number."""
        return self.entity_description.state(self._device)
