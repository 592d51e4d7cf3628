"""Numbers: settings of the inverter and of trading."""

from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.table import Register
from .descriptions import DEVICE_CLASSES, common, registers_on
from .device import InverterDevice
from .entity import InverterEntity
from .runtime import NatteryConfigEntry
from .subentry import add_subentry_entities
from .trading.controls import PREFERENCE_NUMBERS, PreferenceNumber
from .trading.override_controls import OVERRIDE_MINUTES, OverrideMinutes

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a number for every such setting of the register table, and the numbers of trading."""

    @callback
    def add_entities(device: InverterDevice) -> None:
        registers = registers_on(Platform.NUMBER, entry)
        async_add_entities(SettingNumber(device, number_description(register)) for register in registers)
        add_subentry_entities(
            async_add_entities,
            device.trading,
            lambda trading: [
                *(PreferenceNumber(trading, description) for description in PREFERENCE_NUMBERS),
                OverrideMinutes(trading, OVERRIDE_MINUTES),
            ],
        )

    entry.runtime_data.on_identified(add_entities)


def number_description(register: Register) -> NumberEntityDescription:
    """Return the description of a setting: its limits in the register table, in steps of the register's scale."""
    device_class = DEVICE_CLASSES.get(register.unit)
    return NumberEntityDescription(
        **common(register),
        device_class=NumberDeviceClass(device_class) if device_class else None,
        mode=NumberMode.BOX,
        native_max_value=register.high,
        native_min_value=register.low,
        native_step=register.scale,
        native_unit_of_measurement=register.unit,
    )


class SettingNumber(InverterEntity, NumberEntity):
    """A setting of the inverter that is a number."""

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value that was read last."""
        return self.reading if isinstance(self.reading, int | float) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write the setting."""
        await self._device.async_write({self._source: value}, self._context)
