"""Requests and answers as bytes: pymodbus builds the frames, we check every byte of what comes back."""

from dataclasses import dataclass
from typing import Protocol

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from .errors import BadFrameError, ExceptionResponseError, InvalidRequestError, exception_answer

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
MOST_REGISTERS = 32
ANYONE = 255  # a lone inverter answers it, with its real unit id
_ERROR_BIT = 0x80
_LAST_ADDRESS = 0xFFFF


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read `count` registers (1..32) from `address` of unit `unit` (1..255)."""

    unit: int
    address: int
    count: int

    function = READ

    def __str__(self) -> str:
        """Name the request for messages."""
        return f"reading {self.count} registers at 0x{self.address:04X}"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Write raw words (1..32) of unit 1..255: one goes out as function 6, more as function 16."""

    unit: int
    address: int
    words: tuple[int, ...]

    @property
    def function(self) -> int:
        """The Modbus function."""
        return WRITE_ONE if len(self.words) == 1 else WRITE_MANY

    @property
    def count(self) -> int:
        """How many registers."""
        return len(self.words)

    def __str__(self) -> str:
        """Name the request for messages."""
        return f"writing {self.count} registers at 0x{self.address:04X}"


type Request = ReadRequest | WriteRequest


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: the unit that answered (the real one, where 255 was asked) and the raw words."""

    unit: int
    words: tuple[int, ...]


def check_request(request: Request) -> None:
    """Refuse what the protocol forbids before it can reach the wire; raises RefusedError."""
    if not 1 <= request.unit <= ANYONE:
        raise InvalidRequestError("unit", request.unit, 1, ANYONE)
    if not 1 <= request.count <= MOST_REGISTERS:
        raise InvalidRequestError("count", request.count, 1, MOST_REGISTERS)
    if not 0 <= request.address <= request.address + request.count - 1 <= _LAST_ADDRESS:
        raise InvalidRequestError("address", request.address, 0, _LAST_ADDRESS - request.count + 1)
    words = request.words if isinstance(request, WriteRequest) else ()
    for word in words:
        if not 0 <= word <= _LAST_ADDRESS:
            raise InvalidRequestError("value", word, 0, _LAST_ADDRESS)


def _pdu(request: Request) -> ModbusPDU:
    if isinstance(request, ReadRequest):
        return ReadHoldingRegistersRequest(address=request.address, count=request.count)
    if request.count == 1:
        return WriteSingleRegisterRequest(address=request.address, registers=list(request.words))
    return WriteMultipleRegistersRequest(address=request.address, registers=list(request.words))


def _payload(request: Request) -> bytes:
    pdu = _pdu(request)
    return bytes([pdu.function_code]) + pdu.encode()


def _answer_payload_size(request: Request) -> int:
    return 2 + 2 * request.count if isinstance(request, ReadRequest) else 5


def _check(request: Request, unit: int, payload: bytes) -> Response:
    """Unit, function, byte count, address and value echo of an answer's payload (function code first)."""
    if request.unit not in (unit, ANYONE):
        raise BadFrameError("foreign_unit", f"Unit {unit} answered {request} of unit {request.unit}")
    function = payload[0]
    if function == request.function | _ERROR_BIT:
        raise exception_answer(payload[1], str(request))
    if function != request.function:
        raise BadFrameError("function", f"Function {function} answered {request}")
    if len(payload) != _answer_payload_size(request):
        raise BadFrameError("byte_count", f"{len(payload)} bytes answered {request}")
    if isinstance(request, ReadRequest):
        if payload[1] != 2 * request.count:
            raise BadFrameError("byte_count", f"{payload[1]} bytes answered {request}")
        data = payload[2:]
        return Response(unit, tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)))
    expected = _payload(request)[:5]
    if payload != expected:
        raise BadFrameError("echo", f"{request} was echoed as {payload.hex(' ')}, sent was {expected.hex(' ')}")
    return Response(unit, ())


