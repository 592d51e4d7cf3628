"""The coordinator and the entities of a subentry: prices and trading each are one, with a service device."""

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator

from .const import DOMAIN, LOGGER


def subentry_unique_id(subentry: ConfigSubentry, key: str) -> str:
    """Return the unique id of a subentry's entity with this key."""
    return f"{subentry.subentry_id}_{key}"


class SubentryCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """The coordinator of one subentry."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, what: str) -> None:
        """Create the coordinator of `subentry`; `what` is part of its name in logs."""
        super().__init__(hass, LOGGER, config_entry=entry, name=f"{entry.title} {what}")
        self.subentry = subentry

    def unique_id(self, key: str) -> str:
        """Return the unique id of the entity with this key."""
        return subentry_unique_id(self.subentry, key)


class SubentryEntity[CoordinatorT: SubentryCoordinator[Any]](CoordinatorEntity[CoordinatorT]):
    """An entity of a subentry's service device, named by the translation of its key."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: CoordinatorT, description: EntityDescription, manufacturer: str, model: str | None = None
    ) -> None:
        """Create an entity of the service device, which shows `manufacturer` and `model`."""
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


def add_subentry_entities[CoordinatorT: SubentryCoordinator[Any]](
    async_add_entities: AddConfigEntryEntitiesCallback,
    coordinator: CoordinatorT | None,
    create: Callable[[CoordinatorT], Iterable[Entity]],
) -> None:
    """Add the entities that `create` returns to the coordinator's subentry, nothing without a coordinator."""
    if coordinator is not None:
        async_add_entities(create(coordinator), config_subentry_id=coordinator.subentry.subentry_id)
