"""The inverter's end of the line as a state machine: bytes with their arrival times in, parts of responses out.

It performs no input or output and reads no clock, so tests can use any times.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from .faults import NOT_EXECUTED, FaultKind, FaultPlan, LineFault, ResponsePart, response_parts
from .frames import Adu, InvalidFrameError, ServerFraming
from .line_timing import LineTiming
from .request_handler import RequestHandler
from .traffic import RecordedTransaction, TrafficLog

MAX_FRAME_SIZE = 512


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """The behaviour of the line.

    If `fails_on_overlap`, bytes that arrive while a request is served discard both requests, and the inverter ignores
    the line for `recovery_seconds`.
    """

    timing: LineTiming = field(default_factory=LineTiming)
    faults: FaultPlan = field(default_factory=FaultPlan)
    fails_on_overlap: bool = True
    recovery_seconds: float = 1.0


class Channel:
    """Finds requests in the received bytes, has them handled, and sends the responses with the line's timing."""

    def __init__(
        self,
        framing: ServerFraming,
        handler: RequestHandler,
        options: ChannelOptions,
        traffic: TrafficLog,
        send: Callable[[bytes], None],
        interrupt_port: Callable[[float], None],
    ) -> None:
        """Respond through `send`; `interrupt_port` closes the port for that many seconds."""
        self._framing, self._handler, self._options, self._traffic = framing, handler, options, traffic
        self._send, self._interrupt_port = send, interrupt_port
        self._buffer = bytearray()
        self._events: deque[tuple[float, Callable[[float], None]]] = deque()
        self._transaction: RecordedTransaction | None = None
        self._request_start = self._request_end = self._line_idle_since = self._ignore_until = -inf
        self._preceding_silence = inf

    @property
    def next_event_at(self) -> float:
        """The time of the next event for `run`; infinity if there is none."""
        if self._events:
            return self._events[0][0]
        return self._request_end + self._options.timing.end_of_frame if self._buffer else inf

    def receive(self, data: bytes, now: float) -> None:
        """Process bytes that arrived at `now`."""
        counters, timing = self._traffic.counters, self._options.timing
        counters.bytes_in += len(data)
        silence = now - self._line_idle_since
        self._line_idle_since = max(self._line_idle_since, now) + len(data) * timing.character
        if now < self._ignore_until:
            counters.ignored_bytes += len(data)
            return
        if self._events:
            self._handle_overlap(now)
            return
        if not self._buffer:
            self._request_start, self._preceding_silence = now, silence
            counters.short_silences += timing.paced and silence < timing.silent_interval
        self._request_end = self._line_idle_since
        self._buffer += data
        self._extract_request(now)

    def run(self, now: float) -> None:
        """Process every event due at `now`."""
        if self._buffer and not self._events and now >= self.next_event_at:
            self._accept(self._take_from_buffer(len(self._buffer)))
        while self._events and self._events[0][0] <= now:
            self._events.popleft()[1](now)

    def _take_from_buffer(self, size: int) -> bytes:
        frame = bytes(self._buffer[:size])
        self._buffer.clear()
        return frame

    def _extract_request(self, now: float) -> None:
        size = len(self._buffer)
        try:
            frame_size = self._framing.frame_size(bytes(self._buffer)) or MAX_FRAME_SIZE
        except InvalidFrameError:
            self._traffic.counters.garbage += 1
            self._buffer.clear()
            return
        if size >= frame_size:
            self._accept(self._take_from_buffer(frame_size))
            if size > frame_size and self._events:
                self._handle_overlap(now)

    def _accept(self, frame: bytes) -> None:
        """Check and record a request, and schedule its execution."""
        counters = self._traffic.counters
        try:
            request = self._framing.decode(frame)
        except InvalidFrameError:
            complete = self._framing.frame_size(frame) == len(frame)
            counters.crc_errors += complete
            counters.garbage += not complete
            return
        if not self._handler.accepts(request.unit):
            counters.other_units += 1
            return
        counters.requests += 1
        fault = self._options.faults.fault(counters.requests)
        transaction = RecordedTransaction(
            counters.requests,
            self._request_start,
            self._request_end,
            self._preceding_silence,
            frame,
            fault=fault.kind if fault else None,
        )
        self._traffic.transactions.append(transaction)
        self._transaction = transaction
        received_at = self._request_end + self._options.timing.silent_interval
        self._events.append((received_at, lambda _: self._execute(request, transaction, fault, received_at)))

    def _execute(
        self, request: Adu, transaction: RecordedTransaction, fault: LineFault | None, received_at: float
    ) -> None:
        """Execute a request that was received at `received_at`, and schedule its response."""
        response_start = received_at + self._options.timing.turnaround
        if fault is not None and fault.kind is FaultKind.PORT_GONE:
            self._interrupt_port(fault.seconds)
            return
        if fault is None or fault.kind not in NOT_EXECUTED:
            response = self._handler.handle(request)
        else:
            response = self._handler.reject(request, fault.code) if fault.kind is FaultKind.EXCEPTION else None
        parts = response_parts(fault, response, self._framing) if response is not None else []
        if parts:
            self._schedule_response(parts, transaction, response_start)
        else:
            self._events.append((response_start, lambda _: None))

    def _schedule_response(self, parts: list[ResponsePart], transaction: RecordedTransaction, moment: float) -> None:
        """Schedule each chunk for the moment at which its last character has crossed the line."""
        timing = self._options.timing
        for part in parts:
            moment += part.delay
            chunk_size = timing.chunk if timing.paced else len(part.data)
            for start in range(0, len(part.data), chunk_size):
                chunk = part.data[start : start + chunk_size]
                moment += len(chunk) * timing.character
                self._events.append(
                    (moment, lambda now, chunk=chunk: self._send_chunk(chunk, transaction, now))  # type: ignore[misc]
                )
        transaction.due = moment

    def _send_chunk(self, chunk: bytes, transaction: RecordedTransaction, now: float) -> None:
        counters = self._traffic.counters
        self._line_idle_since = max(self._line_idle_since, now)
        transaction.response_start = now if transaction.response_start is None else transaction.response_start
        transaction.response += chunk
        if not self._events:
            transaction.response_end = now
            counters.responses += 1
        counters.bytes_out += len(chunk)
        self._send(chunk)

    def _handle_overlap(self, now: float) -> None:
        self._traffic.counters.overlaps += 1
        if self._transaction is not None:
            self._transaction.overlapped = True
        if self._options.fails_on_overlap:
            self._events.clear()
            self._ignore_until = now + self._options.recovery_seconds
