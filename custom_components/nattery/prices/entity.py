"""What the entities of prices have in common."""

from homeassistant.helpers.entity import EntityDescription

from ..subentry import SubentryEntity
from .coordinator import PriceCoordinator


class PriceEntity(SubentryEntity[PriceCoordinator]):
    """An entity of prices."""

    def __init__(self, prices: PriceCoordinator, description: EntityDescription) -> None:
        """Belong to the device of the prices."""
        super().__init__(prices, description, "ENTSO-E", prices.settings.area.name)
