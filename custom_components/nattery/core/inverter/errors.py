"""What can go wrong above the wire: the wrong device, a write that did not take, a write that is not offered."""

from .codec import Value
from .table import Register


class InverterError(Exception):
    """Anything wrong with the inverter that is no fault of the wire."""


class WrongDeviceError(InverterError):
    """Something answers, but it is no inverter of this family, or another one than before."""


class MismatchError(InverterError):
    """A write was accepted, but the register reads otherwise."""

    def __init__(self, register: Register, wanted: Value, found: Value) -> None:
        """Keep both values."""
        self.register, self.wanted, self.found = register, wanted, found
        super().__init__(f"{register.symbol} was set to {wanted} but reads {found}: the inverter did not take it")


class NotConfirmedError(InverterError):
    """A risky register was to be written without an explicit confirmation."""

    def __init__(self, register: Register) -> None:
        """Name the register."""
        self.register = register
        super().__init__(f"{register.symbol} is risky: confirm explicitly that it should be written")


class NotOfferedError(InverterError):
    """This register is never written by this software, or does not exist."""

    def __init__(self, symbol: str, why: str) -> None:
        """Name the register and the reason."""
        self.symbol = symbol
        super().__init__(f"{symbol} {why}")
