"""The reasons why there are no prices, each kind a type of its own, so that no caller has to read texts.

No text contains a token, an address with a query or a server's own page.
"""

from collections.abc import Iterable
from typing import ClassVar, override

from ..errors import NatteryError

READABLE_REASON = 200  # characters of a server's own text that are passed on


class MarketError(NatteryError):
    """A reason why there are no prices; `kind` is the name under which it is counted and stored."""

    kind = "market"
    key_prefix = "price_"


class NotPublishedError(MarketError):
    """The platform works, but has not published these prices, or not yet."""

    kind = "not_published"

    def __init__(self) -> None:
        """Take no arguments."""
        super().__init__("These prices are not published, or not yet")


class OtherAuctionError(MarketError):
    """Only prices of another auction are published, which are not the day-ahead prices."""

    kind = "other_auction"

    def __init__(self, auctions: Iterable[str]) -> None:
        """Keep the auctions, such as "sequence 2" or "contract A07"."""
        self.auctions = tuple(sorted(set(auctions)))
        super().__init__(
            f"Only prices of another auction are published ({', '.join(self.auctions)}), not the day-ahead's"
        )


class UnauthorizedError(MarketError):
    """The token is missing, wrong or withdrawn."""

    kind = "unauthorized"

    def __init__(self) -> None:
        """Take no arguments: the token must not be in the error."""
        super().__init__("ENTSO-E does not accept the token")


class QueryRejectedError(MarketError):
    """The platform rejected the query; the same query will be rejected again."""

    kind = "refused"
    placeholder_names = ("reason",)

    def __init__(self, reason: str) -> None:
        """Keep the platform's own reason, on one line; the text contains its beginning."""
        self.reason = " ".join(reason.split()) or "-"
        super().__init__(f"ENTSO-E refused the query: {self.reason[:READABLE_REASON]}")


class TransportError(MarketError):
    """No readable response; another try may work after `retry_after` seconds, None if the server named no time."""

    kind = "transport"
    retry_after: float | None = None


class RateLimitedError(TransportError):
    """Too many requests with this token."""

    kind = "rate_limited"

    def __init__(self, retry_after: float | None = None) -> None:
        """Keep how many seconds to wait."""
        self.retry_after = retry_after
        super().__init__(f"ENTSO-E has had too many requests with this token{_wait(retry_after)}")


class ServerError(TransportError):
    """The platform is down: any HTTP status that is neither a response nor about the query."""

    kind = "server_trouble"
    placeholder_names = ("status",)

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        """Keep the HTTP status, and how many seconds to wait."""
        self.status, self.retry_after = status, retry_after
        super().__init__(f"ENTSO-E is in trouble (HTTP status {status}){_wait(retry_after)}")


class FetchTimeoutError(TransportError):
    """The response was not complete in time."""

    kind = "timed_out"
    placeholder_names = ("seconds",)

    def __init__(self, seconds: float) -> None:
        """Keep the time limit."""
        self.seconds = seconds
        super().__init__(f"ENTSO-E did not answer within {seconds:.3g} s")


class PlatformUnreachableError(TransportError):
    """There is no connection, or it broke before a response began; `reason` is a key of `_UNREACHABLE`."""

    kind = "unreachable"
    placeholder_names = ("host",)

    def __init__(self, host: str, reason: str) -> None:
        """Keep the host (or the action that stands in for one) and the reason."""
        self.host, self.reason = host, reason
        super().__init__(f"{host} cannot be reached: {_UNREACHABLE[reason]}")

    @property
    @override
    def translation_key(self) -> str:
        """Return the key of the reason."""
        return f"{super().translation_key}_{self.reason}"


_UNREACHABLE = {
    "unknown_host": "its name is unknown",
    "not_accepted": "it does not accept the connection",
    "certificate": "its certificate is not valid",
    "proxy": "the proxy does not work",
    "broken": "the connection was refused or broke",
    "no_response": "it did not respond in time",
    "not_sent": "the request could not be sent",
    "action": "the action failed",
    "template": "the data of the action has a template that fails",
}


class LibraryError(MarketError):
    """The library that queries ENTSO-E failed in an unexpected way."""

    kind = "library"

    def __init__(self, name: str) -> None:
        """Keep the name of the library's error, never its text."""
        self.name = name
        super().__init__(f"The library that queries ENTSO-E failed with {name}")


class BrokenDocumentError(MarketError):
    """A response that is not a usable price document."""

    kind = "broken_document"
    says: ClassVar[str] = "cannot be used"

    def __init__(self, detail: str = "") -> None:
        """Keep the detail for logs."""
        self.detail = detail
        super().__init__(f"The answer {self.says}{f': {detail}' if detail else ''}")


class EmptyError(BrokenDocumentError):
    """The document is empty."""

    kind, says = "empty", "is empty"


class HtmlError(BrokenDocumentError):
    """The document is a web page, as servers under maintenance send it with status 200."""

    kind, says = "html", "is a web page, not a price document"


class TruncatedError(BrokenDocumentError):
    """The document is cut off."""

    kind, says = "cut", "was cut off before its end"


class NotXmlError(BrokenDocumentError):
    """The document is no XML, or has XML definitions of its own, which price documents never have."""

    kind, says = "not_xml", "is not plain XML"


class TooLargeError(BrokenDocumentError):
    """The document is larger than any price document."""

    kind, says = "too_large", "is too large for a price document"


class WrongDocumentError(BrokenDocumentError):
    """The document is XML of another kind."""

    kind, says = "wrong_document", "is not a price document"


class MissingPartError(BrokenDocumentError):
    """The document lacks a required part."""

    kind, says = "missing_part", "lacks a part"


class WrongDomainError(BrokenDocumentError):
    """The document is about another bidding zone."""

    kind, says = "wrong_domain", "is about another area"


class WrongUnitError(BrokenDocumentError):
    """The prices are not per megawatt-hour, or have no currency."""

    kind, says = "wrong_unit", "has an unknown unit"


class UnknownResolutionError(BrokenDocumentError):
    """The slots have an unknown length."""

    kind, says = "unknown_resolution", "has an unknown resolution"


class UnknownCurveError(BrokenDocumentError):
    """The curve type is unknown, and so is the meaning of its gaps."""

    kind, says = "unknown_curve", "has an unknown curve type"


class BadPeriodError(BrokenDocumentError):
    """Times are invalid, or points lie outside their period."""

    kind, says = "bad_period", "has a period that makes no sense"


class BadPriceError(BrokenDocumentError):
    """A price is not a number."""

    kind, says = "bad_price", "has a price that is no number"


class ConflictingPricesError(BrokenDocumentError):
    """Two different prices are given for the same time."""

    kind, says = "contradiction", "contradicts itself"


def _wait(seconds: float | None) -> str:
    return "" if seconds is None else f" and asks for {seconds:.0f} s of quiet"
