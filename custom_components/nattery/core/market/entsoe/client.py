"""ENTSO-E's transparency platform, asked through entsoe-py's raw client; its answer is read by our own parser.

Another process does the asking (see `child`). What leaves this room is a document or an error of `errors`: no token,
and no exception of another library.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
import time

from ..errors import MarketError, QueryRejectedError
from .document import PriceDocument, parse
from .ipc import PriceQuery
from .process import PriceQueryProcess


@dataclass(frozen=True, slots=True)
class PriceResponse:
    """A document, when it was asked for (UTC), how long that took (s) and how much came (bytes)."""

    document: PriceDocument
    fetched_at: datetime
    seconds: float
    size: int


def ask(question: PriceQuery) -> PriceResponse:
    """Ask once and wait for the whole answer; blocks. Raises an error of `errors`."""
    return _answer(question, PriceQueryProcess(question))


async def fetch(question: PriceQuery) -> PriceResponse:
    """As `ask`, without blocking the event loop; a cancelled task ends the asking at once."""
    child = PriceQueryProcess(question)
    try:
        return await asyncio.to_thread(_answer, question, child)
    finally:
        child.kill()


def _answer(question: PriceQuery, child: PriceQueryProcess) -> PriceResponse:
    fetched_at, start = datetime.now(UTC), time.monotonic()
    outcome = child.run()
    took = time.monotonic() - start
    if isinstance(outcome, MarketError):
        raise outcome
    size = len(outcome)
    # A server may have written the question into the body, and tracebacks can show what a frame holds.
    document, outcome = _read(outcome, question), b""
    if isinstance(document, MarketError):
        raise document
    return PriceResponse(document, fetched_at, took, size)


def _read(body: bytes, question: PriceQuery) -> PriceDocument | MarketError:
    """The document, or why there is none: given back, not raised, so that no frame with the body is tied to it."""
    try:
        return parse(body, question.area.eic)
    except QueryRejectedError as error:  # says what the server says, and that may quote the question
        return QueryRejectedError(question.token.hide(error.reason))
    except MarketError as error:
        error.__context__ = None
        return error.with_traceback(None)
