"""Faults of the line by request number: scripted, or mixed at random. The same seed gives the same faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from .frames import Adu, ServerFraming
from .memory import DEVICE_BUSY, DEVICE_FAILURE


class FaultKind(StrEnum):
    """What goes wrong with one request."""

    LATE = "late"  # the answer comes `seconds` later than it should
    LOST = "lost"  # carried out, but the answer never comes
    UNHEARD = "unheard"  # the request never reaches the device
    CRC = "crc"  # one bit of the answer is flipped
    TRUNCATED = "truncated"  # the answer ends half-way
    FOREIGN = "foreign"  # the answer comes from another unit
    SPLIT = "split"  # the answer pauses for `seconds` in the middle
    GARBAGE_BEFORE = "garbage_before"  # noise, then the answer
    GARBAGE_INSTEAD = "garbage_instead"  # noise in place of the answer
    EXCEPTION = "exception"  # refused with `code`, nothing is carried out
    PORT_GONE = "port_gone"  # nothing is carried out, and the port is gone for `seconds`


# With these the device does not carry the request out.
NOT_EXECUTED = frozenset({FaultKind.UNHEARD, FaultKind.EXCEPTION, FaultKind.PORT_GONE})


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault; which of the fields count depends on the kind."""

    kind: FaultKind
    seconds: float = 0.0
    code: int = DEVICE_FAILURE
    seed: int = 0  # of the noise


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Which request meets which fault: what `script` says for its number (from 1), else each kind at its rate.

    Rates are 0..1 and together at most 1. `late`, `pause` and `gone` bound the random seconds of their kinds.
    """

    script: Mapping[int, LineFault] = field(default_factory=dict)
    rates: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 1
    late: tuple[float, float] = (0.2, 1.2)
    pause: tuple[float, float] = (0.01, 0.1)
    gone: tuple[float, float] = (0.2, 1.0)

    def __post_init__(self) -> None:
        """Refuse rates that are no probabilities."""
        if any(rate < 0 for rate in self.rates.values()) or sum(self.rates.values()) > 1 + 1e-9:
            raise ValueError("Fault rates must not be negative, and together not above 1")

    @classmethod
    def mixed(cls, rate: float, seed: int = 1) -> FaultPlan:
        """Every kind equally often, `rate` (0..1) of all requests together."""
        return cls(rates=dict.fromkeys(FaultKind, rate / len(FaultKind)), seed=seed)

    def fault(self, number: int) -> LineFault | None:
        """The fault of request `number`, or None."""
        if number in self.script or not self.rates:
            return self.script.get(number)
        chance = Random(f"{self.seed} {number}")  # noqa: S311
        draw = chance.random()
        for kind, rate in self.rates.items():
            if draw < rate:
                span = {FaultKind.LATE: self.late, FaultKind.SPLIT: self.pause, FaultKind.PORT_GONE: self.gone}.get(
                    kind
                )
                seconds = chance.uniform(*span) if span else 0.0
                return LineFault(kind, seconds, chance.choice((DEVICE_FAILURE, DEVICE_BUSY)), chance.getrandbits(32))
            draw -= rate
        return None


@dataclass(frozen=True, slots=True)
class ResponsePart:
    """Bytes that go out in one run, `wait` seconds after the piece before (the first: after the turnaround)."""

    wait: float
    data: bytes


def response_parts(fault: LineFault | None, answer: Adu, framing: ServerFraming) -> list[ResponsePart]:
    """What goes onto the line for `answer`; nothing when it is lost."""
    frame = framing.pack(answer)
    if fault is None or fault.kind not in _DISTORTIONS:
        return [ResponsePart(0.0, frame)]
    return _DISTORTIONS[fault.kind](fault, answer, framing, frame)


def _noise(fault: LineFault) -> bytes:
    chance = Random(fault.seed)  # noqa: S311
    return chance.randbytes(chance.randint(1, 24))


def _split(fault: LineFault, frame: bytes) -> list[ResponsePart]:
    middle = len(frame) // 2
    return [ResponsePart(0.0, frame[:middle]), ResponsePart(fault.seconds, frame[middle:])]


def _foreign(answer: Adu, framing: ServerFraming) -> bytes:
    return framing.pack(Adu(answer.unit % 247 + 1, answer.pdu, answer.transaction))


_DISTORTIONS: dict[FaultKind, Callable[[LineFault, Adu, ServerFraming, bytes], list[ResponsePart]]] = {
    FaultKind.LATE: lambda fault, _, __, frame: [ResponsePart(fault.seconds, frame)],
    FaultKind.LOST: lambda *_: [],
    FaultKind.CRC: lambda _, __, framing, frame: [ResponsePart(0.0, framing.damage(frame))],
    FaultKind.TRUNCATED: lambda _, __, ___, frame: [ResponsePart(0.0, frame[: len(frame) // 2])],
    FaultKind.FOREIGN: lambda _, answer, framing, __: [ResponsePart(0.0, _foreign(answer, framing))],
    FaultKind.SPLIT: lambda fault, _, __, frame: _split(fault, frame),
    FaultKind.GARBAGE_BEFORE: lambda fault, _, __, frame: [ResponsePart(0.0, _noise(fault)), ResponsePart(0.0, frame)],
    FaultKind.GARBAGE_INSTEAD: lambda fault, *_: [ResponsePart(0.0, _noise(fault))],
}
