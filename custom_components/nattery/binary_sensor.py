"""Read-only flags, the alarm, and whether the inverter answers."""

from collections.abc import Iterator
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.alarms import active_alarms, alarm_name
from .descriptions import common, registers_on
from .entity import AnsweringEntity, InverterEntity
from .prices.sensors import FLAGS, PriceFlag
from .runtime import NatteryConfigEntry
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
    """A binary sensor for every read-only flag of the table, two of their own, and those of prices."""
    site = entry.runtime_data
    if prices := site.prices:
        async_add_entities(
            (PriceFlag(prices, description) for description in FLAGS), config_subentry_id=prices.subentry.subentry_id
        )
    site.on_identified(lambda: async_add_entities(_flags(entry)))
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [ProblemSensor(trading, description) for description in PROBLEMS],
                config_subentry_id=trading.subentry.subentry_id,
            )
        )


def _flags(entry: NatteryConfigEntry) -> Iterator[BinarySensorEntity]:
    site = entry.runtime_data
    yield Alarm(site, ALARM, "alarm_flags")
    yield Connected(site, CONNECTED)
    for register in registers_on(Platform.BINARY_SENSOR, entry):
        yield Flag(site, BinarySensorEntityDescription(**common(register)))


class Flag(InverterEntity, BinarySensorEntity):
    """One flag."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether the flag was set when it was read last."""
        return None if self.reading is None else bool(self.reading)


class Alarm(InverterEntity, BinarySensorEntity):
    """Whether any alarm is active, and which."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether any alarm bit is set."""
        return bool(self._bits)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """The active alarms by name or stable id, and by number (word * 16 + bit)."""
        return {"alarms": [alarm_name(bit) for bit in self._bits], "alarm_bits": self._bits}

    @property
    def _bits(self) -> list[int]:
        return active_alarms(self.reading)


class Connected(AnsweringEntity, BinarySensorEntity):
    """Whether the inverter answers; this one is never unavailable."""

    @property
    @override
    def available(self) -> bool:
        """Always: not to answer is its news."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Whether the latest poll was answered."""
        return self.coordinator.last_update_success
