"""The base class of price entities."""

from homeassistant.helpers.entity import EntityDescription

from ..subentry import SubentryEntity
from .coordinator import PriceCoordinator


class PriceEntity(SubentryEntity[PriceCoordinator]):
    """An entity of the prices device."""

    def __init__(self, prices: PriceCoordinator, description: EntityDescription) -> None:
        """Assign the entity to the prices device."""
        super().__init__(prices, description, "ENTSO-E", prices.settings.area.name)