class Framing(Protocol):
    """How payloads travel: the shortest answer there is, how long one becomes, and what it says."""

    shortest: int
    numbered: bool  # whether an answer names the request it belongs to

    def encode(self, request: Request) -> bytes:
        """The bytes of a request."""

    def longest(self, request: Request) -> int:
        """The bytes of the answer that is hoped for."""

    def size(self, request: Request, start: bytes) -> int:
        """The bytes of the answer that begins with `start` (`shortest` bytes); raises BadFrameError."""

    def decode(self, request: Request, frame: bytes) -> Response:
        """The answer; raises BadFrameError or ExceptionAnswerError."""


class RtuFraming:
    """Modbus RTU: unit, payload, CRC-16."""

    shortest = 5
    numbered = False

    def __init__(self) -> None:
        """Borrow the frame builder of pymodbus."""
        self._framer = FramerRTU(DecodePDU(is_server=False))

    def encode(self, request: Request) -> bytes:
        """Unit, payload, CRC."""
        return self._framer.encode(_payload(request), request.unit, 0)

    def longest(self, request: Request) -> int:
        """Payload, unit and CRC."""
        return _answer_payload_size(request) + 3

    def size(self, request: Request, start: bytes) -> int:
        """By the function code: five bytes for an exception, else what the request asks for."""
        if request.unit not in (start[0], ANYONE):
            raise BadFrameError("foreign_unit", f"Unit {start[0]} answered {request} of unit {request.unit}")
        if start[1] == request.function | _ERROR_BIT:
            return self.shortest
        if start[1] != request.function:
            raise BadFrameError("function", f"Function {start[1]} answered {request}")
        return self.longest(request)

    def decode(self, request: Request, frame: bytes) -> Response:
        """Check the CRC, then everything else."""
        if self._framer.encode(frame[1:-2], frame[0], 0) != frame:
            raise BadFrameError("crc", f"The answer to {request} has a wrong CRC")
        return _check(request, frame[0], frame[1:-2])


class TcpFraming:
    """Modbus TCP: transaction, protocol 0, length, unit, payload."""

    shortest = 9
    numbered = True
    _header = 6

    def __init__(self) -> None:
        """Borrow the frame builder of pymodbus; number the transactions ourselves."""
        self._framer = FramerSocket(DecodePDU(is_server=False))
        self._transaction = 0

    def encode(self, request: Request) -> bytes:
        """A new transaction for every request."""
        self._transaction = self._transaction % 0xFFFF + 1
        return self._framer.encode(_payload(request), request.unit, self._transaction)

    def longest(self, request: Request) -> int:
        """Payload, unit and header."""
        return _answer_payload_size(request) + 1 + self._header

    def size(self, request: Request, start: bytes) -> int:
        """By the length in the header, which must fit the request or an exception."""
        self._check_header(request, start)
        size = int.from_bytes(start[4:6], "big") + self._header
        if size not in (self.shortest, self.longest(request)):
            raise BadFrameError("byte_count", f"{size} bytes answered {request}")
        return size

    def decode(self, request: Request, frame: bytes) -> Response:
        """Check the header, then everything behind it."""
        self._check_header(request, frame)
        return _check(request, frame[self._header], frame[self._header + 1 :])

    def _check_header(self, request: Request, frame: bytes) -> None:
        if int.from_bytes(frame[:2], "big") != self._transaction or frame[2:4] != b"\0\0":
            raise BadFrameError("garbage", f"Another transaction answered {request}")


def holds_answer(framing: Framing, request: Request, data: bytes) -> bool:
    """Whether late bytes end with a whole answer to this request."""
    for size in {framing.longest(request), framing.shortest}:
        if len(data) >= size:
            try:
                framing.decode(request, data[-size:])
            except ExceptionResponseError:
                return True
            except BadFrameError:
                continue
            return True
    return False
