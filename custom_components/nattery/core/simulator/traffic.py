"""The record of what happened on the simulated line."""

from collections import deque
from dataclasses import dataclass, field

from .faults import FaultKind

MAX_TRANSACTIONS = 20_000


@dataclass(slots=True)
class RecordedTransaction:
    """One request to the simulated inverter and its response; all times are monotonic seconds.

    `started` is when the first byte of the request arrived, and `request_end` when its last byte has crossed the line.
    `preceding_silence` is the silence before the request. `due` is when the last byte of the response should be sent.
    """

    number: int
    started: float
    request_end: float
    preceding_silence: float
    request: bytes
    response: bytes = b""
    due: float | None = None
    response_start: float | None = None
    response_end: float | None = None
    fault: FaultKind | None = None
    overlapped: bool = False


@dataclass(slots=True)
class TrafficCounters:
    """Counters of one line."""

    requests: int = 0  # complete requests to this unit
    responses: int = 0  # responses sent completely, including faulty ones
    overlaps: int = 0  # bursts of bytes received while a request was being served
    short_silences: int = 0  # requests after less than 3.5 characters of silence
    bytes_in: int = 0
    bytes_out: int = 0
    crc_errors: int = 0
    garbage: int = 0  # bursts of bytes that are not a frame
    ignored_bytes: int = 0  # bytes received while the inverter recovered from an overlap
    other_units: int = 0  # requests to another unit, or while the inverter restarts
    wrong_baud_bytes: int = 0  # bytes sent at another baud rate than the line's


@dataclass(slots=True)
class TrafficLog:
    """The counters and the latest transactions, oldest first."""

    counters: TrafficCounters = field(default_factory=TrafficCounters)
    transactions: deque[RecordedTransaction] = field(default_factory=lambda: deque(maxlen=MAX_TRANSACTIONS))
