from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.modbus.errors import (
    BadFrameError,
    DeviceBusyError,
    ExceptionResponseError,
    IllegalAddressError,
    InvalidRequestError,
)
from custom_components.nattery.core.modbus.frames import (
    ANY_UNIT,
    ReadRequest,
    Response,
    RtuFraming,
    TcpFraming,
    WriteRequest,
    check_request,
    contains_response,
)

RTU = RtuFraming()


def crc(data: bytes) -> bytes:
    """Return the CRC-16/MODBUS, computed bit by bit as in the protocol's annex."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register.to_bytes(2, "little")


def rtu_frame(*body: int) -> bytes:
    return bytes(body) + crc(bytes(body))


def decode_rtu(request, frame: bytes) -> Response:
    return RTU.decode(request, frame[: RTU.frame_size(request, frame[:5])])


def test_encoded_requests() -> None:
    assert RTU.encode(ReadRequest(1, 0x7530, 2)) == rtu_frame(1, 3, 0x75, 0x30, 0, 2)
    assert RTU.encode(WriteRequest(1, 0xA02F, (800,))) == rtu_frame(1, 6, 0xA0, 0x2F, 3, 0x20)
    assert RTU.encode(WriteRequest(9, 0xA0A1, (1, 2))) == rtu_frame(9, 16, 0xA0, 0xA1, 0, 2, 4, 0, 1, 0, 2)


def test_valid_responses() -> None:
    assert decode_rtu(ReadRequest(1, 0x7530, 2), rtu_frame(1, 3, 4, 0, 1, 0xFF, 2)) == Response(1, (1, 0xFF02))
    assert decode_rtu(WriteRequest(1, 0xA02F, (800,)), rtu_frame(1, 6, 0xA0, 0x2F, 3, 0x20)) == Response(1, ())
    assert decode_rtu(WriteRequest(1, 0xA0A1, (1, 2)), rtu_frame(1, 16, 0xA0, 0xA1, 0, 2)) == Response(1, ())


def test_response_to_unit_255_carries_the_real_unit_id() -> None:
    assert decode_rtu(ReadRequest(ANY_UNIT, 0x7530, 1), rtu_frame(17, 3, 2, 0, 5)) == Response(17, (5,))


@pytest.mark.parametrize(
    ("request_", "frame", "fault"),
    [
        (ReadRequest(1, 0x7530, 1), rtu_frame(2, 3, 2, 0, 5), "foreign_unit"),
        (ReadRequest(1, 0x7530, 1), rtu_frame(1, 6, 2, 0, 5), "function"),
        (ReadRequest(1, 0x7530, 1), rtu_frame(1, 3, 4, 0, 5), "byte_count"),
        (ReadRequest(1, 0x7530, 1), rtu_frame(1, 3, 2, 0, 5)[:-1] + b"\0", "crc"),
        (WriteRequest(1, 0xA02F, (800,)), rtu_frame(1, 6, 0xA0, 0x30, 3, 0x20), "echo"),
        (WriteRequest(1, 0xA02F, (800,)), rtu_frame(1, 6, 0xA0, 0x2F, 3, 0x21), "echo"),
        (WriteRequest(1, 0xA0A1, (1, 2)), rtu_frame(1, 16, 0xA0, 0xA1, 0, 1), "echo"),
    ],
)
def test_invalid_responses_name_the_failed_check(request_, frame, fault) -> None:
    with pytest.raises(BadFrameError) as caught:
        decode_rtu(request_, frame)
    assert caught.value.fault == fault


def test_exception_responses_are_typed() -> None:
    with pytest.raises(IllegalAddressError, match="reading 1 registers at 0x7530 with exception 2"):
        decode_rtu(ReadRequest(1, 0x7530, 1), rtu_frame(1, 0x83, 2))
    with pytest.raises(DeviceBusyError):
        decode_rtu(WriteRequest(1, 0xA02F, (1,)), rtu_frame(1, 0x86, 6))
    with pytest.raises(ExceptionResponseError, match="exception 99"):
        decode_rtu(ReadRequest(1, 0x7530, 1), rtu_frame(1, 0x83, 99))


@given(st.integers(1, 32), st.data())
def test_single_bit_errors_are_detected(count, data) -> None:
    request = ReadRequest(1, 0x7530, count)
    frame = bytearray(rtu_frame(1, 3, 2 * count, *data.draw(st.binary(min_size=2 * count, max_size=2 * count))))
    where, bit = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, 7))
    frame[where] ^= 1 << bit
    with pytest.raises((BadFrameError, ExceptionResponseError)):
        decode_rtu(request, bytes(frame))


@given(st.binary(max_size=80))
def test_late_response_is_found_after_noise(noise: bytes) -> None:
    request = ReadRequest(1, 0x7530, 2)
    assert contains_response(RTU, request, noise + rtu_frame(1, 3, 4, 0, 1, 0, 2))
    assert contains_response(RTU, request, noise + rtu_frame(1, 0x83, 4))
    assert not contains_response(RTU, request, noise + rtu_frame(1, 3, 4, 0, 1, 0, 2)[:-1])


def test_tcp_response_must_carry_the_transaction_id() -> None:
    framing, request = TcpFraming(), ReadRequest(1, 0x7530, 1)
    sent = framing.encode(request)
    answer = sent[:2] + bytes([0, 0, 0, 5, 1, 3, 2, 0, 7])
    assert framing.frame_size(request, answer[: framing.min_response_size]) == len(answer)
    assert framing.decode(request, answer) == Response(1, (7,))
    framing.encode(request)
    with pytest.raises(BadFrameError, match="Another transaction"):
        framing.frame_size(request, answer[: framing.min_response_size])
    assert not contains_response(framing, request, answer)


@pytest.mark.parametrize(
    "request_",
    [
        ReadRequest(0, 1, 1),
        ReadRequest(256, 1, 1),
        ReadRequest(1, 1, 0),
        ReadRequest(1, 1, 33),
        ReadRequest(1, 65535, 2),
        ReadRequest(1, -1, 1),
        WriteRequest(1, 1, (65536,)),
    ],
)
def test_forbidden_requests_are_rejected(request_) -> None:
    with pytest.raises(InvalidRequestError, match="allowed"):
        check_request(request_)
