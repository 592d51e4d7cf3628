"""What trading sees of the house it trades for; the site is one."""

from datetime import date
from typing import Protocol

from ..coordinator import InverterCoordinator
from ..core.inverter.codec import Value
from ..core.inverter.inverter import Identity, Inverter, WriteResult


class House(Protocol):
    """An inverter, who it is, and what was read of it; all of it once the inverter has been met."""

    inverter: Inverter
    identity: Identity
    readings: InverterCoordinator

    @property
    def today(self) -> date:
        """The date of the house."""

    @property
    def wrong_device(self) -> bool:
        """Whether another device answers than the inverter that trades."""

    def value(self, key: str) -> Value:
        """The value that stands now of a register or of what is derived, or None."""

    def written(self, written: tuple[WriteResult, ...]) -> None:
        """See to settings that were written."""
