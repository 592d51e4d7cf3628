"""One Modbus transaction at a time over one transport, with each response matched to its own request.

After a timeout or an invalid frame, the manager sends nothing until the slowest plausible response can no longer arrive
(the quarantine). Then it reopens the transport. If the missing response did not arrive during the quarantine, the next
request is a probe: a read of a different size than every unanswered read. The inverter answers in order, so a valid
response to the probe proves that no older response is outstanding. Only the client's thread uses this module.
"""

from collections.abc import Callable
import logging
import time

from .errors import BadFrameError, ExceptionResponseError, ModbusError, NoResponseError, NotConnectedError
from .frames import MAX_REGISTERS, ReadRequest, Request, Response, contains_response
from .statistics import ClientStatistics
from .timing import Timing
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
PORT_CHECK_INTERVAL = 0.1  # seconds between checks whether a missing port has appeared
_MAX_PROBES, _MAX_UNANSWERED_READS = 3, 8
_MAX_NOISE = 1.0  # seconds that a request waits for a line with continuous traffic to become silent


class TransactionManager:
    """Executes transactions over one transport and reconnects when the connection is lost."""

    def __init__(
        self,
        transport: Transport,
        timing: Timing,
        statistics: ClientStatistics,
        on_connection_change: Callable[[bool], None] | None = None,
    ) -> None:
        """Take ownership of `transport`; call `on_connection_change` with True on connect and False on disconnect."""
        self._transport, self._timing, self._statistics = transport, timing, statistics
        self._on_connection_change = on_connection_change
        self._last_byte = 0.0  # monotonic time of the last byte sent or received
        self._quarantine_until = 0.0  # until then the response to an earlier request may still arrive
        self._unanswered_reads: set[ReadRequest] = set()  # reads whose responses may arrive even after the quarantine
        self._largest_read: ReadRequest | None = None  # the largest read that was answered
        self._backoff = FIRST_BACKOFF
        self._next_attempt = 0.0
        self._connection_error: NotConnectedError | None = None
        self._failed_port_identity: object = None
        self._reported_connected: bool | None = None

    @property
    def is_open(self) -> bool:
        """Whether the transport is open."""
        return self._transport.is_open

    @property
    def seconds_until_retry(self) -> float:
        """Seconds to wait before the next attempt to connect."""
        return min(max(self._next_attempt - time.monotonic(), 0.0), PORT_CHECK_INTERVAL)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def execute(self, request: Request) -> Response:
        """Send a request and return its response. Raise a ModbusError."""
        try:
            self._prepare()
            return self._transact(request)
        except NotConnectedError as error:
            if self._transport.is_open:
                self._statistics.record_error(error)
                self._handle_disconnect(error)
            raise
        except ModbusError as error:
            self._statistics.record_error(error)
            raise

    def skip_backoff(self) -> None:
        """Let the next request try to connect at once, however recently the last attempt failed."""
        self._next_attempt = 0.0

    def try_connect(self) -> bool:
        """Open the transport if the backoff has elapsed or the port has reappeared; return whether it is open."""
        now = time.monotonic()
        identity = self._transport.port_identity()
        failed_before = self._connection_error is not None
        port_reappeared = failed_before and identity is not None and identity != self._failed_port_identity
        if now < self._next_attempt and not port_reappeared:
            return False
        if port_reappeared:
            self._backoff = FIRST_BACKOFF
        try:
            self._transport.open()
        except NotConnectedError as error:
            self._statistics.record_error(error)
            self._handle_disconnect(error)
            return False
        if failed_before:
            self._statistics.count("reconnects")
        self._connection_error, self._backoff, self._next_attempt = None, FIRST_BACKOFF, 0.0
        self._last_byte = max(self._last_byte, time.monotonic())
        self._report_connection(connected=True)
        return True

    def _prepare(self) -> None:
        """Connect if necessary, wait for silence, and resynchronise after unanswered reads."""
        self._ensure_connected()
        try:
            self._wait_for_silence()
        except NotConnectedError as error:
            # The other side closed an idle connection. Nothing had been sent, so reconnecting loses nothing.
            self._handle_disconnect(error)
            self._ensure_connected()
            self._wait_for_silence()
        if self._unanswered_reads:
            self._resynchronise()
            self._wait_for_silence()

    def _resynchronise(self) -> None:
        """Send probes until one is answered: then no response to an earlier request is outstanding."""
        for _ in range(_MAX_PROBES):
            if len(self._unanswered_reads) > _MAX_UNANSWERED_READS:
                break  # after so many quarantines no response can still be outstanding
            probe = self._choose_probe()
            try:
                self._transact(probe)
            except ExceptionResponseError:
                # An exception response carries no size, so it may answer an earlier read and the probe is outstanding.
                self._unanswered_reads.add(probe)
                self._wait_for_silence()
            else:
                return
        self._unanswered_reads.clear()  # every probe was refused, and a refusal cannot be taken for a value

    def _choose_probe(self) -> ReadRequest:
        """Return a read of a size that no unanswered read has, inside a range that the inverter is known to have."""
        used_sizes = {read.count for read in self._unanswered_reads}
        size = next(size for size in range(1, MAX_REGISTERS + 1) if size not in used_sizes)
        base = max({*self._unanswered_reads, self._largest_read} - {None}, key=lambda read: read.count if read else 0)
        return ReadRequest(base.unit, base.address, size) if base else next(iter(self._unanswered_reads))

    def _transact(self, request: Request) -> Response:
        framing = self._transport.framing
        frame = framing.encode(request)
        expected_size = framing.response_size(request)
        start = time.monotonic()
        self._statistics.count("requests")
        deadline = start + self._timing.timeout(len(frame), expected_size)
        received = b""
        try:
            self._transport.send(frame)
            received = self._transport.receive(framing.min_response_size, deadline)
            if len(received) == framing.min_response_size:
                size = framing.frame_size(request, received)
                if size > len(received):
                    received += self._transport.receive(size - len(received), deadline)
                if len(received) == size:
                    response = framing.decode(request, received)
                    self._record_response(start, len(frame), len(received))
                    self._record_success(request)
                    return response
            if not received:
                raise NoResponseError(f"Nothing answered {request} within {deadline - start:.2f} s")  # noqa: TRY301
            raise BadFrameError("truncated", f"Only {len(received)} bytes answered {request}")  # noqa: TRY301
        except (NoResponseError, BadFrameError) as error:
            if isinstance(error, BadFrameError) and error.fault == "foreign_unit":
                self._statistics.count("foreign_frames")
            self._quarantine(request, start, len(frame), expected_size, received)
            raise
        except ExceptionResponseError:
            self._record_response(start, len(frame), len(received))
            raise
        except NotConnectedError:
            self._mark_unanswered(request, start + self._timing.quarantine(len(frame), expected_size))
            raise
        finally:
            self._statistics.record_busy(start, time.monotonic())

    def _record_response(self, start: float, sent: int, received: int) -> None:
        """Learn the turnaround delay from a complete response of `received` bytes."""
        self._last_byte = time.monotonic()
        transmission = self._timing.transmission_time(sent + received)
        turnaround = self._last_byte - start - transmission - self._timing.silent_interval
        self._timing.learn(turnaround)
        self._statistics.record_response(turnaround)

    def _record_success(self, request: Request) -> None:
        """Note that a request was answered with data, so no response to an earlier one is outstanding."""
        self._unanswered_reads.clear()
        if isinstance(request, ReadRequest):
            self._statistics.count("registers_read", request.count)
            if self._largest_read is None or request.count > self._largest_read.count:
                self._largest_read = request

    def _mark_unanswered(self, request: Request, quarantine_until: float) -> None:
        self._quarantine_until = quarantine_until
        # A late write response echoes its write, and a TCP response carries its transaction id: neither can be mistaken
        # for the response to another request.
        if isinstance(request, ReadRequest) and not self._transport.framing.has_transaction_id:
            self._unanswered_reads.add(request)

    def _wait_for_silence(self) -> None:
        """Wait for the end of the quarantine and for 3.5 silent characters; discard everything received meanwhile."""
        if (remaining := self._quarantine_until - time.monotonic()) > 0:
            time.sleep(remaining)
        give_up_at = time.monotonic() + _MAX_NOISE
        while True:
            remaining = self._last_byte + self._timing.silent_interval - time.monotonic()
            if remaining > 0:
                time.sleep(remaining)
            stray = self._transport.pending()
            if not stray:
                return
            self._last_byte = time.monotonic()
            self._statistics.count("stray_bytes", len(stray))
            if self._last_byte > give_up_at:
                raise BadFrameError("garbage", "The line does not fall silent: is there a second master on it?")

    def _quarantine(self, request: Request, start: float, sent: int, expected_size: int, received: bytes) -> None:
        """Listen until no response to `request` can arrive any more, then reopen the transport.

        A late response ends the quarantine, and its delay is learnt.
        """
        self._mark_unanswered(request, start + self._timing.quarantine(sent, expected_size))
        late = b""
        while (now := time.monotonic()) < self._quarantine_until:
            late += self._transport.receive(1, min(self._quarantine_until, now + PORT_CHECK_INTERVAL))
            late += self._transport.pending()
            if late and contains_response(self._transport.framing, request, received + late):
                self._timing.learn(time.monotonic() - start - self._timing.transmission_time(sent + expected_size))
                self._statistics.count("late_responses")
                self._quarantine_until = 0.0
                self._unanswered_reads.clear()
        self._last_byte = time.monotonic()
        self._transport.close()
        self.try_connect()

    def _ensure_connected(self) -> None:
        if not self._transport.is_open and not self.try_connect():
            raise self._connection_error or NotConnectedError(self._transport.endpoint, "closed")

    def _handle_disconnect(self, error: NotConnectedError) -> None:
        """Close the transport and schedule the next attempt to connect."""
        self._transport.close()
        self._connection_error = error
        self._failed_port_identity = self._transport.port_identity()
        self._next_attempt = time.monotonic()
        if not error.was_open:  # a connection that has just worked is reopened at once
            self._next_attempt += self._backoff
            self._backoff = min(2 * self._backoff, LONGEST_BACKOFF)
            self._report_connection(connected=False)

    def _report_connection(self, *, connected: bool) -> None:
        if connected == self._reported_connected:
            return
        if self._reported_connected is not None or not connected:
            _LOGGER.info("%s is %s", self._transport.endpoint, "back" if connected else "down")
        self._reported_connected = connected
        if self._on_connection_change is not None:
            self._on_connection_change(connected)
