"""How fast the line is, and the record it keeps: the judge's clock and notebook."""

from collections import deque
from dataclasses import dataclass, field

from .faults import FaultKind

CHARACTER_BITS = 10  # start, eight data bits, stop
SILENT_CHARACTERS = 3.5
LOG_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class LineTiming:
    """Times of the line in seconds.

    `paced` False: characters take no time, gaps are not judged, only the turnaround stays. `silence` ends a request of
    unknown length; it is longer than 3.5 characters, since a pty hands bytes over when it likes.
    """

    baud: int = 9600
    turnaround: float = 0.03
    paced: bool = True
    chunk: int = 16
    silence: float = 0.02

    @property
    def character(self) -> float:
        """One character on the wire."""
        return CHARACTER_BITS / self.baud if self.paced else 0.0

    @property
    def gap(self) -> float:
        """The silence that must lie before every frame."""
        return SILENT_CHARACTERS * self.character

    def ideal(self, request: int, answer: int) -> float:
        """From the first byte of a request of so many bytes until the next request may begin, gaps included."""
        return (request + answer) * self.character + 2 * self.gap + self.turnaround


@dataclass(slots=True)
class RecordedTransaction:
    """One request to the device and what became of it; all times are monotonic seconds.

    `arrived` is the first byte's arrival, `heard` the moment when the last one has crossed the wire, `gap` the silence
    before. `due` is when the answer's last byte should be out, `began` and `ended` when the first and last part went.
    """

    number: int
    arrived: float
    heard: float
    gap: float
    request: bytes
    answer: bytes = b""
    due: float | None = None
    began: float | None = None
    ended: float | None = None
    fault: FaultKind | None = None
    overlapped: bool = False


@dataclass(slots=True)
class TrafficCounters:
    """What the line counts."""

    requests: int = 0  # whole requests to this device
    answers: int = 0  # answers sent to their end, faulty ones too
    overlaps: int = 0  # bursts of bytes while a request was being served
    short_gaps: int = 0  # requests after less than 3.5 characters of silence
    bytes_in: int = 0
    bytes_out: int = 0
    damaged: int = 0  # frames with a wrong CRC
    garbage: int = 0  # bursts that were no frame
    unheard: int = 0  # bytes while the device was deaf
    others: int = 0  # requests to another unit, or to a device that is starting
    wrong_speed: int = 0  # bytes at another baud rate than the line's


@dataclass(slots=True)
class TrafficLog:
    """The tally and the latest exchanges, oldest first."""

    tally: TrafficCounters = field(default_factory=TrafficCounters)
    exchanges: deque[RecordedTransaction] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
