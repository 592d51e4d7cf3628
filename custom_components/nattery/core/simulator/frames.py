"""Frames of the server: CRC, Modbus RTU and Modbus TCP. Shares no code with the client."""

from dataclasses import dataclass
from typing import Protocol

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
EXCEPTION = 0x80
RTU_SHORT = 8  # bytes: unit id, function code, two words, CRC
RTU_MANY_HEAD = 9  # bytes: unit id, function code, two words, byte count, CRC
RTU_MINIMUM = 4
MBAP_HEAD = 6  # bytes: transaction id, protocol, length; the length includes the unit id
MBAP_LENGTHS = range(2, 255)
CRC_START, CRC_POLYNOMIAL = 0xFFFF, 0xA001


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (CRC_POLYNOMIAL if byte & 1 else 0)
    return byte


_CRC_TABLE = tuple(_crc_of_byte(byte) for byte in range(256))


def crc16(data: bytes) -> int:
    """Return the CRC-16/MODBUS, which is sent low byte first."""
    crc = CRC_START
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


class InvalidFrameError(Exception):
    """Bytes that are not a frame: a wrong CRC or an impossible header."""


@dataclass(frozen=True, slots=True)
class Adu:
    """An application data unit: unit id, PDU (function code and data), and the transaction id of Modbus TCP."""

    unit: int
    pdu: bytes
    transaction_id: int = 0


class ServerFraming(Protocol):
    """The decoding of requests and the encoding of responses on one kind of line."""

    def frame_size(self, data: bytes) -> int | None:
        """Return the size of the frame that `data` begins with; None if it is not known yet.

        Raise InvalidFrameError for an impossible header.
        """

    def decode(self, frame: bytes) -> Adu:
        """Return the content of one complete frame. Raise InvalidFrameError if it is damaged."""

    def encode(self, adu: Adu) -> bytes:
        """Return the frame of a response."""

    def corrupt(self, frame: bytes) -> bytes:
        """Return the frame damaged in a way that a client must detect."""


class RtuServerFraming:
    """Modbus RTU: unit id, PDU, CRC. The end of a request with an unknown function is known only by silence."""

    def frame_size(self, data: bytes) -> int | None:
        """Return eight bytes for functions 3 and 6; function 16 states its byte count."""
        function = data[1] if len(data) > 1 else 0
        if function in {READ, WRITE_ONE}:
            return RTU_SHORT
        if function == WRITE_MANY and len(data) > RTU_SHORT - 2:
            return RTU_MANY_HEAD + data[6]
        return None

    def decode(self, frame: bytes) -> Adu:
        """Check the CRC and return the content."""
        if len(frame) < RTU_MINIMUM or crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            raise InvalidFrameError
        return Adu(frame[0], frame[1:-2])

    def encode(self, adu: Adu) -> bytes:
        """Append the CRC."""
        body = bytes((adu.unit,)) + adu.pdu
        return body + crc16(body).to_bytes(2, "little")

    def corrupt(self, frame: bytes) -> bytes:
        """Flip one bit in the middle."""
        middle = len(frame) // 2
        return frame[:middle] + bytes((frame[middle] ^ 0x10,)) + frame[middle + 1 :]


class TcpServerFraming:
    """Modbus TCP: transaction id, protocol 0, length, unit id, PDU."""

    def frame_size(self, data: bytes) -> int | None:
        """Return the size stated in the header."""
        if len(data) < MBAP_HEAD:
            return None
        size = int.from_bytes(data[4:6])
        if data[2:4] != b"\0\0" or size not in MBAP_LENGTHS:
            raise InvalidFrameError
        return MBAP_HEAD + size

    def decode(self, frame: bytes) -> Adu:
        """Return the content of the frame."""
        if len(frame) < MBAP_HEAD + MBAP_LENGTHS.start:
            raise InvalidFrameError
        return Adu(frame[6], frame[7:], int.from_bytes(frame[:2]))

    def encode(self, adu: Adu) -> bytes:
        """Put the header before unit id and PDU."""
        head = adu.transaction_id.to_bytes(2) + b"\0\0" + (len(adu.pdu) + 1).to_bytes(2)
        return head + bytes((adu.unit,)) + adu.pdu

    def corrupt(self, frame: bytes) -> bytes:
        """Change the transaction id, since there is no CRC."""
        return (int.from_bytes(frame[:2]) ^ 0x5555).to_bytes(2) + frame[2:]


def exception_pdu(function: int, code: int) -> bytes:
    """Return the PDU of an exception response."""
    return bytes((function | EXCEPTION, code))
