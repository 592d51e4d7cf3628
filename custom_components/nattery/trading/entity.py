"""What the entities of trading have in common."""

from typing import override

from homeassistant.helpers.entity import EntityDescription

from ..subentry import SubentryEntity
from .coordinator import TradingCoordinator


class TradingEntity(SubentryEntity[TradingCoordinator]):
    """An entity of trading; there as long as trading is."""

    def __init__(self, trading: TradingCoordinator, description: EntityDescription) -> None:
        """Belong to the device of trading."""
        super().__init__(trading, description, "Nattery")

    @property
    @override
    def available(self) -> bool:
        """Always: that there is no plan is told by the sensors themselves."""
        return True
