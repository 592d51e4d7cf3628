"""What can go wrong on the wire, each kind its own type, so that nobody above has to read texts."""

from typing import ClassVar


class ModbusError(Exception):
    """Anything that kept a request from its answer; `kind` is the name under which it is counted and translated."""

    kind: ClassVar[str] = "modbus"


class NotConnectedError(ModbusError):
    """There is no line.

    `reason` is not_found, not_a_port, no_permission, in_use, refused, unreachable, lost or closed; `detail` says more.
    """

    kind = "link_down"

    def __init__(self, place: str, reason: str, detail: str = "") -> None:
        """Name the port or address, the reason and, where known, who or what is behind it."""
        self.place, self.reason, self.detail = place, reason, detail
        super().__init__(_REASONS[reason].format(place=place, detail=detail))


_REASONS = {
    "not_found": "{place} does not exist: is the adapter plugged in, and is the path right?",
    "not_a_port": "{place} is no serial port",
    "no_permission": "{place} may not be opened by this user: add it to the group that owns the port ({detail})",
    "in_use": "{place} is in use{detail}: only one program may own the line",
    "refused": "{place} refused the connection: is the gateway's port right?",
    "unreachable": "{place} cannot be reached: {detail}",
    "lost": "{place} was lost: {detail}",
    "closed": "{place} was closed",
}


class NoResponseError(ModbusError):
    """The inverter said nothing in time."""

    kind = "no_answer"


class BadFrameError(ModbusError):
    """An answer that is not the answer.

    `fault` is crc, truncated, foreign_unit, function, byte_count, echo or garbage.
    """

    kind = "bad_frame"

    def __init__(self, fault: str, text: str) -> None:
        """Keep which check failed, and say it in words."""
        self.fault = fault
        super().__init__(text)


class InvalidRequestError(ModbusError):
    """A request that the bus would not send, since the protocol forbids it."""

    kind = "refused"


class UncertainWriteError(ModbusError):
    """A write went unanswered and could not be looked up: it may or may not have been carried out."""

    kind = "uncertain_write"

    def __init__(self, request: object) -> None:
        """Name the request."""
        super().__init__(f"It is not known whether {request} was carried out: read it before writing again")


class ExceptionResponseError(ModbusError):
    """The inverter answered with a Modbus exception; `code` is its number."""

    kind = "exception"
    code: int = 0
    meaning: ClassVar[str] = "an unknown exception"

    def __init__(self, code: int, about: str) -> None:
        """Say which exception answered which request."""
        self.code = code
        super().__init__(f"The inverter answered {about} with exception {code} ({self.meaning})")


class IllegalFunctionError(ExceptionResponseError):
    """Exception 1."""

    kind, meaning = "illegal_function", "illegal function"


class IllegalAddressError(ExceptionResponseError):
    """Exception 2: a register in the request does not exist."""

    kind, meaning = "illegal_address", "illegal address"


class IllegalValueError(ExceptionResponseError):
    """Exception 3: a count or value out of range."""

    kind, meaning = "illegal_value", "illegal value"


class DeviceFailureError(ExceptionResponseError):
    """Exception 4."""

    kind, meaning = "device_failure", "device failure"


class AcknowledgeError(ExceptionResponseError):
    """Exception 5: accepted, still working on it."""

    kind, meaning = "acknowledge", "still working"


class DeviceBusyError(ExceptionResponseError):
    """Exception 6."""

    kind, meaning = "device_busy", "device busy"


class GatewayError(ExceptionResponseError):
    """Exceptions 10 and 11: the gateway has no path, or the device behind it is silent."""

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
    """The typed error of an exception code."""
    return EXCEPTIONS.get(code, ExceptionResponseError)(code, about)
