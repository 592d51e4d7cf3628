"""A question to ENTSO-E and its outcome, and how both are written between our process and the one that asks.

One line of JSON goes there; what comes back is one line of JSON, which tells the kind of the outcome, and the body.
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
SECONDS, SHORTEST, LONGEST = 120.0, 30.0, 280.0  # the server itself gives up after 300 s

_BODY = "body"
_FAILURES: dict[str, type[MarketError]] = {
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
    """Day-ahead prices of `area` for [start, end) (aware, on full hours), to be answered within `seconds` in all.

    The platform answers with every whole market day that the time touches.
    """

    area: BiddingZone
    start: datetime
    end: datetime
    token: Secret
    url: str = URL
    seconds: float = SECONDS

    def to_line(self) -> bytes:
        """For the process that asks and for nobody else, since the token is in it."""
        whole = {
            "area": asdict(self.area),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "token": self.token.reveal(),
            "url": self.url,
            "seconds": self.seconds,
        }
        return json.dumps(whole).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> PriceQuery:
        """The question again."""
        whole: dict[str, Any] = json.loads(line)
        start, end = datetime.fromisoformat(whole.pop("start")), datetime.fromisoformat(whole.pop("end"))
        return cls(BiddingZone(**whole.pop("area")), start, end, Secret(whole.pop("token")), **whole)


def pack(outcome: bytes | MarketError) -> bytes:
    """An outcome as bytes. What our errors hold is what they are made from."""
    if isinstance(outcome, bytes):
        return json.dumps({"kind": _BODY}).encode() + b"\n" + outcome
    return json.dumps({"kind": outcome.kind, **vars(outcome)}).encode() + b"\n"


def unpack(said: bytes) -> bytes | MarketError:
    """The outcome again; LibraryError when this is none."""
    header, _, body = said.partition(b"\n")
    try:
        values = json.loads(header)
        kind = values.pop("kind")
        return body if kind == _BODY else _FAILURES[kind](**values)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return LibraryError(type(error).__name__)
