"""The base classes of the inverter's entities."""

from typing import override

from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import InverterCoordinator
from .core.inverter.codec import Value
from .device import InverterDevice


class NatteryEntity(Entity):
    """An entity of the inverter: named by the translation of its key, unique by the inverter's serial number."""

    _attr_has_entity_name = True

    def __init__(self, device: InverterDevice, description: EntityDescription) -> None:
        """Create an entity of the inverter's device."""
        self.entity_description = description
        self._device = device
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{device.identity.serial_number}_{description.key}"
        self._attr_device_info = device.device_info


class CommandEntity(NatteryEntity, CoordinatorEntity[InverterCoordinator]):
    """An entity without a value of its own, such as a command; available while the inverter responds."""

    def __init__(
        self, device: InverterDevice, description: EntityDescription, coordinator: InverterCoordinator | None = None
    ) -> None:
        """Create an entity that follows a coordinator, that of the readings by default."""
        NatteryEntity.__init__(self, device, description)
        CoordinatorEntity.__init__(self, coordinator or device.readings)


class InverterEntity(CommandEntity):
    """An entity with a value; available if the value was read."""

    def __init__(self, device: InverterDevice, description: EntityDescription, source: str | None = None) -> None:
        """Create an entity of the value `source` (a register or derived key), by default the description's key."""
        self._source = source or description.key
        super().__init__(device, description, device.coordinator_of(self._source))

    @property
    @override
    def available(self) -> bool:
        """Return whether the value was read; a block that fails affects its own values only."""
        return super().available and self._source in self.coordinator.data.values

    @property
    def reading(self) -> Value:
        """Return the value, None if it is unknown, as all values are before the inverter's first response."""
        report = self.coordinator.data
        return report.values.get(self._source) if report else None
