"""What is measured and counted, what only an administrator's action changes, and how the talk goes."""

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
from .descriptions import is_asked_for, registers_on
from .entity import InverterEntity, NatteryEntity
from .prices.sensors import HEALTH_SENSORS, PRICE_SENSORS, HealthSensor, PriceSensor
from .readings import SINGLE, Attributes, ReadingDescription, State, describe, describe_derived
from .runtime import NatteryConfigEntry, NatteryRuntime
from .trading.plan_sensors import PLANNED_SENSORS, PlannedSensor
from .trading.savings import SAVINGS, SavingsSensor
from .trading.sensors import TRADING_SENSORS, TradingSensor

PARALLEL_UPDATES = 0
SCAN_INTERVAL = timedelta(seconds=30)  # of the sensors of the talk, which ask the bus and nobody on it

_MILLISECONDS = 1000
_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class CommunicationDescription(SensorEntityDescription):
    """A sensor of the talk with the inverter."""

    state: Callable[[NatteryRuntime], float | None]


def _snapshot(site: NatteryRuntime) -> StatisticsSnapshot:
    return site.inverter.client.statistics.snapshot()


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * _MILLISECONDS


_talk = partial(
    CommunicationDescription, entity_category=EntityCategory.DIAGNOSTIC, entity_registry_enabled_default=False
)
_count = partial(_talk, state_class=SensorStateClass.TOTAL_INCREASING)
_time = partial(
    _talk,
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MILLISECONDS,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=1,
)

TALK: Final = (
    _time(key="turnaround_p50", state=lambda site: _milliseconds(_snapshot(site).turnaround_p50)),
    _time(key="turnaround_p99", state=lambda site: _milliseconds(_snapshot(site).turnaround_p99)),
    _count(key="communication_errors", state=lambda site: _snapshot(site).error_count),
    _count(key="values_held", state=lambda site: sum(site.inverter.implausible_counts.values())),
    _count(key="writes_today", state=lambda site: site.inverter.write_counter.writes_today(site.today)),
    _talk(
        key="wire_share",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        state=lambda site: _snapshot(site).bus_load * _PERCENT,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Sensors of registers, of derived values, of the talk with the inverter, of prices and of trading."""
    site = entry.runtime_data
    if prices := site.prices:
        async_add_entities(
            [
                *(PriceSensor(prices, description) for description in PRICE_SENSORS),
                *(HealthSensor(prices, description) for description in HEALTH_SENSORS),
            ],
            config_subentry_id=prices.subentry.subentry_id,
        )

    @callback
    def furnish() -> None:
        _forget_unasked(hass, entry)
        async_add_entities(_readings(entry))

    site.on_identified(furnish)
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [
                    *(TradingSensor(trading, description) for description in TRADING_SENSORS),
                    *(PlannedSensor(trading, description) for description in PLANNED_SENSORS),
                    *(SavingsSensor(trading, description) for description in SAVINGS),
                ],
                config_subentry_id=trading.subentry.subentry_id,
            )
        )


def _readings(entry: NatteryConfigEntry) -> Iterator[SensorEntity]:
    site = entry.runtime_data
    for register in registers_on(Platform.SENSOR, entry):
        kind = NameplateSensor if register.tier is Tier.IDENTITY else ReadingSensor
        yield kind(site, describe(register))
    for derived in DERIVED.values():
        yield ReadingSensor(site, describe_derived(derived))
    for source, description in SINGLE:
        if source not in BY_KEY or is_asked_for(entry, BY_KEY[source]):
            yield ReadingSensor(site, description, source)
    for talk in TALK:
        yield CommunicationSensor(site, talk)


@callback
def _forget_unasked(hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
    """Take the sensors of groups that the house does not want any more out of the registry."""
    registry = er.async_get(hass)
    for register in REGISTERS:
        unique_id = f"{entry.runtime_data.identity.serial_number}_{register.key}"
        entity_id = registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)
        if entity_id and not is_asked_for(entry, register):
            registry.async_remove(entity_id)


class ReadingSensor(InverterEntity, SensorEntity):
    """A value of the inverter."""

    entity_description: ReadingDescription
    _unrecorded_attributes = frozenset({"days", "details"})

    @property
    @override
    def native_value(self) -> State:
        """The state that the value makes."""
        return self.entity_description.state(self.reading)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """What belongs to the value."""
        return self.entity_description.attributes(self.reading)


class NameplateSensor(ReadingSensor):
    """A value that is read once, when the inverter is met."""

    @property
    @override
    def available(self) -> bool:
        """While the inverter answers, if it gave this value."""
        return self.coordinator.last_update_success and self._source in self._site.identity.values

    @property
    @override
    def reading(self) -> Value:
        """What the inverter gave."""
        return self._site.identity.values.get(self._source)


class CommunicationSensor(NatteryEntity, SensorEntity):
    """A number of the talk with the inverter, always available: it is of most interest when there is none."""

    entity_description: CommunicationDescription

    @property
    @override
    def native_value(self) -> State:
        """The number now."""
        return self.entity_description.state(self._site)
