from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.simulator.frames import (
    Adu,
    InvalidFrameError,
    RtuServerFraming,
    ServerFraming,
    TcpServerFraming,
    crc16,
)

# Examples from the Modbus specification and other sources, not from this project's code.
KNOWN = [
    "01 03 00 00 00 0a c5 cd",
    "11 03 00 6b 00 03 76 87",
    "11 06 00 01 00 03 9a 9b",
    "11 10 00 01 00 02 04 00 0a 01 02 c6 f0",
    "0a 81 02 b0 53",
]
FRAMINGS: list[ServerFraming] = [RtuServerFraming(), TcpServerFraming()]


@pytest.mark.parametrize("text", KNOWN)
def test_known_frames(text: str) -> None:
    frame = bytes.fromhex(text)
    assert crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")
    rtu = RtuServerFraming()
    content = rtu.decode(frame)
    assert content == Adu(frame[0], frame[1:-2])
    assert rtu.encode(content) == frame


def test_frame_size_is_known_early() -> None:
    rtu, mbap = RtuServerFraming(), TcpServerFraming()
    assert [rtu.frame_size(bytes.fromhex("110300")[:n]) for n in range(4)] == [None, None, 8, 8]
    many = bytes.fromhex(KNOWN[3].replace(" ", ""))
    assert [rtu.frame_size(many[:n]) for n in (1, 6, 7, 13)] == [None, None, 13, 13]
    assert rtu.frame_size(b"\x01\x2b\x0e\x01") is None
    assert [mbap.frame_size(bytes.fromhex("00070000000601")[:n]) for n in (5, 6, 7)] == [None, 12, 12]


@pytest.mark.parametrize("head", ["000100010006", "000100000001", "0001000000ff"])
def test_impossible_tcp_headers(head: str) -> None:
    with pytest.raises(InvalidFrameError):
        TcpServerFraming().frame_size(bytes.fromhex(head))


@given(st.integers(0, 255), st.binary(min_size=1, max_size=100), st.integers(0, 65535))
def test_encoding_round_trip_and_corruption(unit: int, pdu: bytes, transaction: int) -> None:
    for framing, number in zip(FRAMINGS, (0, transaction), strict=True):
        content = Adu(unit, pdu, number)
        frame = framing.encode(content)
        assert framing.decode(frame) == content
        damaged = framing.corrupt(frame)
        assert len(damaged) == len(frame)
        try:
            assert framing.decode(damaged).transaction_id != number
        except InvalidFrameError:
            assert isinstance(framing, RtuServerFraming)
