"""What entsoe-py speaks through: requests with a size limit, without retries or redirects, and a token nobody sees.

This module imports entsoe-py, and pandas with it, so only `asker` imports it, in the process that asks.

The token is put into the address at the last possible moment, when the request line is written to the socket. What
lies above (entsoe-py, requests, urllib3: their logs, errors and responses) knows a placeholder only. Their errors are
replaced by ours and never chained to them.
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
CONNECT_SHARE = 4  # a name may stand for several addresses, tried one after the other
CHUNK = 65_536
LONGEST_QUIET = 86_400.0
OK, BAD_REQUEST, UNAUTHORIZED, TOO_MANY = 200, 400, 401, 429


def ask(question: PriceQuery) -> bytes | MarketError:
    """The body of the answer, or what kept it away: given back, not raised, so that no traceback is tied to it."""
    session = _Session(question)
    try:
        client = EntsoeRawClient(PLACEHOLDER, session, retry_count=1, retry_delay=0)  # type: ignore[arg-type]
        start, end = pd.Timestamp(question.start), pd.Timestamp(question.end)
        client.query_day_ahead_prices(question.area.eic, start=start, end=end)
    except MarketError as error:
        return error.with_traceback(None)
    except Exception as error:  # noqa: BLE001  (whatever it is, its text and its frames may hold more than is good)
        return LibraryError(type(error).__name__)
    else:
        return session.body
    finally:
        session.close()


class _Answer:
    """The little of a response that entsoe-py looks at; it is kept from reading the body, which is our business."""

    headers: dict[str, str] = {}  # noqa: RUF012  (never written)
    text = ""

    def raise_for_status(self) -> None:
        """Every bad status was an error before."""


class _Session:
    """The little of a session that entsoe-py uses."""

    def __init__(self, question: PriceQuery) -> None:
        self.headers: dict[str, str] = {}
        self.body = b""
        self._question = question
        self._session = requests.Session()
        adapter = _Adapter(question)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def get(self, *, params: dict[str, Any], **_: object) -> _Answer:
        """Ask our own address, whatever address entsoe-py has in mind."""
        trouble: MarketError | None = None
        try:
            trouble = self._exchange(params)
        except requests.RequestException as error:
            trouble = _explain(error, self._question.url)
        if trouble:
            raise trouble
        return _Answer()

    def _exchange(self, params: dict[str, Any]) -> MarketError | None:
        seconds = self._question.seconds
        waits = min(CONNECT_SECONDS, seconds / CONNECT_SHARE), seconds  # each; the whole is the parent's affair
        url, headers = self._question.url, self.headers
        params = {"contract_MarketAgreement.type": DAY_AHEAD, **params}  # versions before 0.8 do not say it
        with self._session.get(
            url, params=params, headers=headers, timeout=waits, stream=True, allow_redirects=False
        ) as response:
            # A refused question says why in its body, which is for the parser.
            if response.status_code not in {OK, BAD_REQUEST}:
                return _trouble(response)
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > SIZE_LIMIT:
                    return TooLargeError()
        self.body = bytes(body)
        return None


class _Adapter(HTTPAdapter):
    """Opens connections that know the token."""

    def __init__(self, question: PriceQuery) -> None:
        super().__init__(max_retries=0)
        self._traits = {"question": question}

    @override
    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls, _Connection):
            pool.ConnectionCls = type("Connection", (_Connection, pool.ConnectionCls), self._traits)
        return pool


class _Connection(HTTPConnection):
    """Writes the token in place of the placeholder."""

    question: PriceQuery
    debuglevel = 0  # http.client would print what it sends, and can be told so for all connections at once

    @override
    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        token = quote(self.question.token.reveal(), safe="")
        super().putrequest(method, url.replace(PLACEHOLDER, token), *args, **kwargs)


def _trouble(response: requests.Response) -> MarketError:
    status = response.status_code
    if status == UNAUTHORIZED:
        return UnauthorizedError()
    quiet = _retry_after(response.headers.get("Retry-After", ""))
    return RateLimitedError(quiet) if status == TOO_MANY else ServerError(status, quiet)


def _retry_after(text: str) -> float | None:
    """Seconds, from seconds or a date."""
    text = text.strip()
    if text.isdecimal():
        return min(float(text), LONGEST_QUIET)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    left = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(left.total_seconds(), 0), LONGEST_QUIET)


def _explain(error: requests.RequestException, url: str) -> MarketError:
    """Our error for one of requests, from its type alone, since its text holds the address."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return TruncatedError()
    cause = error.args[0] if error.args else None
    if isinstance(getattr(cause, "reason", cause), NameResolutionError):
        reason = "unknown_host"
    else:
        reason = next((name for kind, name in _REASONS if isinstance(error, kind)), "not_sent")
    return PlatformUnreachableError(urlsplit(url).hostname or "ENTSO-E", reason)


_REASONS: list[tuple[type[Exception], str]] = [
    (requests.exceptions.ConnectTimeout, "not_accepted"),
    (requests.exceptions.SSLError, "certificate"),
    (requests.exceptions.ProxyError, "proxy"),
    (requests.exceptions.ConnectionError, "broken"),
]
