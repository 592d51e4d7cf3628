"""One client's side of the line as a pure state machine: bytes in at their time, parts of answers out at theirs.

It does no input or output and reads no clock, so that it can be tested with any times.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

from .faults import NOT_EXECUTED, FaultKind, FaultPlan, LineFault, ResponsePart, response_parts
from .frames import Adu, InvalidFrameError, ServerFraming
from .line_timing import LineTiming, RecordedTransaction, TrafficLog
from .request_handler import RequestHandler

LONGEST_FRAME = 512


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """How the line behaves. `fragile`: an overlap loses both requests and leaves the device deaf for `deaf_seconds`."""

    pace: LineTiming = field(default_factory=LineTiming)
    faults: FaultPlan = field(default_factory=FaultPlan)
    fragile: bool = True
    deaf_seconds: float = 1.0


class Channel:
    """Cuts requests out of the bytes, has them served, and gives the answers out at the line's pace."""

    def __init__(
        self,
        framing: ServerFraming,
        service: RequestHandler,
        rules: ChannelOptions,
        record: TrafficLog,
        send: Callable[[bytes], None],
        lose_port: Callable[[float], None],
    ) -> None:
        """Answer through `send`; `lose_port` takes the port away for so many seconds."""
        self._framing, self._service, self._rules, self._record = framing, service, rules, record
        self._send, self._lose_port = send, lose_port
        self._buffer = bytearray()
        self._events: deque[tuple[float, Callable[[float], None]]] = deque()
        self._exchange: RecordedTransaction | None = None
        self._arrived = self._heard = self._last = self._deaf_until = -inf
        self._gap = inf

    @property
    def due(self) -> float:
        """When `run` has something to do next; infinity when nothing is pending."""
        if self._events:
            return self._events[0][0]
        return self._heard + self._rules.pace.silence if self._buffer else inf

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes that came in at `now`."""
        tally, character = self._record.tally, self._rules.pace.character
        tally.bytes_in += len(data)
        gap = now - self._last
        self._last = max(self._last, now) + len(data) * character
        if now < self._deaf_until:
            tally.unheard += len(data)
            return
        if self._events:
            self._overlap(now)
            return
        if not self._buffer:
            self._arrived, self._gap = now, gap
            tally.short_gaps += self._rules.pace.paced and gap < self._rules.pace.gap
        self._heard = self._last
        self._buffer += data
        self._cut(now)

    def run(self, now: float) -> None:
        """Do everything that is due at `now`."""
        if self._buffer and not self._events and now >= self.due:
            self._accept(self._take(len(self._buffer)))
        while self._events and self._events[0][0] <= now:
            self._events.popleft()[1](now)

    def _take(self, size: int) -> bytes:
        frame = bytes(self._buffer[:size])
        self._buffer.clear()
        return frame

    def _cut(self, now: float) -> None:
        size = len(self._buffer)
        try:
            length = self._framing.length(bytes(self._buffer)) or LONGEST_FRAME
        except InvalidFrameError:
            self._discard()
            return
        if size >= length:
            self._accept(self._take(length))
            if size > length and self._events:
                self._overlap(now)

    def _discard(self) -> None:
        self._record.tally.garbage += 1
        self._buffer.clear()

    def _accept(self, frame: bytes) -> None:
        tally = self._record.tally
        try:
            request = self._framing.unpack(frame)
        except InvalidFrameError:
            whole = self._framing.length(frame) == len(frame)
            tally.damaged += whole
            tally.garbage += not whole
            return
        if not self._service.concerns(request.unit):
            tally.others += 1
            return
        tally.requests += 1
        fault = self._rules.faults.fault(tally.requests)
        exchange = RecordedTransaction(
            tally.requests, self._arrived, self._heard, self._gap, frame, fault=fault.kind if fault else None
        )
        self._record.exchanges.append(exchange)
        self._exchange = exchange
        understood = self._heard + self._rules.pace.gap
        self._events.append((understood, lambda _: self._serve(request, exchange, fault, understood)))

    def _serve(self, request: Adu, exchange: RecordedTransaction, fault: LineFault | None, understood: float) -> None:
        """Carry the request out when it has been understood, and plan the answer; until then the device is busy."""
        start = understood + self._rules.pace.turnaround
        if fault is not None and fault.kind is FaultKind.PORT_GONE:
            self._lose_port(fault.seconds)
            return
        if fault is None or fault.kind not in NOT_EXECUTED:
            answer = self._service.answer(request)
        else:
            answer = self._service.refusal(request, fault.code) if fault.kind is FaultKind.EXCEPTION else None
        runs = response_parts(fault, answer, self._framing) if answer is not None else []
        if runs:
            self._plan(runs, exchange, start)
        else:
            self._events.append((start, lambda _: None))

    def _plan(self, runs: list[ResponsePart], exchange: RecordedTransaction, moment: float) -> None:
        """Every part leaves when its last character has crossed the wire."""
        pace = self._rules.pace
        for run in runs:
            moment += run.wait
            chunk = pace.chunk if pace.paced else len(run.data)
            for start in range(0, len(run.data), chunk):
                part = run.data[start : start + chunk]
                moment += len(part) * pace.character
                self._events.append((moment, lambda now, part=part: self._put(part, exchange, now)))  # type: ignore[misc]
        exchange.due = moment

    def _put(self, part: bytes, exchange: RecordedTransaction, now: float) -> None:
        tally = self._record.tally
        self._last = max(self._last, now)
        exchange.began = now if exchange.began is None else exchange.began
        exchange.answer += part
        if not self._events:
            exchange.ended = now
            tally.answers += 1
        tally.bytes_out += len(part)
        self._send(part)

    def _overlap(self, now: float) -> None:
        self._record.tally.overlaps += 1
        if self._exchange is not None:
            self._exchange.overlapped = True
        if self._rules.fragile:
            self._events.clear()
            self._deaf_until = now + self._rules.deaf_seconds
