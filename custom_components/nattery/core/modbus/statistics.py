"""Counters and samples of a Modbus client. The client's thread writes them; any thread may take a snapshot."""

from collections import Counter, deque
from dataclasses import dataclass
import threading
import time

from .errors import ModbusError
from .timing import DEFAULT_TURNAROUND

_MAX_SAMPLES = 512
_LOAD_WINDOW = 300.0  # seconds


def percentile(values: list[float], quantile: float) -> float | None:
    """Return the value at `quantile` (0..1) of the values, or None if there are none."""
    return sorted(values)[min(len(values) - 1, int(quantile * len(values)))] if values else None


@dataclass(frozen=True, slots=True)
class StatisticsSnapshot:
    """The statistics at one moment, with times in seconds and the bus load (0..1) of the last five minutes."""

    requests: int
    responses: int
    errors: dict[str, int]
    turnaround_p50: float | None
    turnaround_p99: float | None
    queue_wait_p50: float | None
    queue_wait_p99: float | None
    bus_load: float
    registers_read: int
    registers_needed: int
    writes: int
    writes_confirmed_by_reading: int
    late_responses: int
    stray_bytes: int
    foreign_frames: int
    reconnects: int

    @property
    def error_count(self) -> int:
        """The number of errors of all kinds."""
        return sum(self.errors.values())


class ClientStatistics:
    """Counters and recent samples of one client."""

    def __init__(self) -> None:
        """Start with zero counters."""
        self._lock = threading.Lock()
        self._turnarounds: deque[float] = deque(maxlen=_MAX_SAMPLES)
        self._queue_waits: deque[float] = deque(maxlen=_MAX_SAMPLES)
        self._busy_periods: deque[tuple[float, float]] = deque()
        self._busy_seconds = 0.0  # sum of the periods
        self._started_at = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def count(self, counter: str, by: int = 1) -> None:
        """Increase a counter, which is a field of StatisticsSnapshot."""
        with self._lock:
            self._counts[counter] += by

    def record_error(self, error: ModbusError) -> None:
        """Count an error under its kind."""
        with self._lock:
            self._errors[error.kind] += 1

    def record_wait(self, seconds: float) -> None:
        """Record how long a request waited in the queue."""
        with self._lock:
            self._queue_waits.append(seconds)

    def record_response(self, turnaround: float) -> None:
        """Count a response and record its turnaround delay."""
        with self._lock:
            self._counts["responses"] += 1
            self._turnarounds.append(max(turnaround, 0.0))

    def record_busy(self, start: float, end: float) -> None:
        """Record that the line was in use between two monotonic times."""
        with self._lock:
            self._busy_periods.append((start, end))
            self._busy_seconds += end - start
            self._drop_busy_periods(end - _LOAD_WINDOW)

    def _drop_busy_periods(self, until: float) -> None:
        while self._busy_periods and self._busy_periods[0][1] <= until:
            start, end = self._busy_periods.popleft()
            self._busy_seconds -= end - start

    @property
    def turnaround(self) -> float:
        """The median turnaround delay, or a default before the first response."""
        with self._lock:
            return percentile(list(self._turnarounds), 0.5) or DEFAULT_TURNAROUND

    def snapshot(self) -> StatisticsSnapshot:
        """Return all statistics at this moment."""
        now = time.monotonic()
        with self._lock:
            since = max(now - _LOAD_WINDOW, self._started_at)
            self._drop_busy_periods(since)
            used = self._busy_seconds - (max(since - self._busy_periods[0][0], 0.0) if self._busy_periods else 0.0)
            turnarounds, waits, counts, errors = (
                list(self._turnarounds),
                list(self._queue_waits),
                self._counts.copy(),
                dict(self._errors),
            )
        return StatisticsSnapshot(
            requests=counts["requests"],
            responses=counts["responses"],
            errors=errors,
            turnaround_p50=percentile(turnarounds, 0.5),
            turnaround_p99=percentile(turnarounds, 0.99),
            queue_wait_p50=percentile(waits, 0.5),
            queue_wait_p99=percentile(waits, 0.99),
            bus_load=used / (now - since) if now > since else 0.0,
            registers_read=counts["registers_read"],
            registers_needed=counts["registers_needed"],
            writes=counts["writes"],
            writes_confirmed_by_reading=counts["writes_confirmed_by_reading"],
            late_responses=counts["late_responses"],
            stray_bytes=counts["stray_bytes"],
            foreign_frames=counts["foreign_frames"],
            reconnects=counts["reconnects"],
        )
