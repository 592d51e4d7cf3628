"""What trading steers and measures, whichever device is behind it."""

from typing import Protocol

from ..core.app.measurements import EnergyHistory, Measurements
from ..core.control.battery import Battery


class TradedSystem(Protocol):
    """The batteries of a home and its measurements."""

    @property
    def batteries(self) -> tuple[Battery, ...]:
        """The batteries to steer; the planner knows one."""

    @property
    def measurements(self) -> Measurements:
        """The state of charge and the powers."""

    @property
    def history(self) -> EnergyHistory:
        """The energies of the past."""

    @property
    def wrong_device(self) -> bool:
        """Whether another device answers than the one that was set up, so that nothing may be written."""
