"""The errors of the Modbus connection, each kind a type of its own, so that no caller has to read texts."""

from typing import ClassVar, override

from ..errors import NatteryError


class ModbusError(NatteryError):
    """A request that got no valid response; `kind` is the name under which it is counted."""

    kind = "modbus"


class NotConnectedError(ModbusError):
    """There is no connection; `reason` is a key of `_REASONS`, and `detail` says more where that is needed.

    `detail` is the group that owns the port (no_permission), the programs that use it (in_use_by), or the operating
    system's own text (unreachable, lost).
    """

    kind = "link_down"
    placeholder_names = ("place", "detail")

    def __init__(self, place: str, reason: str, detail: str = "") -> None:
        """Keep the port or address, the reason and the detail."""
        self.place, self.reason, self.detail = place, reason, detail
        super().__init__(_REASONS[reason].format(place=place, detail=detail))

    @property
    def was_open(self) -> bool:
        """Return whether the connection was open and broke, so that another try may work at once."""
        return self.reason in ("lost", "hung_up")

    @property
    @override
    def translation_key(self) -> str:
        """Return the key of the reason."""
        return f"link_{self.reason}"


_REASONS = {
    "not_found": "{place} does not exist: is the adapter plugged in, and is the path right?",
    "not_a_port": "{place} is no serial port",
    "no_permission": "{place} may not be opened by this user: add it to the group that owns the port ({detail})",
    "in_use": "{place} is in use: only one program may own the port",
    "in_use_by": "{place} is in use by {detail}: only one program may own the port",
    "refused": "{place} refused the connection: is the gateway's port right?",
    "unknown_host": "{place} has an unknown host name",
    "timed_out": "{place} did not accept the connection in time",
    "unreachable": "{place} cannot be reached: {detail}",
    "hung_up": "{place} closed the connection",
    "lost": "{place} was lost: {detail}",
    "closed": "{place} was closed",
}


class NoResponseError(ModbusError):
    """The inverter did not respond in time."""

    kind = "no_answer"


class BadFrameError(ModbusError):
    """A response that is not valid for the request.

    `fault` is crc, truncated, foreign_unit, function, byte_count, echo or garbage.
    """

    kind = "bad_frame"

    def __init__(self, fault: str, text: str) -> None:
        """Keep which check failed; `text` is the English sentence."""
        self.fault = fault
        super().__init__(text)


class InvalidRequestError(ModbusError):
    """A request that is not sent, since the protocol forbids it; `part` is unit, count, address or value."""

    kind = "refused"
    placeholder_names = ("value", "low", "high")

    def __init__(self, part: str, value: int, low: int, high: int) -> None:
        """Keep the part that is out of range, and the range."""
        self.part, self.value, self.low, self.high = part, value, low, high
        super().__init__(f"{_PARTS[part]} {value} is not allowed: {low} to {high} are")

    @property
    @override
    def translation_key(self) -> str:
        """Return the key of the part."""
        return f"{self.kind}_{self.part}"


_PARTS = {
    "unit": "Unit id",
    "count": "A number of registers of",
    "address": "Address",
    "value": "A register value of",
}


class UncertainWriteError(ModbusError):
    """A write got no response and could not be verified: the inverter may or may not have carried it out."""

    kind = "uncertain_write"

    def __init__(self, request: object) -> None:
        """Name the request in the English sentence."""
        super().__init__(f"It is not known whether {request} was carried out: read it before writing again")


class ExceptionResponseError(ModbusError):
    """The inverter responded with a Modbus exception; `code` is its number."""

    kind = "exception"
    placeholder_names = ("code",)
    meaning: ClassVar[str] = "an unknown exception"

    def __init__(self, code: int, about: str) -> None:
        """Keep the code; `about` names the request in the English sentence."""
        self.code = code
        super().__init__(f"The inverter answered {about} with exception {code} ({self.meaning})")


class IllegalFunctionError(ExceptionResponseError):
    """Exception 1: the function is not supported."""

    kind, meaning = "illegal_function", "illegal function"


class IllegalAddressError(ExceptionResponseError):
    """Exception 2: a register in the request does not exist."""

    kind, meaning = "illegal_address", "illegal address"


class IllegalValueError(ExceptionResponseError):
    """Exception 3: a count or value is out of range."""

    kind, meaning = "illegal_value", "illegal value"


class DeviceFailureError(ExceptionResponseError):
    """Exception 4: the device failed while it carried out the request."""

    kind, meaning = "device_failure", "device failure"


class AcknowledgeError(ExceptionResponseError):
    """Exception 5: the request is accepted, and still being worked on."""

    kind, meaning = "acknowledge", "still working"


class DeviceBusyError(ExceptionResponseError):
    """Exception 6: the device is busy."""

    kind, meaning = "device_busy", "device busy"


class GatewayError(ExceptionResponseError):
    """Exceptions 10 and 11: the gateway has no path, or the device behind it does not respond."""

    kind, meaning = "gateway", "the gateway reaches no device"


EXCEPTIONS: dict[int, type[ExceptionResponseError]] = {
    1: IllegalFunctionError,
    2: IllegalAddressError,
    3: IllegalValueError,
    4: DeviceFailureError,
    5: AcknowledgeError,
    6: DeviceBusyError,
    10: GatewayError,
    11: GatewayError,
}


def exception_response(code: int, about: str) -> ExceptionResponseError:
    """Return the typed error of an exception code."""
    return EXCEPTIONS.get(code, ExceptionResponseError)(code, about)
