"""What the entities of prices have in common: one service device of the house, unique by the entry's inverter."""

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..const import DOMAIN
from .coordinator import PriceCoordinator


class PriceEntity(CoordinatorEntity[PriceCoordinator]):
    """An entity of prices, named by the translation of its key."""

    _attr_has_entity_name = True

    def __init__(self, prices: PriceCoordinator, description: EntityDescription) -> None:
        """Belong to the device of the prices."""
        super().__init__(prices)
        subentry = prices.subentry
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{subentry.subentry_id}_{description.key}"
        self._attr_device_info = dr.DeviceInfo(
            entry_type=dr.DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer="ENTSO-E",
            model=prices.settings.area.name,
        )
