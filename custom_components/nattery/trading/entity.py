"""What the entities of trading have in common: one service device of the house."""

from typing import override

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..const import DOMAIN
from .coordinator import TradingCoordinator


class TradingEntity(CoordinatorEntity[TradingCoordinator]):
    """An entity of trading, named by the translation of its key; there as long as trading is."""

    _attr_has_entity_name = True

    def __init__(self, trading: TradingCoordinator, description: EntityDescription) -> None:
        """Belong to the device of trading."""
        super().__init__(trading)
        subentry = trading.subentry
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{subentry.subentry_id}_{description.key}"
        self._attr_device_info = dr.DeviceInfo(
            entry_type=dr.DeviceEntryType.SERVICE,
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer="Nattery",
        )

    @property
    @override
    def available(self) -> bool:
        """Always: that there is no plan is told by the sensors themselves."""
        return True
