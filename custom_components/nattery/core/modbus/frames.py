"""Modbus requests and responses as bytes. pymodbus builds the frames; every byte of a response is checked here."""

from dataclasses import dataclass
from typing import Protocol

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from .errors import BadFrameError, ExceptionResponseError, InvalidRequestError, exception_response

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
MAX_REGISTERS = 32
ANY_UNIT = 255  # an inverter answers this unit id too, with its real one
_ERROR_BIT = 0x80
_LAST_ADDRESS = _MAX_WORD = 0xFFFF


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request to read `count` registers (1..32) from `address` of unit `unit` (1..255)."""

    unit: int
    address: int
    count: int

    function = READ

    def __str__(self) -> str:
        """Describe the request for messages."""
        return f"reading {self.count} registers at 0x{self.address:04X}"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A request to write raw words (1..32): function 6 for one register, function 16 for several."""

    unit: int
    address: int
    words: tuple[int, ...]

    @property
    def function(self) -> int:
        """The Modbus function code."""
        return WRITE_ONE if len(self.words) == 1 else WRITE_MANY

    @property
    def count(self) -> int:
        """The number of registers."""
        return len(self.words)

    def __str__(self) -> str:
        """Describe the request for messages."""
        return f"writing {self.count} registers at 0x{self.address:04X}"


type Request = ReadRequest | WriteRequest


@dataclass(frozen=True, slots=True)
class Response:
    """The unit id that answered (the real one if 255 was asked) and the raw words."""

    unit: int
    words: tuple[int, ...]


def check_request(request: Request) -> None:
    """Raise InvalidRequestError if the protocol forbids the request."""
    if not 1 <= request.unit <= ANY_UNIT:
        raise InvalidRequestError("unit", request.unit, 1, ANY_UNIT)
    if not 1 <= request.count <= MAX_REGISTERS:
        raise InvalidRequestError("count", request.count, 1, MAX_REGISTERS)
    if not 0 <= request.address <= request.address + request.count - 1 <= _LAST_ADDRESS:
        raise InvalidRequestError("address", request.address, 0, _LAST_ADDRESS - request.count + 1)
    words = request.words if isinstance(request, WriteRequest) else ()
    for word in words:
        if not 0 <= word <= _MAX_WORD:
            raise InvalidRequestError("value", word, 0, _MAX_WORD)


def _request_pdu(request: Request) -> ModbusPDU:
    if isinstance(request, ReadRequest):
        return ReadHoldingRegistersRequest(address=request.address, count=request.count)
    if request.count == 1:
        return WriteSingleRegisterRequest(address=request.address, registers=list(request.words))
    return WriteMultipleRegistersRequest(address=request.address, registers=list(request.words))


def _encode_pdu(request: Request) -> bytes:
    pdu = _request_pdu(request)
    return bytes([pdu.function_code]) + pdu.encode()


def _response_pdu_size(request: Request) -> int:
    return 2 + 2 * request.count if isinstance(request, ReadRequest) else 5


def _decode_pdu(request: Request, unit: int, pdu: bytes) -> Response:
    """Check unit, function, byte count, address and echoed value of a response PDU, and return the response."""
    if request.unit not in (unit, ANY_UNIT):
        raise BadFrameError("foreign_unit", f"Unit {unit} answered {request} of unit {request.unit}")
    function = pdu[0]
    if function == request.function | _ERROR_BIT:
        raise exception_response(pdu[1], str(request))
    if function != request.function:
        raise BadFrameError("function", f"Function {function} answered {request}")
    if len(pdu) != _response_pdu_size(request):
        raise BadFrameError("byte_count", f"{len(pdu)} bytes answered {request}")
    if isinstance(request, ReadRequest):
        if pdu[1] != 2 * request.count:
            raise BadFrameError("byte_count", f"{pdu[1]} bytes answered {request}")
        data = pdu[2:]
        return Response(unit, tuple(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)))
    expected = _encode_pdu(request)[:5]
    if pdu != expected:
        raise BadFrameError("echo", f"{request} was echoed as {pdu.hex(' ')}, sent was {expected.hex(' ')}")
    return Response(unit, ())


