"""Settings that are numbers."""

from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.inverter.table import Register
from .descriptions import DEVICE_CLASSES, common, registers_on
from .entity import InverterEntity
from .runtime import NatteryConfigEntry
from .trading.controls import PREFERENCE_NUMBERS, PreferenceNumber

PARALLEL_UPDATES = 1


async def async_setup_entry(
    _: HomeAssistant, entry: NatteryConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """A number for every such setting of the table."""
    site = entry.runtime_data
    site.on_identified(
        lambda: async_add_entities(
            SettingNumber(site, describe(register)) for register in registers_on(Platform.NUMBER, entry)
        )
    )
    if trading := site.trading:
        site.on_identified(
            lambda: async_add_entities(
                [PreferenceNumber(trading, description) for description in PREFERENCE_NUMBERS],
                config_subentry_id=trading.subentry.subentry_id,
            )
        )


def describe(register: Register) -> NumberEntityDescription:
    """A number within the bounds of the table, in the steps of the wire."""
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
    """One setting."""

    @property
    @override
    def native_value(self) -> float | None:
        """The setting as it was read last."""
        return self.reading if isinstance(self.reading, int | float) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Write the setting, guarded."""
        await self._site.async_write({self._source: value}, self._context)
