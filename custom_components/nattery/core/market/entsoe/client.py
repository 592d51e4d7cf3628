"""The client of the ENTSO-E transparency platform.

entsoe-py's raw client sends the request, in a worker process (see `process`); our own parser reads the response.
Callers receive a document or an error of `errors`, never a token or an exception of another library.
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
    """A document with the time of its request (UTC), the duration in seconds and the size in bytes."""

    document: PriceDocument
    fetched_at: datetime
    seconds: float
    size: int


def fetch_blocking(query: PriceQuery) -> PriceResponse:
    """Send a query and wait for the whole response. Raises an error of `errors`."""
    return _run(query, PriceQueryProcess(query))


async def fetch(query: PriceQuery) -> PriceResponse:
    """Send a query without blocking the event loop; cancelling the task ends the request at once."""
    process = PriceQueryProcess(query)
    try:
        return await asyncio.to_thread(_run, query, process)
    finally:
        process.kill()


def _run(query: PriceQuery, process: PriceQueryProcess) -> PriceResponse:
    fetched_at, start = datetime.now(UTC), time.monotonic()
    result = process.run()
    duration = time.monotonic() - start
    if isinstance(result, MarketError):
        raise result
    size = len(result)
    # The body may quote the query and its token, and a traceback can show local variables, so both are dropped first.
    document, result = _parse_body(result, query), b""
    if isinstance(document, MarketError):
        raise document
    return PriceResponse(document, fetched_at, duration, size)


def _parse_body(body: bytes, query: PriceQuery) -> PriceDocument | MarketError:
    """Return the document or the error. The error is returned, not raised, so that no traceback holds the body."""
    try:
        return parse(body, query.area.eic)
    except QueryRejectedError as error:  # its reason is the server's text, which may quote the token
        return QueryRejectedError(query.token.hide(error.reason))
    except MarketError as error:
        error.__context__ = None
        return error.with_traceback(None)
