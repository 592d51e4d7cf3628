"""The HTTP transport for entsoe-py: requests with a size limit, without retries or redirects, and with a hidden token.

This module imports entsoe-py, and pandas with it, so only `worker` imports it, in the worker process.

The token is inserted into the URL at the last moment, when the request line is written to the socket. The layers above
(entsoe-py, requests, urllib3, with their logs, errors and responses) only see a placeholder. Their errors are replaced
by ours and never chained.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, override
from urllib.parse import quote, urlsplit

from entsoe.entsoe import EntsoeRawClient
import pandas as pd  # type: ignore[import-untyped]
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError

from ..errors import (
    LibraryError,
    MarketError,
    PlatformUnreachableError,
    RateLimitedError,
    ServerError,
    TooLargeError,
    TruncatedError,
    UnauthorizedError,
)
from .document import DAY_AHEAD, SIZE_LIMIT
from .ipc import PriceQuery

if TYPE_CHECKING:
    from urllib3.connectionpool import HTTPConnectionPool

PLACEHOLDER = "the-token-is-not-shown"
CONNECT_SECONDS = 15.0
CONNECT_SHARE = 4  # of the timeout; a name may have several addresses, tried one after another
CHUNK_BYTES = 65_536
MAX_RETRY_AFTER = 86_400.0  # seconds
OK, BAD_REQUEST, UNAUTHORIZED, TOO_MANY = 200, 400, 401, 429


def query_prices(query: PriceQuery) -> bytes | MarketError:
    """Return the body of the response or the error, not raised so that no traceback holds the token."""
    session = _LibrarySession(query)
    try:
        client = EntsoeRawClient(PLACEHOLDER, session, retry_count=1, retry_delay=0)  # type: ignore[arg-type]
        start, end = pd.Timestamp(query.start), pd.Timestamp(query.end)
        client.query_day_ahead_prices(query.area.eic, start=start, end=end)
    except MarketError as error:
        return error.with_traceback(None)
    except Exception as error:  # noqa: BLE001  (its text and its frames may contain the token, whatever it is)
        return LibraryError(type(error).__name__)
    else:
        return session.body
    finally:
        session.close()


class _LibraryResponse:
    """The part of a response that entsoe-py uses, without the body, which our own parser reads."""

    headers: dict[str, str] = {}  # noqa: RUF012  (never written)
    text = ""

    def raise_for_status(self) -> None:
        """Do nothing: every error status has already been raised."""


class _LibrarySession:
    """The part of a session that entsoe-py uses."""

    def __init__(self, query: PriceQuery) -> None:
        self.headers: dict[str, str] = {}
        self.body = b""
        self._query = query
        self._session = requests.Session()
        adapter = _TokenAdapter(query)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def get(self, *, params: dict[str, Any], **_: object) -> _LibraryResponse:
        """Send a request to the configured URL, whatever URL entsoe-py has in mind."""
        error_found: MarketError | None = None
        try:
            error_found = self._send(params)
        except requests.RequestException as error:
            error_found = _error_for_exception(error, self._query.url)
        if error_found:
            raise error_found
        return _LibraryResponse()

    def _send(self, params: dict[str, Any]) -> MarketError | None:
        seconds = self._query.timeout
        # These apply to connecting and to each read. The main process limits the total.
        timeouts = min(CONNECT_SECONDS, seconds / CONNECT_SHARE), seconds
        url, headers = self._query.url, self.headers
        params = {"contract_MarketAgreement.type": DAY_AHEAD, **params}  # versions of entsoe-py before 0.8 leave it out
        with self._session.get(
            url, params=params, headers=headers, timeout=timeouts, stream=True, allow_redirects=False
        ) as response:
            # The body of a rejected query contains the reason, which the parser reads.
            if response.status_code not in {OK, BAD_REQUEST}:
                return _error_for_status(response)
            body = bytearray()
            for chunk in response.iter_content(CHUNK_BYTES):
                body += chunk
                if len(body) > SIZE_LIMIT:
                    return TooLargeError()
        self.body = bytes(body)
        return None


class _TokenAdapter(HTTPAdapter):
    """Opens connections that insert the token."""

    def __init__(self, query: PriceQuery) -> None:
        super().__init__(max_retries=0)
        self._attributes = {"query": query}

    @override
    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls, _TokenConnection):
            pool.ConnectionCls = type("Connection", (_TokenConnection, pool.ConnectionCls), self._attributes)
        return pool


class _TokenConnection(HTTPConnection):
    """Replaces the placeholder by the token when it writes the request line."""

    query: PriceQuery
    debuglevel = 0  # http.client must not print the request, even if debugging is on for all connections

    @override
    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        token = quote(self.query.token.reveal(), safe="")
        super().putrequest(method, url.replace(PLACEHOLDER, token), *args, **kwargs)


def _error_for_status(response: requests.Response) -> MarketError:
    status = response.status_code
    if status == UNAUTHORIZED:
        return UnauthorizedError()
    retry_after = _retry_after(response.headers.get("Retry-After", ""))
    return RateLimitedError(retry_after) if status == TOO_MANY else ServerError(status, retry_after)


def _retry_after(text: str) -> float | None:
    """Return the seconds to wait from a Retry-After header, which is a number of seconds or a date."""
    text = text.strip()
    if text.isdecimal():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        retry_at = parsedate_to_datetime(text)
    except ValueError:
        return None
    remaining = (retry_at if retry_at.tzinfo else retry_at.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(remaining.total_seconds(), 0), MAX_RETRY_AFTER)


def _error_for_exception(error: requests.RequestException, url: str) -> MarketError:
    """Return our error for one of requests, chosen by its type alone, because its text contains the URL."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return TruncatedError()
    cause = error.args[0] if error.args else None
    if isinstance(getattr(cause, "reason", cause), NameResolutionError):
        reason = "unknown_host"
    else:
        reason = next((name for kind, name in _REASON_BY_EXCEPTION if isinstance(error, kind)), "not_sent")
    return PlatformUnreachableError(urlsplit(url).hostname or "ENTSO-E", reason)


_REASON_BY_EXCEPTION: list[tuple[type[Exception], str]] = [
    (requests.exceptions.ConnectTimeout, "not_accepted"),
    (requests.exceptions.SSLError, "certificate"),
    (requests.exceptions.ProxyError, "proxy"),
    (requests.exceptions.ConnectionError, "broken"),
]
