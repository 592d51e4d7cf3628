"""The modes of the stand-in: each one makes a Reply from a Request and a number.

A mode is written "name" or "name:number", for example "slow:30" (seconds) or "rate_limited:600" (Retry-After).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from zipfile import ZipFile

from .curve import MARKET_ZONE, edges, market_day, price
from .xml import SeriesSpec, acknowledgement, publication

PUBLISHED_AT = 13  # hour in the market's time zone
QUARTER = timedelta(minutes=15)
OTHER_DOMAINS = "10YFR-RTE------C", "10YBE----------2"
HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>Down for maintenance</h1></body></html>"
)
UNAUTHORIZED = b"<html><body><h1>Unauthorized</h1>Missing or invalid security token</body></html>"
HUGE = 6_000_000  # bytes
BOMB = b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;</p>'


class ReplyDelivery(StrEnum):
    """How the bytes of a reply are sent."""

    WHOLE = "whole"
    DRIP = "drip"  # the body in a hundred parts
    DRIP_HEAD = "drip_head"  # headers and body in a hundred parts
    CUT = "cut"  # half of the announced length
    CUT_UNANNOUNCED = "cut_unannounced"  # half, without a Content-Length header
    HANG_UP = "hang_up"  # closes the connection without a byte


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a bidding zone from `start` to `end` (UTC); `now` is the stand-in's time.

    The prices are those of `seed` and `spread`. `early` tells that tomorrow's are published at midnight.
    """

    domain: str
    start: datetime
    end: datetime
    now: datetime
    seed: int
    path: str
    spread: float = 1.0
    early: bool = False

    @property
    def days(self) -> list[date]:
        """Return the published market days that overlap the interval."""
        newest = market_day(self.now)
        if self.early or self.now.astimezone(MARKET_ZONE).hour >= PUBLISHED_AT:
            newest += timedelta(days=1)
        first, last = market_day(self.start), market_day(self.end - timedelta(seconds=1))
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [day for day in days if day <= newest]


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response, sent after `delay` seconds; with a drip delivery, its bytes take `drip_seconds`."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/xml"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    delivery: ReplyDelivery = ReplyDelivery.WHOLE
    drip_seconds: float = 0.0


