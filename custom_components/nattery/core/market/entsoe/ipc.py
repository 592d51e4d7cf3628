"""The query to ENTSO-E and its result, and how both are passed between the main process and the worker process.

The query is one line of JSON. The result is one line of JSON with its kind, followed by the body of the response.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
import json
from typing import Any

from ..bidding_zones import BiddingZone
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
from ..secret import Secret

URL = "https://web-api.tp.entsoe.eu/api"
DEFAULT_TIMEOUT, MIN_TIMEOUT, MAX_TIMEOUT = 120.0, 30.0, 280.0  # seconds; the server itself times out after 300 s

_BODY = "body"
_ERRORS_BY_KIND: dict[str, type[MarketError]] = {
    error.kind: error
    for error in (
        TruncatedError,
        LibraryError,
        RateLimitedError,
        ServerError,
        TooLargeError,
        UnauthorizedError,
        PlatformUnreachableError,
    )
}


@dataclass(frozen=True, slots=True)
class PriceQuery:
    """A query for the day-ahead prices of `area` in [start, end) (aware, on full hours), with a `timeout` in seconds.

    The platform responds with every whole market day that overlaps the interval.
    """

    area: BiddingZone
    start: datetime
    end: datetime
    token: Secret
    url: str = URL
    timeout: float = DEFAULT_TIMEOUT

    def to_line(self) -> bytes:
        """Return the query for the worker process only, because it contains the token."""
        fields = {
            "area": asdict(self.area),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "token": self.token.reveal(),
            "url": self.url,
            "timeout": self.timeout,
        }
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> PriceQuery:
        """Return the query from its line."""
        fields: dict[str, Any] = json.loads(line)
        start, end = datetime.fromisoformat(fields.pop("start")), datetime.fromisoformat(fields.pop("end"))
        return cls(BiddingZone(**fields.pop("area")), start, end, Secret(fields.pop("token")), **fields)


def pack_result(result: bytes | MarketError) -> bytes:
    """Serialise a result. The attributes of our errors are their constructor arguments."""
    if isinstance(result, bytes):
        return json.dumps({"kind": _BODY}).encode() + b"\n" + result
    return json.dumps({"kind": result.kind, **vars(result)}).encode() + b"\n"


def unpack_result(data: bytes) -> bytes | MarketError:
    """Return the result from its bytes; LibraryError if they are malformed."""
    header, _, body = data.partition(b"\n")
    try:
        values = json.loads(header)
        kind = values.pop("kind")
        return body if kind == _BODY else _ERRORS_BY_KIND[kind](**values)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return LibraryError(type(error).__name__)
