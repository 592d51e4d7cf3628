"""Binary sensors: read-only flags, the alarm, and the connection to the inverter."""

from collections.abc import Iterator
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.alarms import active_alarms, alarm_name
from .descriptions import common, registers_on
from .device import InverterDevice
from .entity import CommandEntity, InverterEntity
from .prices.sensors import PRICE_FLAGS, PriceFlag
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.sensors import PROBLEMS, ProblemSensor

PARALLEL_UPDATES = 0

ALARM: Final = BinarySensorEntityDescription(key="alarm", device_class=BinarySensorDeviceClass.PROBLEM)
CONNECTED: Final = BinarySensorEntityDescription(
    key="connected",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the flags of the register table, the alarm, the connection, and the flags of prices and trading."""
    runtime = entry.runtime_data
    add_subentry_entities(
        async_add_entities,
        runtime.prices,
        lambda prices: [PriceFlag(prices, description) for description in PRICE_FLAGS],
    )

    @callback
    def add_entities(device: InverterDevice) -> None:
        async_add_entities(_flags(device, entry))
        add_subentry_entities(
            async_add_entities,
            device.trading,
            lambda trading: [ProblemSensor(trading, description) for description in PROBLEMS],
        )

    runtime.on_identified(add_entities)


def _flags(device: InverterDevice, entry: NatteryConfigEntry) -> Iterator[BinarySensorEntity]:
    yield AlarmSensor(device, ALARM, "alarm_flags")
    yield ConnectionSensor(device, CONNECTED)
    for register in registers_on(Platform.BINARY_SENSOR, entry):
        yield FlagSensor(device, BinarySensorEntityDescription(**common(register)))


class FlagSensor(InverterEntity, BinarySensorEntity):
    """A flag of the register table."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the flag is set."""
        return None if self.reading is None else bool(self.reading)


class AlarmSensor(InverterEntity, BinarySensorEntity):
    """Whether any alarm is active."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether any alarm bit is set."""
        return bool(self._bits)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the active alarms by name or stable id, and by number (word * 16 + bit)."""
        return {"alarms": [alarm_name(bit) for bit in self._bits], "alarm_bits": self._bits}

    @property
    def _bits(self) -> list[int]:
        return active_alarms(self.reading)


class ConnectionSensor(CommandEntity, BinarySensorEntity):
    """Whether the inverter responds; always available."""

    @property
    @override
    def available(self) -> bool:
        """Return True: this sensor shows that the others are unavailable."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the latest poll succeeded."""
        return self.coordinator.last_update_success
