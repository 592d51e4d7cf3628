"""The base class of the entities of trading."""

from typing import override

from homeassistant.helpers.entity import EntityDescription

from ..subentry import SubentryEntity
from .coordinator import TradingCoordinator


class TradingEntity(SubentryEntity[TradingCoordinator]):
    """An entity of the device of trading."""

    def __init__(self, trading: TradingCoordinator, description: EntityDescription) -> None:
        """Create the entity of a description."""
        super().__init__(trading, description, "Nattery")

    @property
    @override
    def available(self) -> bool:
        """Always available: the sensors themselves show that there is no plan."""
        return True
