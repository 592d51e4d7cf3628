"""What prices and trading have in common: each is a subentry of an entry, and a service device with entities."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator

from .const import DOMAIN, LOGGER


class SubentryCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """Coordinates what one subentry is about."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, what: str) -> None:
        """Belong to the subentry; `what` is for logs."""
        super().__init__(hass, LOGGER, config_entry=entry, name=f"{entry.title} {what}")
        self.subentry = subentry

    def unique_id(self, key: str) -> str:
        """That of the entity with this key."""
        return f"{self.subentry.subentry_id}_{key}"


class SubentryEntity[CoordinatorT: SubentryCoordinator[Any]](CoordinatorEntity[CoordinatorT]):
    """An entity of a subentry's device, named by the translation of its key."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: CoordinatorT, description: EntityDescription, manufacturer: str, model: str | None = None
    ) -> None:
        """Belong to the one device of the subentry, whose services come from `manufacturer`."""
        super().__init__(coordinator)
        subentry = coordinator.subentry
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = coordinator.unique_id(description.key)
        self._attr_device_info = dr.DeviceInfo(
            entry_type=dr.DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer=manufacturer,
            model=model,
        )
