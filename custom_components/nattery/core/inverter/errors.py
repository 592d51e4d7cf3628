"""The errors of the inverter that are no errors of the Modbus connection."""

from collections.abc import Mapping
from typing import override

from ..errors import NatteryError, Placeholder
from .table import Register


class InverterError(NatteryError):
    """The inverter, or a request about it, is not as it has to be."""

    kind = "inverter"


class WrongDeviceError(InverterError):
    """The device that responds is no inverter of this family, or another inverter than before."""

    kind = "wrong_device"


class MismatchError(InverterError):
    """The inverter accepted a write, but the register reads another value."""

    kind = "mismatch"

    def __init__(self, register: Register, wanted: object, found: object) -> None:
        """Keep the register and both values."""
        self.register, self.wanted, self.found = register, wanted, found
        super().__init__(f"{register.symbol} was set to {wanted} but reads {found}: the inverter did not take it")

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the symbol and both values."""
        return {"register": self.register.symbol, "wanted": str(self.wanted), "found": str(self.found)}


class NotConfirmedError(InverterError):
    """A risky register was to be written without an explicit confirmation."""

    kind = "not_confirmed"

    def __init__(self, register: Register) -> None:
        """Keep the register."""
        self.register = register
        super().__init__(f"{register.symbol} is risky: confirm explicitly that it should be written")

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the symbol."""
        return {"register": self.register.symbol}


class NotOfferedError(InverterError):
    """A register does not exist, or is never read or never written by this software."""

    kind = "not_offered"

    def __init__(self, symbol: str, why: str) -> None:
        """Keep the symbol; `why` completes the English sentence."""
        self.symbol = symbol
        super().__init__(f"{symbol} {why}")

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the symbol."""
        return {"register": self.symbol}


class NotAdjacentError(InverterError):
    """Registers that are not next to each other were to be written in one request."""

    kind = "not_adjacent"

    def __init__(self) -> None:
        """Take no arguments."""
        super().__init__("Only neighbouring registers can be written in one request")


class NoValueError(InverterError):
    """A register that is needed reads no usable value."""

    kind = "no_value"

    def __init__(self, symbol: str) -> None:
        """Keep the symbol."""
        self.symbol = symbol
        super().__init__(f"{symbol} has no usable value")

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the symbol."""
        return {"register": self.symbol}
