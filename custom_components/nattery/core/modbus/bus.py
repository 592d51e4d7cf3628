"""The one owner of the wire: takes requests one at a time and never gives an answer to another request.

Callers get futures. Cancelling a caller takes its request out of the queue if it has not begun, and never touches the
wire. After silence or a bad frame nothing is sent until the slowest plausible answer can no longer come; the link is
then opened afresh.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
import heapq
import itertools
import logging
import threading
import time

from .errors import (
    AcknowledgeError,
    BadFrameError,
    DeviceBusyError,
    DeviceFailureError,
    ExceptionAnswerError,
    LinkDownError,
    ModbusError,
    NoAnswerError,
    UncertainWriteError,
)
from .frames import Answer, Read, Request, Write, check_request, holds_answer
from .link import Link
from .statistics import Statistics
from .timing import Timing

_LOGGER = logging.getLogger(__name__)

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
_WATCH_PORT = 0.1  # how often a missing port is looked for
_LONGEST_NOISE = 1.0  # how long a line may babble before a request gives up on silence
_PASSING = (NoAnswerError, BadFrameError, DeviceBusyError, DeviceFailureError, AcknowledgeError)


class Priority(IntEnum):
    """Who goes first."""

    PERSON = 0  # writes, and reads that somebody waits for
    POLL = 1


@dataclass(order=True, slots=True)
class _Job:
    priority: Priority
    number: int
    request: Request = field(compare=False)
    readable: bool = field(compare=False)
    queued: float = field(compare=False)
    future: Future[Answer] = field(compare=False, default_factory=Future)


class Bus:
    """One line with its queue, its clockwork and its statistics. Safe to call from any thread and any event loop."""

    def __init__(
        self, link: Link, *, timing: Timing | None = None, on_link: Callable[[bool], None] | None = None
    ) -> None:
        """Own `link` from `start` to `close`. `on_link` is called in the bus's thread when the link comes or goes."""
        self.timing = timing or link.timing()
        self.statistics = Statistics()
        self._link = link
        self._on_link = on_link
        self._queue: list[_Job] = []
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._last_byte = 0.0
        self._quiet_until = 0.0  # until then an answer to an abandoned request may still come
        self._backoff = FIRST_BACKOFF
        self._next_attempt = 0.0
        self._down: LinkDownError | None = None
        self._seen: object = None
        self._announced: bool | None = None

    @property
    def place(self) -> str:
        """The port or address of the line."""
        return self._link.place

    @property
    def connected(self) -> bool:
        """Whether the line is open now."""
        return self._link.is_open

    def start(self) -> None:
        """Begin to serve; the link is opened in the bus's own thread."""
        self._thread = threading.Thread(target=self._serve, name=f"nattery bus {self.place}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what is on the wire, fail what waits, give the port back. Blocks for at most the longest silence."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def submit(self, request: Request, priority: Priority = Priority.POLL, *, readable: bool = True) -> Future[Answer]:
        """Queue a request; the future gives its Answer or raises a ModbusError.

        `readable` says that a written register can be read back, which is what happens when its write went unanswered.
        """
        check_request(request)
        job = _Job(priority, next(self._numbers), request, readable, time.monotonic())
        with self._wake:
            if self._closing:
                raise LinkDownError(self.place, "closed")
            heapq.heappush(self._queue, job)
            self._wake.notify()
        return job.future

    async def read(self, unit: int, address: int, count: int, priority: Priority = Priority.POLL) -> Answer:
        """Read registers; raises a ModbusError."""
        return await asyncio.wrap_future(self.submit(Read(unit, address, count), priority))

    async def write(self, unit: int, address: int, words: tuple[int, ...], *, readable: bool = True) -> Answer:
        """Write registers, ahead of every poll; raises a ModbusError."""
        return await asyncio.wrap_future(self.submit(Write(unit, address, words), Priority.PERSON, readable=readable))

    # The bus's thread from here on.

    def _serve(self) -> None:
        try:
            while (job := self._next()) is not None:
                if not job.future.set_running_or_notify_cancel():
                    continue
                self.statistics.waited(time.monotonic() - job.queued)
                try:
                    answer = self._perform(job)
                except Exception as error:  # noqa: BLE001  (whatever it is belongs to the caller; the bus must live)
                    job.future.set_exception(error)
                else:
                    job.future.set_result(answer)
        finally:
            self._link.close()
            for job in self._queue:
                if job.future.set_running_or_notify_cancel():
                    job.future.set_exception(LinkDownError(self.place, "closed"))

    def _next(self) -> _Job | None:
        while True:
            with self._wake:
                if self._closing:
                    return None
                if self._queue:
                    return heapq.heappop(self._queue)
                if self._link.is_open:
                    self._wake.wait()
                    continue
                self._wake.wait(min(max(self._next_attempt - time.monotonic(), 0.0), _WATCH_PORT))
            if not self._queue:
                self._try_open()

    def _perform(self, job: _Job) -> Answer:
        if isinstance(job.request, Write):
            return self._write(job.request, readable=job.readable)
        return self._read(job.request)

    def _read(self, request: Read) -> Answer:
        try:
            return self._exchange(request)
        except _PASSING:
            return self._exchange(request)
        except LinkDownError as error:
            # A port lost in the middle may be back at once (a USB reset); one that never opened is not tried twice.
            if error.reason != "lost":
                raise
            return self._exchange(request)

    def _write(self, request: Write, *, readable: bool) -> Answer:
        self.statistics.count("writes")
        try:
            return self._exchange(request)
        except (NoAnswerError, BadFrameError, LinkDownError) as error:
            if isinstance(error, LinkDownError) and error.reason != "lost":
                raise
            if not readable:
                raise UncertainWriteError(request) from error
        # Nobody knows whether it arrived. Every write wears the EEPROM, so it is looked up before it is sent again.
        try:
            found = self._read(Read(request.unit, request.address, request.count))
        except ModbusError as error:
            raise UncertainWriteError(request) from error
        if found.words == request.words:
            self.statistics.count("writes_confirmed_by_reading")
            return Answer(found.unit, ())
        self.statistics.count("writes")
        return self._exchange(request)

    def _exchange(self, request: Request) -> Answer:
        self._make_ready()
        try:
            return self._transact(request)
        except LinkDownError as error:
            self.statistics.error(error)
            self._lost(error)
            raise
        except ModbusError as error:
            self.statistics.error(error)
            raise

    def _transact(self, request: Request) -> Answer:
        framing = self._link.framing
        frame = framing.encode(request)
        hoped = framing.longest(request)
        start = time.monotonic()
        self.statistics.count("requests")
        deadline = start + self.timing.timeout(len(frame), hoped)
        answer = b""
        try:
            self._link.send(frame)
            answer = self._link.receive(framing.shortest, deadline)
            if len(answer) == framing.shortest:
                size = framing.size(request, answer)
                if size > len(answer):
                    answer += self._link.receive(size - len(answer), deadline)
                if len(answer) == size:
                    result = framing.decode(request, answer)
                    self._answered(request, start, len(frame), len(answer))
                    return result
            if not answer:
                raise NoAnswerError(f"Nothing answered {request} within {deadline - start:.2f} s")  # noqa: TRY301
            raise BadFrameError("truncated", f"Only {len(answer)} bytes answered {request}")  # noqa: TRY301
        except (NoAnswerError, BadFrameError) as error:
            if getattr(error, "fault", "") == "foreign_unit":
                self.statistics.count("foreign_frames")
            self._quarantine(request, start, len(frame), hoped, answer)
            raise
        except ExceptionAnswerError:  # it is an answer
            self._answered(request, start, len(frame), len(answer))
            raise
        except LinkDownError:
            self._quiet_until = start + self.timing.silence(len(frame), hoped)
            raise
        finally:
            self.statistics.busy(start, time.monotonic())

    def _answered(self, request: Request, start: float, sent: int, received: int) -> None:
        self._last_byte = time.monotonic()
        turnaround = self._last_byte - start - self.timing.wire(sent + received) - self.timing.gap
        self.timing.learn(turnaround)
        self.statistics.answered(turnaround)
        if isinstance(request, Read):
            self.statistics.count("registers_read", request.count)

    def _await_silence(self) -> None:
        """Wait until nothing has been heard for 3.5 characters; whatever is heard meanwhile is nobody's answer."""
        if (owed := self._quiet_until - time.monotonic()) > 0:
            time.sleep(owed)
        give_up = time.monotonic() + _LONGEST_NOISE
        while True:
            rest = self._last_byte + self.timing.gap - time.monotonic()
            if rest > 0:
                time.sleep(rest)
            stray = self._link.pending()
            if not stray:
                return
            self._last_byte = time.monotonic()
            self.statistics.count("stray_bytes", len(stray))
            if self._last_byte > give_up:
                raise BadFrameError("garbage", "The line does not fall silent: is there a second master on it?")

    def _quarantine(self, request: Request, start: float, sent: int, hoped: int, heard: bytes) -> None:
        """Listen until no answer to this request can come any more, learn how late one was, and drop the link."""
        self._quiet_until = start + self.timing.silence(sent, hoped)
        late = b""
        while (now := time.monotonic()) < self._quiet_until:
            late += self._link.receive(1, min(self._quiet_until, now + _WATCH_PORT))
            late += self._link.pending()
            if late and holds_answer(self._link.framing, request, heard + late):
                self.timing.learn(time.monotonic() - start - self.timing.wire(sent + hoped))
                self.statistics.count("late_answers")
                self._quiet_until = 0.0
        self._last_byte = time.monotonic()
        self._link.close()
        self._try_open()

    def _make_ready(self) -> None:
        """An open and silent line."""
        self._ensure_open()
        try:
            self._await_silence()
        except LinkDownError as error:  # an idle connection was closed by the other side; nothing had been sent
            self._lost(error)
            self._ensure_open()
            self._await_silence()

    def _ensure_open(self) -> None:
        if not self._link.is_open and not self._try_open():
            raise self._down or LinkDownError(self.place, "closed")

    def _try_open(self) -> bool:
        """Open the link if it is time, or if the port has just appeared."""
        now = time.monotonic()
        signature = self._link.signature()
        appeared = self._down is not None and signature is not None and signature != self._seen
        if now < self._next_attempt and not appeared:
            return False
        if appeared:
            self._backoff = FIRST_BACKOFF
        try:
            self._link.open()
        except LinkDownError as error:
            self.statistics.error(error)
            self._lost(error)
            return False
        if self._down is not None:
            self.statistics.count("reconnects")
        self._down, self._backoff, self._next_attempt = None, FIRST_BACKOFF, 0.0
        self._last_byte = max(self._last_byte, time.monotonic())
        self._announce(up=True)
        return True

    def _lost(self, error: LinkDownError) -> None:
        self._link.close()
        self._down = error
        self._seen = self._link.signature()
        self._next_attempt = time.monotonic()
        if error.reason != "lost":  # a line that worked a moment ago is tried at once
            self._next_attempt += self._backoff
            self._backoff = min(2 * self._backoff, LONGEST_BACKOFF)
            self._announce(up=False)

    def _announce(self, *, up: bool) -> None:
        if up == self._announced:
            return
        if self._announced is not None or not up:
            _LOGGER.log(logging.INFO if up else logging.WARNING, "%s", f"{self.place} is {'back' if up else 'down'}")
        self._announced = up
        if self._on_link is not None:
            self._on_link(up)
