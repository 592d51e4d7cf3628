import pytest

from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault, response_parts
from custom_components.nattery.core.simulator.frames import (
    Adu,
    InvalidFrameError,
    RtuServerFraming,
    ServerFraming,
    TcpServerFraming,
)

ANSWER = Adu(1, bytes.fromhex("030412345678"), 9)
FRAMINGS: list[ServerFraming] = [RtuServerFraming(), TcpServerFraming()]


def test_scripted_fault_affects_only_its_request() -> None:
    fault = LineFault(FaultKind.LATE, 1.5)
    plan = FaultPlan({3: fault})
    assert [plan.fault(number) for number in range(1, 5)] == [None, None, fault, None]


def test_random_faults_are_repeatable_and_match_their_rates() -> None:
    plan = FaultPlan.mixed(0.22, seed=5)
    faults = [plan.fault(number) for number in range(1, 5001)]
    assert faults == [FaultPlan.mixed(0.22, seed=5).fault(number) for number in range(1, 5001)]
    assert faults != [FaultPlan.mixed(0.22, seed=6).fault(number) for number in range(1, 5001)]
    for kind in FaultKind:
        assert 60 < sum(fault is not None and fault.kind is kind for fault in faults) < 140
    assert all(0.2 <= fault.seconds <= 1.2 for fault in faults if fault and fault.kind is FaultKind.LATE)
    assert {fault.code for fault in faults if fault} == {4, 6}


def test_script_precedes_random_faults() -> None:
    plan = FaultPlan({2: LineFault(FaultKind.RESPONSE_LOST)}, {FaultKind.CRC: 1.0})
    kinds = [fault.kind for number in (1, 2, 3) if (fault := plan.fault(number))]
    assert kinds == [FaultKind.CRC, FaultKind.RESPONSE_LOST, FaultKind.CRC]


@pytest.mark.parametrize("rates", [{FaultKind.CRC: -0.1}, {FaultKind.CRC: 0.6, FaultKind.RESPONSE_LOST: 0.5}])
def test_rates_must_be_probabilities(rates: dict[FaultKind, float]) -> None:
    with pytest.raises(ValueError, match="not above 1"):
        FaultPlan(rates=rates)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_response_parts_of_each_fault(framing: ServerFraming) -> None:
    def parts(kind: FaultKind, seconds: float = 0.0) -> list[tuple[float, bytes]]:
        return [
            (piece.delay, piece.data) for piece in response_parts(LineFault(kind, seconds, seed=3), ANSWER, framing)
        ]

    frame = framing.encode(ANSWER)
    assert [(piece.delay, piece.data) for piece in response_parts(None, ANSWER, framing)] == [(0.0, frame)]
    assert parts(FaultKind.LATE, 2) == [(2, frame)]
    assert parts(FaultKind.RESPONSE_LOST) == []
    first, second = parts(FaultKind.SPLIT, 0.3)
    assert (first[0], second[0], first[1] + second[1]) == (0.0, 0.3, frame)
    ((_, short),) = parts(FaultKind.TRUNCATED)
    assert frame.startswith(short)
    assert 0 < len(short) < len(frame)
    ((_, foreign),) = parts(FaultKind.WRONG_UNIT)
    assert framing.decode(foreign) == Adu(2, ANSWER.pdu, framing.decode(frame).transaction_id)
    (_, noise), (_, after) = parts(FaultKind.GARBAGE_BEFORE)
    assert noise
    assert after == frame
    assert parts(FaultKind.GARBAGE_INSTEAD) == [(0.0, noise)]
    ((_, flipped),) = parts(FaultKind.CRC)
    assert flipped != frame


def test_flipped_bit_fails_the_crc_check() -> None:
    (piece,) = response_parts(LineFault(FaultKind.CRC), ANSWER, RtuServerFraming())
    with pytest.raises(InvalidFrameError):
        RtuServerFraming().decode(piece.data)