class Framing(Protocol):
    """The encoding of requests and the decoding of responses on one kind of line."""

    min_response_size: int  # bytes of the shortest response, an exception response
    has_transaction_id: bool  # whether a response carries the id of its request

    def encode(self, request: Request) -> bytes:
        """Return the frame of a request."""

    def response_size(self, request: Request) -> int:
        """Return the size in bytes of a normal response to `request`."""

    def frame_size(self, request: Request, head: bytes) -> int:
        """Return the size of the response that begins with `head` (`min_response_size` bytes). Raise BadFrameError."""

    def decode(self, request: Request, frame: bytes) -> Response:
        """Return the response in a complete frame. Raise BadFrameError or ExceptionResponseError."""


class RtuFraming:
    """Modbus RTU: unit id, PDU, CRC-16."""

    min_response_size = 5
    has_transaction_id = False

    def __init__(self) -> None:
        """Create the frame builder of pymodbus."""
        self._framer = FramerRTU(DecodePDU(is_server=False))

    def encode(self, request: Request) -> bytes:
        """Return unit id, PDU and CRC of a request."""
        return self._framer.encode(_encode_pdu(request), request.unit, 0)

    def response_size(self, request: Request) -> int:
        """Return the size of a normal response: PDU, unit id and CRC."""
        return _response_pdu_size(request) + 3

    def frame_size(self, request: Request, head: bytes) -> int:
        """Derive the size from the function code: five bytes for an exception response, else what was requested."""
        if request.unit not in (head[0], ANY_UNIT):
            raise BadFrameError("foreign_unit", f"Unit {head[0]} answered {request} of unit {request.unit}")
        if head[1] == request.function | _ERROR_BIT:
            return self.min_response_size
        if head[1] != request.function:
            raise BadFrameError("function", f"Function {head[1]} answered {request}")
        return self.response_size(request)

    def decode(self, request: Request, frame: bytes) -> Response:
        """Check the CRC and the PDU."""
        if self._framer.encode(frame[1:-2], frame[0], 0) != frame:
            raise BadFrameError("crc", f"The response to {request} has a wrong CRC")
        return _decode_pdu(request, frame[0], frame[1:-2])


class TcpFraming:
    """Modbus TCP: transaction id, protocol 0, length, unit id, PDU."""

    min_response_size = 9
    has_transaction_id = True
    _header_size = 6

    def __init__(self) -> None:
        """Create the frame builder of pymodbus. Transaction ids are assigned here."""
        self._framer = FramerSocket(DecodePDU(is_server=False))
        self._transaction_id = 0

    def encode(self, request: Request) -> bytes:
        """Return the frame of a request, with a new transaction id."""
        self._transaction_id = self._transaction_id % 0xFFFF + 1
        return self._framer.encode(_encode_pdu(request), request.unit, self._transaction_id)

    def response_size(self, request: Request) -> int:
        """Return the size of a normal response: PDU, unit id and header."""
        return _response_pdu_size(request) + 1 + self._header_size

    def frame_size(self, request: Request, head: bytes) -> int:
        """Take the size from the length in the header, which must match the request or an exception response."""
        self._check_header(request, head)
        size = int.from_bytes(head[4:6], "big") + self._header_size
        if size not in (self.min_response_size, self.response_size(request)):
            raise BadFrameError("byte_count", f"{size} bytes answered {request}")
        return size

    def decode(self, request: Request, frame: bytes) -> Response:
        """Check the header and the PDU."""
        self._check_header(request, frame)
        return _decode_pdu(request, frame[self._header_size], frame[self._header_size + 1 :])

    def _check_header(self, request: Request, frame: bytes) -> None:
        if int.from_bytes(frame[:2], "big") != self._transaction_id or frame[2:4] != b"\0\0":
            raise BadFrameError("garbage", f"Another transaction answered {request}")


def contains_response(framing: Framing, request: Request, data: bytes) -> bool:
    """Return whether the bytes end with a complete response to this request."""
    for size in {framing.response_size(request), framing.min_response_size}:
        if len(data) >= size:
            try:
                framing.decode(request, data[-size:])
            except ExceptionResponseError:
                return True
            except BadFrameError:
                continue
            return True
    return False
