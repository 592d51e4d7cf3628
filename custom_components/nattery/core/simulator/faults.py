"""Faults of the line, by request number: scripted, or random but repeatable from a seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from .frames import Adu, ServerFraming
from .memory import DEVICE_BUSY, DEVICE_FAILURE


class FaultKind(StrEnum):
    """What goes wrong with one request."""

    LATE = "late"  # the response is sent `seconds` late
    RESPONSE_LOST = "lost"  # executed, but the response is lost
    REQUEST_LOST = "unheard"  # the request is lost
    CRC = "crc"  # one bit of the response is flipped
    TRUNCATED = "truncated"  # the response ends half-way
    WRONG_UNIT = "foreign"  # the response carries another unit id
    SPLIT = "split"  # the response pauses for `seconds` half-way
    GARBAGE_BEFORE = "garbage_before"  # noise before the response
    GARBAGE_INSTEAD = "garbage_instead"  # noise instead of the response
    EXCEPTION = "exception"  # not executed; exception response with `code`
    PORT_GONE = "port_gone"  # not executed; the port disappears for `seconds`


# Kinds with which the inverter does not execute the request.
NOT_EXECUTED = frozenset({FaultKind.REQUEST_LOST, FaultKind.EXCEPTION, FaultKind.PORT_GONE})


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault; the kind determines which fields matter."""

    kind: FaultKind
    seconds: float = 0.0
    code: int = DEVICE_FAILURE
    seed: int = 0  # seed of the noise


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Which request meets which fault: the one in `script` for its number (from 1), else each kind at its rate.

    Rates are 0..1 and at most 1 in total. `late`, `pause` and `gone` are the ranges of the random seconds of their
    kinds.
    """

    script: Mapping[int, LineFault] = field(default_factory=dict)
    rates: Mapping[FaultKind, float] = field(default_factory=dict)
    seed: int = 1
    late: tuple[float, float] = (0.2, 1.2)
    pause: tuple[float, float] = (0.01, 0.1)
    gone: tuple[float, float] = (0.2, 1.0)

    def __post_init__(self) -> None:
        """Raise ValueError if the rates are not probabilities."""
        if any(rate < 0 for rate in self.rates.values()) or sum(self.rates.values()) > 1 + 1e-9:
            raise ValueError("Fault rates must not be negative, and together not above 1")

    @classmethod
    def mixed(cls, rate: float, seed: int = 1) -> FaultPlan:
        """Return a plan in which all kinds are equally likely, with `rate` (0..1) in total."""
        return cls(rates=dict.fromkeys(FaultKind, rate / len(FaultKind)), seed=seed)

    def fault(self, number: int) -> LineFault | None:
        """Return the fault of request `number`, or None."""
        if number in self.script or not self.rates:
            return self.script.get(number)
        random = Random(f"{self.seed} {number}")  # noqa: S311
        draw = random.random()
        for kind, rate in self.rates.items():
            if draw < rate:
                bounds = {FaultKind.LATE: self.late, FaultKind.SPLIT: self.pause, FaultKind.PORT_GONE: self.gone}.get(
                    kind
                )
                seconds = random.uniform(*bounds) if bounds else 0.0
                return LineFault(kind, seconds, random.choice((DEVICE_FAILURE, DEVICE_BUSY)), random.getrandbits(32))
            draw -= rate
        return None


@dataclass(frozen=True, slots=True)
class ResponsePart:
    """Bytes sent without a pause, `delay` seconds after the previous part or the turnaround."""

    delay: float
    data: bytes


def response_parts(fault: LineFault | None, response: Adu, framing: ServerFraming) -> list[ResponsePart]:
    """Return what is sent for `response`; nothing if it is lost."""
    frame = framing.encode(response)
    if fault is None or fault.kind not in _ENCODERS:
        return [ResponsePart(0.0, frame)]
    return _ENCODERS[fault.kind](fault, response, framing, frame)


def _noise_bytes(fault: LineFault) -> bytes:
    random = Random(fault.seed)  # noqa: S311
    return random.randbytes(random.randint(1, 24))


def _split(fault: LineFault, frame: bytes) -> list[ResponsePart]:
    middle = len(frame) // 2
    return [ResponsePart(0.0, frame[:middle]), ResponsePart(fault.seconds, frame[middle:])]


def _from_wrong_unit(response: Adu, framing: ServerFraming) -> bytes:
    return framing.encode(Adu(response.unit % 247 + 1, response.pdu, response.transaction_id))


_ENCODERS: dict[FaultKind, Callable[[LineFault, Adu, ServerFraming, bytes], list[ResponsePart]]] = {
    FaultKind.LATE: lambda fault, _, __, frame: [ResponsePart(fault.seconds, frame)],
    FaultKind.RESPONSE_LOST: lambda *_: [],
    FaultKind.CRC: lambda _, __, framing, frame: [ResponsePart(0.0, framing.corrupt(frame))],
    FaultKind.TRUNCATED: lambda _, __, ___, frame: [ResponsePart(0.0, frame[: len(frame) // 2])],
    FaultKind.WRONG_UNIT: lambda _, response, framing, __: [ResponsePart(0.0, _from_wrong_unit(response, framing))],
    FaultKind.SPLIT: lambda fault, _, __, frame: _split(fault, frame),
    FaultKind.GARBAGE_BEFORE: lambda fault, _, __, frame: [
        ResponsePart(0.0, _noise_bytes(fault)),
        ResponsePart(0.0, frame),
    ],
    FaultKind.GARBAGE_INSTEAD: lambda fault, *_: [ResponsePart(0.0, _noise_bytes(fault))],
}
