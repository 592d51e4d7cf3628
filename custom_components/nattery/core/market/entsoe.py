"""ENTSO-E's transparency platform, asked through entsoe-py's raw client; its answer is read by our own parser.

entsoe-py (and pandas with it) is imported only when a question is due, since that takes half a second and 80 MB. What
leaves this room is bytes, a document or an error of `errors`: no token, and no exception of another library.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread
import time

from .areas import Area
from .document import Document, parse
from .errors import LibraryError, MarketError, RefusedError, TimedOutError
from .wire import Secret, Wire

URL = "https://web-api.tp.entsoe.eu/api"
SECONDS, SHORTEST, LONGEST = 120.0, 30.0, 280.0  # the server itself gives up after 300 s
_FAREWELL = 1.0  # s for the thread of a cut connection to end


@dataclass(frozen=True, slots=True)
class Question:
    """Day-ahead prices of `area` for [start, end) (aware, on full hours), to be answered within `seconds` in all.

    The platform answers with every whole market day that the time touches.
    """

    area: Area
    start: datetime
    end: datetime
    token: Secret
    url: str = URL
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """A document, when it was asked for (UTC), how long that took (s) and how much came (bytes)."""

    document: Document
    fetched_at: datetime
    seconds: float
    size: int


def prepare() -> Callable[[Question, Wire], bytes | MarketError]:
    """Import what asks; slow the first time. Raises LibraryError."""
    try:
        from .session import ask  # noqa: PLC0415  (see the top)
    except (ImportError, RuntimeError) as error:  # not installed, or numpy does not like this processor
        name = type(error).__name__
    else:
        return ask
    raise LibraryError(name)


class Exchange:
    """One question and its answer; `cut` ends it from any thread."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._wire = Wire()
        self._over = Event()
        self._outcome: bytes | MarketError | None = None

    def run(self) -> bytes:
        """Ask once and wait for the whole body; blocks, so call it in a thread. Raises an error of `errors`.

        A thread of its own asks, so that the time-out holds in every phase: name, connection, TLS, head and body.
        """
        ask, question = prepare(), self._question

        def work() -> None:
            self._outcome = ask(question, self._wire)
            self._over.set()

        asking = Thread(target=work, name="nattery-entsoe", daemon=True)
        asking.start()
        if not self._over.wait(question.seconds):
            self.cut()
        asking.join(_FAREWELL)
        outcome, self._outcome = self._outcome, None
        if self._wire.is_cut or outcome is None:
            raise TimedOutError(question.seconds)
        if isinstance(outcome, MarketError):
            raise outcome
        return outcome

    def answer(self) -> Answer:
        """As `run`, and read what came; raises an error of `errors`."""
        fetched_at, start = datetime.now(UTC), time.monotonic()
        body = self.run()
        took, size = time.monotonic() - start, len(body)
        outcome = _read(body, self._question)
        del body  # a server may have written the question into it, and tracebacks can show what a frame holds
        if isinstance(outcome, MarketError):
            raise outcome
        return Answer(outcome, fetched_at, took, size)

    def cut(self) -> None:
        """Break the connection; `run` raises TimedOutError at once."""
        self._wire.cut()
        self._over.set()


def _read(body: bytes, question: Question) -> Document | MarketError:
    """The document, or why there is none: given back, not raised, so that no frame with the body is tied to it."""
    try:
        return parse(body, question.area.eic)
    except RefusedError as error:  # says what the server says, and that may quote the question
        return RefusedError(question.token.hide(error.reason))
    except MarketError as error:
        error.__context__ = None
        return error.with_traceback(None)


async def fetch(question: Question) -> Answer:
    """Ask once, without blocking the event loop; a cancelled task cuts its connection. Raises an error of `errors`."""
    exchange = Exchange(question)
    try:
        return await asyncio.to_thread(exchange.answer)
    except asyncio.CancelledError:
        exchange.cut()
        raise
