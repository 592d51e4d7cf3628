"""The Modbus client: a queue of requests, executed one at a time in a thread that owns the transport.

Callers get futures. A cancelled request is removed from the queue if it has not started; a running transaction is
always completed. So two requests never overlap on the line, and no response reaches another request.
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

_TRANSIENT_ERRORS = (NoResponseError, BadFrameError, DeviceBusyError, DeviceFailureError, AcknowledgeError)


class Priority(IntEnum):
    """The order in which queued requests are executed: lower values first."""

    HIGH = 0  # writes, and reads that a user or the controller waits for
    POLL = 1


@dataclass(order=True, slots=True)
class _QueuedRequest:
    priority: Priority
    number: int
    request: Request = field(compare=False)
    readable: bool = field(compare=False)
    queued_at: float = field(compare=False)
    future: Future[Response] = field(compare=False, default_factory=Future)


class ModbusClient:
    """A Modbus client for one transport, with its queue, timing and statistics.

    All methods may be called from any thread and any event loop.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        timing: Timing | None = None,
        on_connection_change: Callable[[bool], None] | None = None,
    ) -> None:
        """Take ownership of `transport`, from `start` to `close`.

        `on_connection_change` is called in the client's thread with True on connect and False on disconnect.
        """
        self.timing = timing or transport.timing()
        self.statistics = ClientStatistics()
        self.endpoint = transport.endpoint
        self._transactions = TransactionManager(transport, self.timing, self.statistics, on_connection_change)
        self._queue: list[_QueuedRequest] = []
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        """Whether the transport is open."""
        return self._transactions.is_open

    def start(self) -> None:
        """Start the client's thread, which opens the transport."""
        self._thread = threading.Thread(target=self._run, name=f"nattery modbus {self.endpoint}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Complete the running transaction, fail all queued requests and close the transport.

        Blocks for at most the longest quarantine.
        """
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def submit(
        self, request: Request, priority: Priority = Priority.POLL, *, readable: bool = True
    ) -> Future[Response]:
        """Queue a request. The future returns its Response or raises a ModbusError.

        `readable` states that a written register can be read back. It then is if its write gets no response.
        """
        check_request(request)
        queued = _QueuedRequest(priority, next(self._numbers), request, readable, time.monotonic())
        with self._wake:
            if self._closing:
                raise NotConnectedError(self.endpoint, "closed")
            heapq.heappush(self._queue, queued)
            self._wake.notify()
        return queued.future

    async def read(self, unit: int, address: int, count: int, priority: Priority = Priority.POLL) -> Response:
        """Read `count` registers. Raise a ModbusError."""
        return await asyncio.wrap_future(self.submit(ReadRequest(unit, address, count), priority))

    async def write(self, unit: int, address: int, words: tuple[int, ...], *, readable: bool = True) -> Response:
        """Write registers with high priority. Raise a ModbusError."""
        return await asyncio.wrap_future(
            self.submit(WriteRequest(unit, address, words), Priority.HIGH, readable=readable)
        )

    # All methods below run in the client's thread.

    def _run(self) -> None:
        try:
            while (queued := self._next_request()) is not None:
                if not queued.future.set_running_or_notify_cancel():
                    continue
                self.statistics.record_wait(time.monotonic() - queued.queued_at)
                try:
                    response = self._execute(queued)
                except Exception as error:  # noqa: BLE001  (any error belongs to the caller; the thread must go on)
                    queued.future.set_exception(error)
                else:
                    queued.future.set_result(response)
        finally:
            self._transactions.close()
            for queued in self._queue:
                if queued.future.set_running_or_notify_cancel():
                    queued.future.set_exception(NotConnectedError(self.endpoint, "closed"))

    def _next_request(self) -> _QueuedRequest | None:
        """Wait for a request, reconnecting meanwhile; return None when the client closes."""
        while True:
            with self._wake:
                if self._closing:
                    return None
                if self._queue:
                    return heapq.heappop(self._queue)
                if self._transactions.is_open:
                    self._wake.wait()
                    continue
                self._wake.wait(self._transactions.seconds_until_retry)
            if not self._queue:
                self._transactions.try_connect()

    def _execute(self, queued: _QueuedRequest) -> Response:
        if queued.priority is Priority.HIGH:
            self._transactions.skip_backoff()
        if isinstance(queued.request, WriteRequest):
            return self._write(queued.request, readable=queued.readable)
        return self._read(queued.request)

    def _read(self, request: ReadRequest) -> Response:
        """Read, with one retry after a transient error."""
        try:
            return self._transactions.execute(request)
        except _TRANSIENT_ERRORS:
            return self._transactions.execute(request)
        except NotConnectedError as error:
            # A port that is lost during a transaction may be back at once (a USB reset). One that could not be opened
            # is not tried twice.
            if not error.was_open:
                raise
            return self._transactions.execute(request)

    def _write(self, request: WriteRequest, *, readable: bool) -> Response:
        """Write; if there is no response, read the registers and write again only if they differ."""
        self.statistics.count("writes")
        try:
            return self._transactions.execute(request)
        except (NoResponseError, BadFrameError, NotConnectedError) as error:
            if isinstance(error, NotConnectedError) and not error.was_open:
                raise
            if not readable:
                raise UncertainWriteError(request) from error
        # The write may have been executed. Every write wears the EEPROM, so it is not repeated blindly.
        try:
            present = self._read(ReadRequest(request.unit, request.address, request.count))
        except ModbusError as error:
            raise UncertainWriteError(request) from error
        if present.words == request.words:
            self.statistics.count("writes_confirmed_by_reading")
            return Response(present.unit, ())
        self.statistics.count("writes")
        return self._transactions.execute(request)
