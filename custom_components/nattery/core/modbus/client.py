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
import threading
import time

from .errors import (
    AcknowledgeError,
    BadFrameError,
    DeviceBusyError,
    DeviceFailureError,
    ModbusError,
    NoResponseError,
    NotConnectedError,
    UncertainWriteError,
)
from .frames import ReadRequest, Request, Response, WriteRequest, check_request
from .statistics import ClientStatistics
from .timing import Timing
from .transaction import TransactionManager
from .transport import Transport

_PASSING = (NoResponseError, BadFrameError, DeviceBusyError, DeviceFailureError, AcknowledgeError)


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
    future: Future[Response] = field(compare=False, default_factory=Future)


class ModbusClient:
    """One line with its queue, its clockwork and its statistics. Safe to call from any thread and any event loop."""

    def __init__(
        self, link: Transport, *, timing: Timing | None = None, on_link: Callable[[bool], None] | None = None
    ) -> None:
        """Own `link` from `start` to `close`. `on_link` is called in the bus's thread when the link comes or goes."""
        self.timing = timing or link.timing()
        self.statistics = ClientStatistics()
        self.place = link.place
        self._wire = TransactionManager(link, self.timing, self.statistics, on_link)
        self._queue: list[_Job] = []
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        """Whether the line is open now."""
        return self._wire.is_open

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

    def submit(
        self, request: Request, priority: Priority = Priority.POLL, *, readable: bool = True
    ) -> Future[Response]:
        """Queue a request; the future gives its Answer or raises a ModbusError.

        `readable` says that a written register can be read back, which is what happens when its write went unanswered.
        """
        check_request(request)
        job = _Job(priority, next(self._numbers), request, readable, time.monotonic())
        with self._wake:
            if self._closing:
                raise NotConnectedError(self.place, "closed")
            heapq.heappush(self._queue, job)
            self._wake.notify()
        return job.future

    async def read(self, unit: int, address: int, count: int, priority: Priority = Priority.POLL) -> Response:
        """Read registers; raises a ModbusError."""
        return await asyncio.wrap_future(self.submit(ReadRequest(unit, address, count), priority))

    async def write(self, unit: int, address: int, words: tuple[int, ...], *, readable: bool = True) -> Response:
        """Write registers, ahead of every poll; raises a ModbusError."""
        return await asyncio.wrap_future(
            self.submit(WriteRequest(unit, address, words), Priority.PERSON, readable=readable)
        )

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
            self._wire.close()
            for job in self._queue:
                if job.future.set_running_or_notify_cancel():
                    job.future.set_exception(NotConnectedError(self.place, "closed"))

    def _next(self) -> _Job | None:
        while True:
            with self._wake:
                if self._closing:
                    return None
                if self._queue:
                    return heapq.heappop(self._queue)
                if self._wire.is_open:
                    self._wake.wait()
                    continue
                self._wake.wait(self._wire.patience)
            if not self._queue:
                self._wire.try_open()

    def _perform(self, job: _Job) -> Response:
        if job.priority is Priority.PERSON:
            self._wire.hurry()
        if isinstance(job.request, WriteRequest):
            return self._write(job.request, readable=job.readable)
        return self._read(job.request)

    def _read(self, request: ReadRequest) -> Response:
        try:
            return self._wire.exchange(request)
        except _PASSING:
            return self._wire.exchange(request)
        except NotConnectedError as error:
            # A port lost in the middle may be back at once (a USB reset); one that never opened is not tried twice.
            if not error.was_open:
                raise
            return self._wire.exchange(request)

    def _write(self, request: WriteRequest, *, readable: bool) -> Response:
        self.statistics.count("writes")
        try:
            return self._wire.exchange(request)
        except (NoResponseError, BadFrameError, NotConnectedError) as error:
            if isinstance(error, NotConnectedError) and not error.was_open:
                raise
            if not readable:
                raise UncertainWriteError(request) from error
        # Nobody knows whether it arrived. Every write wears the EEPROM, so it is looked up before it is sent again.
        try:
            found = self._read(ReadRequest(request.unit, request.address, request.count))
        except ModbusError as error:
            raise UncertainWriteError(request) from error
        if found.words == request.words:
            self.statistics.count("writes_confirmed_by_reading")
            return Response(found.unit, ())
        self.statistics.count("writes")
        return self._wire.exchange(request)
