"""What can keep prices away, each kind its own type, so that nobody above has to read texts.

Every text is one sentence for people; none holds a token, an address with a query or a server's own page.
"""

from collections.abc import Iterable
from typing import ClassVar

READABLE_REASON = 200  # characters of a server's own words that are passed on


class MarketError(Exception):
    """Anything that kept prices away; `kind` is the name under which it is counted and translated."""

    kind: ClassVar[str] = "market"


class NotPublishedError(MarketError):
    """The platform works and has no such prices, or not yet."""

    kind = "not_published"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("These prices are not published, or not yet")


class OtherAuctionError(MarketError):
    """Only another auction's prices are published; those are not traded on."""

    kind = "other_auction"

    def __init__(self, auctions: Iterable[str]) -> None:
        """Name the auctions: "sequence 2", "contract A07"."""
        self.auctions = tuple(sorted(set(auctions)))
        super().__init__(
            f"Only prices of another auction are published ({', '.join(self.auctions)}), not the day-ahead's"
        )


class UnauthorizedError(MarketError):
    """The token is missing, wrong or withdrawn."""

    kind = "unauthorized"

    def __init__(self) -> None:
        """Say so, without it."""
        super().__init__("ENTSO-E does not accept the token")


class QueryRejectedError(MarketError):
    """The platform understood the question and will not answer it; asking again gives the same."""

    kind = "refused"

    def __init__(self, reason: str) -> None:
        """Keep the platform's own reason, on one line; the text has its beginning."""
        self.reason = " ".join(reason.split()) or "it gave no reason"
        super().__init__(f"ENTSO-E refused the question: {self.reason[:READABLE_REASON]}")


class TransportError(MarketError):
    """No answer that could be read came back; another try may work. `retry_after` s, where the server said so."""

    kind = "transport"
    retry_after: float | None = None


class RateLimitedError(TransportError):
    """Too many requests with this token; `retry_after` is in seconds, None when the server did not say."""

    kind = "rate_limited"

    def __init__(self, retry_after: float | None = None) -> None:
        """Keep for how long to be quiet."""
        self.retry_after = retry_after
        super().__init__(f"ENTSO-E has had too many requests with this token{_wait(retry_after)}")


class ServerError(TransportError):
    """The platform is down or being moved: any status that is neither an answer nor about the question."""

    kind = "server_trouble"

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        """Keep the HTTP status and for how long to be quiet."""
        self.status, self.retry_after = status, retry_after
        super().__init__(f"ENTSO-E is in trouble (HTTP status {status}){_wait(retry_after)}")


class FetchTimeoutError(TransportError):
    """The whole answer was not there in time."""

    kind = "timed_out"

    def __init__(self, seconds: float) -> None:
        """Keep how long it was waited for."""
        self.seconds = seconds
        super().__init__(f"ENTSO-E did not answer within {seconds:.3g} s")


class PlatformUnreachableError(TransportError):
    """No connection, or one that broke before an answer began."""

    kind = "unreachable"

    def __init__(self, host: str, why: str) -> None:
        """Name the host and the reason in a few words."""
        self.host, self.why = host, why
        super().__init__(f"{host} cannot be reached: {why}")


class LibraryError(MarketError):
    """The library that asks ENTSO-E failed in a way of its own."""

    kind = "library"

    def __init__(self, name: str) -> None:
        """Keep the name of its error, never the text."""
        self.name = name
        super().__init__(f"The library that asks ENTSO-E failed with {name}")


class BrokenDocumentError(MarketError):
    """An answer came, but it is not a document that prices may be taken from."""

    kind = "broken_document"
    says: ClassVar[str] = "cannot be used"

    def __init__(self, detail: str = "") -> None:
        """Say what is wrong with it."""
        self.detail = detail
        super().__init__(f"The answer {self.says}{f': {detail}' if detail else ''}")


class EmptyError(BrokenDocumentError):
    """Nothing in it."""

    kind, says = "empty", "is empty"


class HtmlError(BrokenDocumentError):
    """A web page, as servers under maintenance send it with status 200."""

    kind, says = "html", "is a web page, not a price document"


class TruncatedError(BrokenDocumentError):
    """It ends before its end."""

    kind, says = "cut", "was cut off before its end"


class NotXmlError(BrokenDocumentError):
    """No XML, or XML with definitions of its own, which price documents never have."""

    kind, says = "not_xml", "is not plain XML"


class TooLargeError(BrokenDocumentError):
    """More than prices can take."""

    kind, says = "too_large", "is too large for a price document"


class WrongDocumentError(BrokenDocumentError):
    """XML of another kind."""

    kind, says = "wrong_document", "is not a price document"


class MissingPartError(BrokenDocumentError):
    """A price document without something that it must have."""

    kind, says = "missing_part", "lacks a part"


class WrongDomainError(BrokenDocumentError):
    """Prices of another area."""

    kind, says = "wrong_domain", "is about another area"


class WrongUnitError(BrokenDocumentError):
    """Prices for something other than a megawatt-hour, or in no currency."""

    kind, says = "wrong_unit", "has an unknown unit"


class UnknownResolutionError(BrokenDocumentError):
    """Slots of a length that is not known."""

    kind, says = "unknown_resolution", "has an unknown resolution"


class UnknownCurveError(BrokenDocumentError):
    """A curve type whose gaps have no known meaning."""

    kind, says = "unknown_curve", "has an unknown curve type"


class BadPeriodError(BrokenDocumentError):
    """Times that are no times, or points outside their period."""

    kind, says = "bad_period", "has a period that makes no sense"


class BadPriceError(BrokenDocumentError):
    """A price that is no number."""

    kind, says = "bad_price", "has a price that is no number"


class ConflictingPricesError(BrokenDocumentError):
    """Two different prices for the same time."""

    kind, says = "contradiction", "contradicts itself"


def _wait(seconds: float | None) -> str:
    return "" if seconds is None else f" and asks for {seconds:.0f} s of quiet"
