"""From a request to its answer, by the firmware's rules: who is meant, which functions there are, what is refused."""

from collections.abc import Callable

from .frames import READ, WRITE_MANY, WRITE_ONE, Adu, exception_pdu
from .memory import ILLEGAL_FUNCTION, ILLEGAL_VALUE, ModbusExceptionError
from .simulated_inverter import ALL_UNITS, SimulatedInverter

BROADCAST = 0
WORD_REQUEST = 5  # function and two words
MANY_HEAD = 6  # function, two words, byte count


class RequestHandler:
    """Answers for one device; `live` brings it up to the present before every request."""

    def __init__(self, device: SimulatedInverter, live: Callable[[], None]) -> None:
        """Serve `device`."""
        self.device = device
        self._live = live

    def concerns(self, unit: int) -> bool:
        """Whether a request to `unit` is for this device and it is able to hear it."""
        if self.device.silent:
            self._live()
        return unit in {self.device.unit, ALL_UNITS, BROADCAST} and not self.device.silent

    def answer(self, request: Adu) -> Adu | None:
        """Carry a request out; the answer carries the real unit id.

        None for a request to somebody else, a broadcast write, and a broadcast read, which does nothing.
        """
        if not self.concerns(request.unit):
            return None
        self._live()
        unit = self.device.unit
        function = request.pdu[0]
        if request.unit == BROADCAST and function == READ:
            return None
        try:
            pdu = _FUNCTIONS.get(function, _unknown)(self.device, request.pdu)
        except ModbusExceptionError as refused:
            pdu = exception_pdu(function, refused.code)
        return None if request.unit == BROADCAST else Adu(unit, pdu, request.transaction)

    def refusal(self, request: Adu, code: int) -> Adu | None:
        """An exception without any deed, for injected faults."""
        if request.unit == BROADCAST or not self.concerns(request.unit):
            return None
        return Adu(self.device.unit, exception_pdu(request.pdu[0], code), request.transaction)


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2)]


def _read(device: SimulatedInverter, pdu: bytes) -> bytes:
    if len(pdu) != WORD_REQUEST:
        raise ModbusExceptionError(ILLEGAL_VALUE)
    words = device.read(*_words(pdu[1:]))
    return bytes((READ, 2 * len(words))) + b"".join(word.to_bytes(2) for word in words)


def _write_one(device: SimulatedInverter, pdu: bytes) -> bytes:
    if len(pdu) != WORD_REQUEST:
        raise ModbusExceptionError(ILLEGAL_VALUE)
    address, word = _words(pdu[1:])
    device.write(address, [word])
    return pdu


def _write_many(device: SimulatedInverter, pdu: bytes) -> bytes:
    if len(pdu) < MANY_HEAD or len(pdu) != MANY_HEAD + pdu[5] or pdu[5] != 2 * int.from_bytes(pdu[3:5]):
        raise ModbusExceptionError(ILLEGAL_VALUE)
    device.write(int.from_bytes(pdu[1:3]), _words(pdu[MANY_HEAD:]))
    return pdu[:5]


def _unknown(_: SimulatedInverter, pdu: bytes) -> bytes:
    return exception_pdu(pdu[0], ILLEGAL_FUNCTION)


_FUNCTIONS: dict[int, Callable[[SimulatedInverter, bytes], bytes]] = {
    READ: _read,
    WRITE_ONE: _write_one,
    WRITE_MANY: _write_many,
}