def slot_amounts(request: Request, day: date, minutes: int = 15, surcharge: float = 0.0) -> list[float | None]:
    """Return the prices of a market day in EUR/MWh, plus `surcharge`; longer slots get the mean."""
    start, end = (edge.astimezone(UTC) for edge in edges(day))
    starts = (start + number * QUARTER for number in range((end - start) // QUARTER))
    quarters = [price(request.seed, request.domain, at, request.spread) for at in starts]
    share = minutes // 15
    means = (sum(quarters[n : n + share]) / share for n in range(0, len(quarters), share))
    return [round(mean + surcharge, 2) for mean in means]


def series_specs(
    request: Request, minutes: int = 15, sequence: int | None = 1, surcharge: float = 0.0
) -> list[SeriesSpec]:
    """Return a series for each requested day that is published."""
    return [
        SeriesSpec(edges(day)[0], slot_amounts(request, day, minutes, surcharge), minutes, sequence)
        for day in request.days
    ]


def published_reply(request: Request, series: list[SeriesSpec], domain: str = "", revision: int = 1) -> Reply:
    """Return a document of these series, or the acknowledgement that there is no data."""
    created = request.now + timedelta(hours=revision - 1)
    if not series:
        text = f"No matching data found for Data item Day-ahead Prices [12.1.D] ({request.domain})."
        return Reply(acknowledgement("999", text, created=created))
    return Reply(publication(domain or request.domain, series, created=created, revision=revision))


def _ok(request: Request, _: float) -> Reply:
    return published_reply(request, series_specs(request))


def _each(**changes: object) -> Callable[[Request, float], Reply]:
    """Return a mode whose series have these fields changed."""

    def reply(request: Request, _: float) -> Reply:
        return published_reply(request, [replace(spec, **changes) for spec in series_specs(request)])  # type: ignore[arg-type]

    return reply


def _amounts(change: Callable[[list[float | None]], list[float | None]]) -> Callable[[Request, float], Reply]:
    """Return a mode whose series have their prices changed."""

    def reply(request: Request, _: float) -> Reply:
        return published_reply(
            request, [replace(spec, amounts=change(list(spec.amounts))) for spec in series_specs(request)]
        )

    return reply


def _sequences(*order: int) -> Callable[[Request, float], Reply]:
    """Return a mode with series of several auctions, the second of which is 7 EUR/MWh more expensive."""

    def reply(request: Request, _: float) -> Reply:
        return published_reply(
            request, [spec for n in order for spec in series_specs(request, sequence=n, surcharge=7.0 * (n - 1))]
        )

    return reply


def _plain(
    status: int, body: bytes, content_type: str = "text/html", header: str = ""
) -> Callable[[Request, float], Reply]:
    def reply(_: Request, number: float) -> Reply:
        return Reply(body, status, content_type, {header: f"{number:.0f}"} if header and number else {})

    return reply


def _with_delivery(delivery: ReplyDelivery) -> Callable[[Request, float], Reply]:
    def reply(request: Request, number: float) -> Reply:
        return replace(_ok(request, 0), delivery=delivery, drip_seconds=number)

    return reply


def _archive(request: Request, surcharge: float) -> Reply:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for revision in (2, 1):
            series = series_specs(request, surcharge=surcharge * (revision - 1))
            archive.writestr(f"{revision}.xml", published_reply(request, series, revision=revision).body)
    return Reply(packed.getvalue(), content_type="application/zip")


def _refused(request: Request, _: float) -> Reply:
    return Reply(acknowledgement("999", f"Bad question: {request.path}", created=request.now), 400)


MODES: dict[str, Callable[[Request, float], Reply]] = {
    # Good documents
    "ok": _ok,
    "slow": lambda request, number: replace(_ok(request, 0), delay=number),
    "a01": _each(curve="A01"),
    "unlabelled": _each(sequence=None),
    "hourly": lambda request, _: published_reply(request, series_specs(request, 60)),
    "half_hourly": lambda request, _: published_reply(request, series_specs(request, 30)),
    "mixed": lambda request, _: published_reply(request, series_specs(request, 60) + series_specs(request)),
    "both": _sequences(1, 2),
    "swapped": _sequences(2, 1),
    "twice": _sequences(1, 1),
    "revised": lambda request, number: published_reply(
        request, series_specs(request, surcharge=number or 10), revision=2
    ),
    "archive": lambda request, number: _archive(request, number or 10),
    "currency": _each(currency="PLN"),
    # Well-formed documents with wrong or incomplete prices
    "only_second": _sequences(2),
    "intraday": _each(contract="A07"),
    "gap": _amounts(lambda day: day[:-4]),
    "headless": _amounts(lambda day: [None, *day[1:]]),
    "flat": _amounts(lambda day: [50.0] * len(day)),
    "absurd": _amounts(lambda day: [99_999.0, *day[1:]]),
    "contradiction": lambda request, _: published_reply(
        request, series_specs(request) + series_specs(request, surcharge=5)
    ),
    "wrong_domain": lambda request, _: published_reply(
        request, series_specs(request), domain=next(other for other in OTHER_DOMAINS if other != request.domain)
    ),
    "wrong_unit": _each(unit="KWT"),
    "unknown_resolution": _each(resolution="PT20M"),
    "unknown_curve": _each(curve="A02"),
    "not_a_number": _amounts(lambda day: [float("nan"), *day[1:]]),
    # No document
    "not_published": lambda request, _: published_reply(request, []),
    "refused": _refused,
    "empty": _plain(200, b""),
    "html": _plain(200, HTML),
    "not_xml": _plain(200, b"404 page not found", "text/plain"),
    "bomb": _plain(200, BOMB, "text/xml"),
    "huge": _plain(200, b"<Publication_MarketDocument>" + b" " * HUGE, "text/xml"),
    "unauthorized": _plain(401, UNAUTHORIZED),
    "not_found": _plain(404, b"404 page not found", "text/plain"),
    "rate_limited": _plain(429, HTML, header="Retry-After"),
    "unavailable": _plain(503, HTML, header="Retry-After"),
    "redirect": lambda request, _: Reply(status=302, headers={"Location": f"/elsewhere{request.path}"}),
    # Connection faults
    "drip": _with_delivery(ReplyDelivery.DRIP),
    "drip_head": _with_delivery(ReplyDelivery.DRIP_HEAD),
    "cut": _with_delivery(ReplyDelivery.CUT),
    "cut_unannounced": _with_delivery(ReplyDelivery.CUT_UNANNOUNCED),
    "hang_up": _with_delivery(ReplyDelivery.HANG_UP),
}


class UnknownModeError(ValueError):
    """There is no such mode; the message lists those that exist."""


def find_mode(mode: str) -> tuple[Callable[[Request, float], Reply], float]:
    """Return the function and number of a mode written "name" or "name:number"; raise UnknownModeError."""
    name, _, number = mode.partition(":")
    if name not in MODES or (not number.replace(".", "", 1).isdecimal() and number):
        raise UnknownModeError(f"{mode!r} is no mode: allowed are {', '.join(MODES)}, each with or without :NUMBER")
    return MODES[name], float(number or 0)
