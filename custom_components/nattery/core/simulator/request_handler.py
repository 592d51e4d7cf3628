"""The server's handling of requests: unit ids, function codes and exception responses as in the firmware."""

from collections.abc import Callable

from .frames import READ, WRITE_MANY, WRITE_ONE, Adu, exception_pdu
from .memory import ILLEGAL_FUNCTION, ILLEGAL_VALUE, ModbusExceptionError
from .simulated_inverter import ANY_UNIT, SimulatedInverter

BROADCAST = 0
WORD_REQUEST_SIZE = 5  # function code and two words
WRITE_MANY_HEAD_SIZE = 6  # function code, two words, byte count


class RequestHandler:
    """Handles the requests to one simulated inverter; `advance` brings it up to the present before each."""

    def __init__(self, device: SimulatedInverter, advance: Callable[[], None]) -> None:
        """Handle requests to `device`."""
        self.device = device
        self._advance = advance

    def accepts(self, unit: int) -> bool:
        """Return whether the inverter is ready and `unit` addresses it."""
        if self.device.restarting:
            self._advance()
        return unit in {self.device.unit, ANY_UNIT, BROADCAST} and not self.device.restarting

    def handle(self, request: Adu) -> Adu | None:
        """Execute a request and return the response, which carries the real unit id.

        Return None for requests to another unit and for broadcasts; a broadcast read is not executed.
        """
        if not self.accepts(request.unit):
            return None
        self._advance()
        unit = self.device.unit
        function = request.pdu[0]
        if request.unit == BROADCAST and function == READ:
            return None
        try:
            pdu = _FUNCTIONS.get(function, _illegal_function)(self.device, request.pdu)
        except ModbusExceptionError as error:
            pdu = exception_pdu(function, error.code)
        return None if request.unit == BROADCAST else Adu(unit, pdu, request.transaction_id)

    def reject(self, request: Adu, code: int) -> Adu | None:
        """Return an exception response without executing the request, for injected faults."""
        if request.unit == BROADCAST or not self.accepts(request.unit):
            return None
        return Adu(self.device.unit, exception_pdu(request.pdu[0], code), request.transaction_id)


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[start : start + 2]) for start in range(0, len(data), 2)]


def _read(device: SimulatedInverter, pdu: bytes) -> bytes:
    if len(pdu) != WORD_REQUEST_SIZE:
        raise ModbusExceptionError(ILLEGAL_VALUE)
    words = device.read(*_words(pdu[1:]))
    return bytes((READ, 2 * len(words))) + b"".join(word.to_bytes(2) for word in words)


def _write_one(device: SimulatedInverter, pdu: bytes) -> bytes:
    if len(pdu) != WORD_REQUEST_SIZE:
        raise ModbusExceptionError(ILLEGAL_VALUE)
    address, word = _words(pdu[1:])
    device.write(address, [word])
    return pdu


def _write_many(device: SimulatedInverter, pdu: bytes) -> bytes:
    head = WRITE_MANY_HEAD_SIZE
    if len(pdu) < head or len(pdu) != head + pdu[5] or pdu[5] != 2 * int.from_bytes(pdu[3:5]):
        raise ModbusExceptionError(ILLEGAL_VALUE)
    device.write(int.from_bytes(pdu[1:3]), _words(pdu[head:]))
    return pdu[:5]


def _illegal_function(_: SimulatedInverter, pdu: bytes) -> bytes:
    return exception_pdu(pdu[0], ILLEGAL_FUNCTION)


_FUNCTIONS: dict[int, Callable[[SimulatedInverter, bytes], bytes]] = {
    READ: _read,
    WRITE_ONE: _write_one,
    WRITE_MANY: _write_many,
}
