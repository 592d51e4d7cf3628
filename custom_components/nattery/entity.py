"""What every entity of an inverter has in common."""

from typing import override

from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .coordinator import InverterCoordinator
from .core.inverter.codec import Value
from .runtime import NatteryRuntime


class NatteryEntity(Entity):
    """An entity of one house: named by the translation of its key, unique by the inverter's serial number."""

    _attr_has_entity_name = True

    def __init__(self, site: NatteryRuntime, description: EntityDescription) -> None:
        """Belong to the one device of the house."""
        self.entity_description = description
        self._site = site
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{site.identity.serial_number}_{description.key}"
        self._attr_device_info = site.device_info


class AnsweringEntity(NatteryEntity, CoordinatorEntity[InverterCoordinator]):
    """An entity without a value of its own, such as a command: available while the inverter answers."""

    def __init__(
        self, site: NatteryRuntime, description: EntityDescription, coordinator: InverterCoordinator | None = None
    ) -> None:
        """Follow a coordinator, the readings' unless another is given."""
        NatteryEntity.__init__(self, site, description)
        CoordinatorEntity.__init__(self, coordinator or site.readings)


class InverterEntity(AnsweringEntity):
    """An entity with a value: available when its value answered."""

    def __init__(self, site: NatteryRuntime, description: EntityDescription, source: str | None = None) -> None:
        """Show what `source` (a register or derived key; the description's key unless given) reads."""
        self._source = source or description.key
        super().__init__(site, description, site.coordinator_of(self._source))

    @property
    @override
    def available(self) -> bool:
        """Only what answered is available; a dead block blanks its own values and no others."""
        return super().available and self._source in self.coordinator.data.values

    @property
    def reading(self) -> Value:
        """What the register reads now; None is unknown, as everything is before the inverter's first answer."""
        report = self.coordinator.data
        return report.values.get(self._source) if report else None
