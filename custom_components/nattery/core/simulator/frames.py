"""Frames on the wire: CRC, RTU and Modbus-TCP, requests in and answers out. Shares nothing with the client."""

from dataclasses import dataclass
from typing import Protocol

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
EXCEPTION = 0x80
RTU_SHORT = 8  # unit, function, two words, CRC
RTU_MANY_HEAD = 9  # unit, function, two words, byte count, CRC
RTU_MINIMUM = 4
MBAP_HEAD = 6  # transaction, protocol, length; the unit counts to the length
MBAP_LENGTHS = range(2, 255)
CRC_START, CRC_POLYNOMIAL = 0xFFFF, 0xA001


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (CRC_POLYNOMIAL if byte & 1 else 0)
    return byte


_CRC_TABLE = tuple(_crc_of_byte(byte) for byte in range(256))


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS; on the wire its low byte goes first."""
    crc = CRC_START
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


class InvalidFrameError(Exception):
    """Bytes that are no frame: a wrong CRC, or a header that cannot be."""


@dataclass(frozen=True, slots=True)
class Adu:
    """What a frame carries: to or from which unit, the function and its data; `transaction` only in Modbus-TCP."""

    unit: int
    pdu: bytes
    transaction: int = 0


class ServerFraming(Protocol):
    """How requests are cut out of the bytes and answers are wrapped."""

    def length(self, data: bytes) -> int | None:
        """How long the frame is that `data` begins with; None while that cannot be told.

        BrokenFrameError for an impossible head.
        """

    def unpack(self, frame: bytes) -> Adu:
        """The content of one whole frame; BrokenFrameError when it is damaged."""

    def pack(self, envelope: Adu) -> bytes:
        """The frame around a content."""

    def damage(self, frame: bytes) -> bytes:
        """The frame with its check spoilt, so that a careful client must refuse it."""


class RtuServerFraming:
    """Unit, content, CRC. The function tells where a request ends; of an unknown function only silence does."""

    def length(self, data: bytes) -> int | None:
        """Eight bytes for functions 3 and 6; function 16 says its byte count."""
        function = data[1] if len(data) > 1 else 0
        if function in {READ, WRITE_ONE}:
            return RTU_SHORT
        if function == WRITE_MANY and len(data) > RTU_SHORT - 2:
            return RTU_MANY_HEAD + data[6]
        return None

    def unpack(self, frame: bytes) -> Adu:
        """Check the CRC."""
        if len(frame) < RTU_MINIMUM or crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            raise InvalidFrameError
        return Adu(frame[0], frame[1:-2])

    def pack(self, envelope: Adu) -> bytes:
        """Append the CRC."""
        body = bytes((envelope.unit,)) + envelope.pdu
        return body + crc16(body).to_bytes(2, "little")

    def damage(self, frame: bytes) -> bytes:
        """Flip one bit in the middle."""
        middle = len(frame) // 2
        return frame[:middle] + bytes((frame[middle] ^ 0x10,)) + frame[middle + 1 :]


class TcpServerFraming:
    """Modbus-TCP: transaction, protocol 0, length, unit, content."""

    def length(self, data: bytes) -> int | None:
        """What the head says."""
        if len(data) < MBAP_HEAD:
            return None
        size = int.from_bytes(data[4:6])
        if data[2:4] != b"\0\0" or size not in MBAP_LENGTHS:
            raise InvalidFrameError
        return MBAP_HEAD + size

    def unpack(self, frame: bytes) -> Adu:
        """Take the frame apart."""
        if len(frame) < MBAP_HEAD + MBAP_LENGTHS.start:
            raise InvalidFrameError
        return Adu(frame[6], frame[7:], int.from_bytes(frame[:2]))

    def pack(self, envelope: Adu) -> bytes:
        """Put the head before unit and content."""
        head = envelope.transaction.to_bytes(2) + b"\0\0" + (len(envelope.pdu) + 1).to_bytes(2)
        return head + bytes((envelope.unit,)) + envelope.pdu

    def damage(self, frame: bytes) -> bytes:
        """There is no CRC here: answer another transaction."""
        return (int.from_bytes(frame[:2]) ^ 0x5555).to_bytes(2) + frame[2:]


def exception_pdu(function: int, code: int) -> bytes:
    """The answer that refuses a request."""
    return bytes((function | EXCEPTION, code))
