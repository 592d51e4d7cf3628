"""One exchange at a time over one link, with the certainty that an answer belongs to its request.

After silence or a bad frame the wire listens, sends nothing until the slowest plausible answer can no longer come, and
opens the link afresh. If the answer was not seen meanwhile, the next thing sent is a probe of another size: only when
that is answered is it certain that nothing older is still on its way, since an inverter answers in order. Used by one
thread, the bus's.
"""

from collections.abc import Callable
import logging
import time

from .errors import BadFrameError, ExceptionResponseError, ModbusError, NoResponseError, NotConnectedError
from .frames import MOST_REGISTERS, ReadRequest, Request, Response, holds_answer
from .statistics import ClientStatistics
from .timing import Timing
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
WATCH_PORT = 0.1  # how often a missing port is looked for
_PROBES, _MOST_DOUBTS = 3, 8
_LONGEST_NOISE = 1.0  # how long a line may babble before a request gives up on silence


class TransactionManager:
    """A link that is kept open, silent and in step."""

    def __init__(
        self,
        link: Transport,
        timing: Timing,
        statistics: ClientStatistics,
        on_link: Callable[[bool], None] | None = None,
    ) -> None:
        """Own `link`; `on_link` is told when it comes or goes."""
        self._link, self._timing, self._statistics, self._on_link = link, timing, statistics, on_link
        self._last_byte = 0.0
        self._quiet_until = 0.0  # until then an answer to an abandoned request may still come
        self._doubts: set[ReadRequest] = set()  # reads whose answers may come even later
        self._largest: ReadRequest | None = None  # the largest read that was answered
        self._backoff = FIRST_BACKOFF
        self._next_attempt = 0.0
        self._down: NotConnectedError | None = None
        self._seen: object = None
        self._announced: bool | None = None

    @property
    def is_open(self) -> bool:
        """Whether the link is open now."""
        return self._link.is_open

    @property
    def patience(self) -> float:
        """Seconds until it is worth trying to open the link."""
        return min(max(self._next_attempt - time.monotonic(), 0.0), WATCH_PORT)

    def close(self) -> None:
        """Give the link back."""
        self._link.close()

    def exchange(self, request: Request) -> Response:
        """Send a request and give its answer; raises a ModbusError."""
        try:
            self._make_ready()
            return self._transact(request)
        except NotConnectedError as error:
            if self._link.is_open:
                self._statistics.error(error)
                self._lost(error)
            raise
        except ModbusError as error:
            self._statistics.error(error)
            raise

    def hurry(self) -> None:
        """Somebody waits: let the next request try to open the link, however long ago or lately that failed."""
        self._next_attempt = 0.0

    def try_open(self) -> bool:
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
        except NotConnectedError as error:
            self._statistics.error(error)
            self._lost(error)
            return False
        if self._down is not None:
            self._statistics.count("reconnects")
        self._down, self._backoff, self._next_attempt = None, FIRST_BACKOFF, 0.0
        self._last_byte = max(self._last_byte, time.monotonic())
        self._announce(up=True)
        return True

    def _make_ready(self) -> None:
        """An open line, silent and in step."""
        self._ensure_open()
        try:
            self._await_silence()
        except NotConnectedError as error:  # an idle connection was closed by the other side; nothing had been sent
            self._lost(error)
            self._ensure_open()
            self._await_silence()
        if self._doubts:
            self._get_in_step()
            self._await_silence()

    def _get_in_step(self) -> None:
        """Ask for something of another size than every doubted answer: once it comes, nothing older will."""
        for _ in range(_PROBES):
            if len(self._doubts) > _MOST_DOUBTS:
                break  # so many quiet windows have passed that nothing can be on its way
            probe = self._probe()
            try:
                self._transact(probe)
            except ExceptionResponseError:  # it may be the answer to what is doubted, so now this one is doubted too
                self._doubts.add(probe)
                self._await_silence()
            else:
                return
        self._doubts.clear()  # or everything is refused, and there is nothing to mistake for a value

    def _probe(self) -> ReadRequest:
        """A read that is known to be possible, where one is, so that no address is touched that is not there."""
        doubted = {read.count for read in self._doubts}
        size = next(size for size in range(1, MOST_REGISTERS + 1) if size not in doubted)
        base = max({*self._doubts, self._largest} - {None}, key=lambda read: read.count if read else 0)
        return ReadRequest(base.unit, base.address, size) if base else next(iter(self._doubts))

    def _transact(self, request: Request) -> Response:
        framing = self._link.framing
        frame = framing.encode(request)
        hoped = framing.longest(request)
        start = time.monotonic()
        self._statistics.count("requests")
        deadline = start + self._timing.timeout(len(frame), hoped)
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
                    self._answered(start, len(frame), len(answer))
                    self._believe(request)
                    return result
            if not answer:
                raise NoResponseError(f"Nothing answered {request} within {deadline - start:.2f} s")  # noqa: TRY301
            raise BadFrameError("truncated", f"Only {len(answer)} bytes answered {request}")  # noqa: TRY301
        except (NoResponseError, BadFrameError) as error:
            if getattr(error, "fault", "") == "foreign_unit":
                self._statistics.count("foreign_frames")
            self._quarantine(request, start, len(frame), hoped, answer)
            raise
        except ExceptionResponseError:
            self._answered(start, len(frame), len(answer))
            raise
        except NotConnectedError:
            self._abandon(request, start + self._timing.silence(len(frame), hoped))
            raise
        finally:
            self._statistics.busy(start, time.monotonic())

    def _answered(self, start: float, sent: int, received: int) -> None:
        self._last_byte = time.monotonic()
        turnaround = self._last_byte - start - self._timing.wire(sent + received) - self._timing.gap
        self._timing.learn(turnaround)
        self._statistics.answered(turnaround)

    def _believe(self, request: Request) -> None:
        """Take note of what was carried out: nothing older is on its way any more."""
        self._doubts.clear()
        if isinstance(request, ReadRequest):
            self._statistics.count("registers_read", request.count)
            if self._largest is None or request.count > self._largest.count:
                self._largest = request

    def _abandon(self, request: Request, quiet_until: float) -> None:
        self._quiet_until = quiet_until
        # A late echo of a write fits nothing but that write, and a numbered answer nothing but its request.
        if isinstance(request, ReadRequest) and not self._link.framing.numbered:
            self._doubts.add(request)

    def _await_silence(self) -> None:
        """Wait until nothing has been heard for 3.5 characters; whatever is heard meanwhile is nobody's answer."""
        if (owed := self._quiet_until - time.monotonic()) > 0:
            time.sleep(owed)
        give_up = time.monotonic() + _LONGEST_NOISE
        while True:
            rest = self._last_byte + self._timing.gap - time.monotonic()
            if rest > 0:
                time.sleep(rest)
            stray = self._link.pending()
            if not stray:
                return
            self._last_byte = time.monotonic()
            self._statistics.count("stray_bytes", len(stray))
            if self._last_byte > give_up:
                raise BadFrameError("garbage", "The line does not fall silent: is there a second master on it?")

    def _quarantine(self, request: Request, start: float, sent: int, hoped: int, heard: bytes) -> None:
        """Listen until no answer to this request can come any more, learn how late one was, and drop the link."""
        self._abandon(request, start + self._timing.silence(sent, hoped))
        late = b""
        while (now := time.monotonic()) < self._quiet_until:
            late += self._link.receive(1, min(self._quiet_until, now + WATCH_PORT))
            late += self._link.pending()
            if late and holds_answer(self._link.framing, request, heard + late):
                self._timing.learn(time.monotonic() - start - self._timing.wire(sent + hoped))
                self._statistics.count("late_answers")
                self._quiet_until = 0.0
                self._doubts.clear()
        self._last_byte = time.monotonic()
        self._link.close()
        self.try_open()

    def _ensure_open(self) -> None:
        if not self._link.is_open and not self.try_open():
            raise self._down or NotConnectedError(self._link.place, "closed")

    def _lost(self, error: NotConnectedError) -> None:
        self._link.close()
        self._down = error
        self._seen = self._link.signature()
        self._next_attempt = time.monotonic()
        if not error.was_open:  # a line that worked a moment ago is tried at once
            self._next_attempt += self._backoff
            self._backoff = min(2 * self._backoff, LONGEST_BACKOFF)
            self._announce(up=False)

    def _announce(self, *, up: bool) -> None:
        if up == self._announced:
            return
        if self._announced is not None or not up:
            _LOGGER.info("%s is %s", self._link.place, "back" if up else "down")
        self._announced = up
        if self._on_link is not None:
            self._on_link(up)
