"""What happened on the wire, counted. Written by the bus's thread, read by anyone through a snapshot."""

from collections import Counter, deque
from dataclasses import dataclass
import threading
import time

from .errors import ModbusError
from .timing import DEFAULT_TURNAROUND

_WINDOW = 512
_SHARE_WINDOW = 300.0


def percentile(values: list[float], share: float) -> float | None:
    """The value below which that share of the sorted values lies; None of none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


@dataclass(frozen=True, slots=True)
class StatisticsSnapshot:
    """Statistics of one moment. Times in seconds; `wire_share` is 0..1 of the last five minutes."""

    requests: int
    answers: int
    errors: dict[str, int]
    turnaround_p50: float | None
    turnaround_p99: float | None
    queue_wait_p50: float | None
    queue_wait_p99: float | None
    wire_share: float
    registers_read: int
    registers_needed: int
    writes: int
    writes_confirmed_by_reading: int
    late_answers: int
    stray_bytes: int
    foreign_frames: int
    reconnects: int

    @property
    def error_count(self) -> int:
        """Errors of every kind."""
        return sum(self.errors.values())


class ClientStatistics:
    """Counters and recent samples of one bus."""

    def __init__(self) -> None:
        """Start from nothing."""
        self._lock = threading.Lock()
        self._turnarounds: deque[float] = deque(maxlen=_WINDOW)
        self._waits: deque[float] = deque(maxlen=_WINDOW)
        self._busy: deque[tuple[float, float]] = deque()
        self._born = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def count(self, what: str, by: int = 1) -> None:
        """Add to one of the plain counters (a field of Snapshot)."""
        with self._lock:
            self._counts[what] += by

    def error(self, error: ModbusError) -> None:
        """Count an error under its kind."""
        with self._lock:
            self._errors[error.kind] += 1

    def waited(self, seconds: float) -> None:
        """A request left the queue."""
        with self._lock:
            self._waits.append(seconds)

    def answered(self, turnaround: float) -> None:
        """An answer came, that long after the request had left the wire."""
        with self._lock:
            self._counts["answers"] += 1
            self._turnarounds.append(max(turnaround, 0.0))

    def busy(self, start: float, end: float) -> None:
        """The wire was in use between two monotonic times."""
        with self._lock:
            self._busy.append((start, end))
            while self._busy and self._busy[0][1] < end - _SHARE_WINDOW:
                self._busy.popleft()

    @property
    def turnaround(self) -> float:
        """The usual turnaround, or a guess before there is one."""
        with self._lock:
            return percentile(list(self._turnarounds), 0.5) or DEFAULT_TURNAROUND

    def snapshot(self) -> StatisticsSnapshot:
        """All of it, at this moment."""
        now = time.monotonic()
        with self._lock:
            since = max(now - _SHARE_WINDOW, self._born)
            used = sum(min(end, now) - max(start, since) for start, end in self._busy if end > since)
            turnarounds, waits, counts, errors = (
                list(self._turnarounds),
                list(self._waits),
                self._counts.copy(),
                dict(self._errors),
            )
        return StatisticsSnapshot(
            requests=counts["requests"],
            answers=counts["answers"],
            errors=errors,
            turnaround_p50=percentile(turnarounds, 0.5),
            turnaround_p99=percentile(turnarounds, 0.99),
            queue_wait_p50=percentile(waits, 0.5),
            queue_wait_p99=percentile(waits, 0.99),
            wire_share=used / (now - since) if now > since else 0.0,
            registers_read=counts["registers_read"],
            registers_needed=counts["registers_needed"],
            writes=counts["writes"],
            writes_confirmed_by_reading=counts["writes_confirmed_by_reading"],
            late_answers=counts["late_answers"],
            stray_bytes=counts["stray_bytes"],
            foreign_frames=counts["foreign_frames"],
            reconnects=counts["reconnects"],
        )
