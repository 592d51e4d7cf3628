"""What the stand-in may answer: each mode makes a Reply of a Request and a number.

A mode is written "name" or "name:number", for example "slow:30" (seconds) or "rate_limited:600" (Retry-After).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from zipfile import ZipFile

from .curve import CLOCK, edges, market_day, price
from .xml import Stretch, acknowledgement, publication

PUBLISHED_AT = 13  # o'clock on the market's clock
QUARTER = timedelta(minutes=15)
ELSEWHERE = "10YFR-RTE------C", "10YBE----------2"
HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>Down for maintenance</h1></body></html>"
)
UNAUTHORIZED = b"<html><body><h1>Unauthorized</h1>Missing or invalid security token</body></html>"
HUGE = 6_000_000
BOMB = b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;</p>'


class Manner(StrEnum):
    """How the bytes of a reply go out."""

    WHOLE = "whole"
    DRIP = "drip"  # the body in a hundred parts
    DRIP_HEAD = "drip_head"  # head and body in a hundred parts
    CUT = "cut"  # half of what the head announces
    CUT_UNANNOUNCED = "cut_unannounced"  # half, after a head that announces no length
    HANG_UP = "hang_up"  # nothing at all


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: an area, from when to when (UTC); `now` is the stand-in's time, `path` the address as it came."""

    domain: str
    start: datetime
    end: datetime
    now: datetime
    seed: int
    path: str

    @property
    def days(self) -> list[date]:
        """The market days that the time touches and that are published."""
        newest = market_day(self.now)
        if self.now.astimezone(CLOCK).hour >= PUBLISHED_AT:
            newest += timedelta(days=1)
        first, last = market_day(self.start), market_day(self.end - timedelta(seconds=1))
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [day for day in days if day <= newest]


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer; `pause` s go by before it, and `drip` s over its bytes."""

    body: bytes = b""
    status: int = 200
    kind: str = "text/xml"
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    manner: Manner = Manner.WHOLE
    drip: float = 0.0


def amounts(request: Request, day: date, minutes: int = 15, more: float = 0.0) -> list[float | None]:
    """EUR/MWh of a market day's slots, `more` than usual; longer slots are the mean of their quarters."""
    start, end = (edge.astimezone(UTC) for edge in edges(day))
    quarters = [price(request.seed, request.domain, start + n * QUARTER) for n in range((end - start) // QUARTER)]
    share = minutes // 15
    means = (sum(quarters[n : n + share]) / share for n in range(0, len(quarters), share))
    return [round(mean + more, 2) for mean in means]


def stretches(request: Request, minutes: int = 15, sequence: int | None = 1, more: float = 0.0) -> list[Stretch]:
    """A series for each published day that was asked for."""
    return [Stretch(edges(day)[0], amounts(request, day, minutes, more), minutes, sequence) for day in request.days]


def published(request: Request, series: list[Stretch], domain: str = "", revision: int = 1) -> Reply:
    """A document of these series, or that there is none."""
    created = request.now + timedelta(hours=revision - 1)
    if not series:
        text = f"No matching data found for Data item Day-ahead Prices [12.1.D] ({request.domain})."
        return Reply(acknowledgement("999", text, created=created))
    return Reply(publication(domain or request.domain, series, created=created, revision=revision))


def _ok(request: Request, _: float) -> Reply:
    return published(request, stretches(request))


def _each(**changes: object) -> Callable[[Request, float], Reply]:
    """A document whose every series is changed."""

    def reply(request: Request, _: float) -> Reply:
        return published(request, [replace(one, **changes) for one in stretches(request)])  # type: ignore[arg-type]

    return reply


def _amounts(change: Callable[[list[float | None]], list[float | None]]) -> Callable[[Request, float], Reply]:
    """A document whose every series has its prices changed."""

    def reply(request: Request, _: float) -> Reply:
        return published(request, [replace(one, amounts=change(list(one.amounts))) for one in stretches(request)])

    return reply


def _sequences(*order: int) -> Callable[[Request, float], Reply]:
    """Series of several auctions, the second of which is 7 EUR/MWh dearer."""

    def reply(request: Request, _: float) -> Reply:
        return published(request, [one for n in order for one in stretches(request, sequence=n, more=7.0 * (n - 1))])

    return reply


def _plain(status: int, body: bytes, kind: str = "text/html", header: str = "") -> Callable[[Request, float], Reply]:
    def reply(_: Request, number: float) -> Reply:
        return Reply(body, status, kind, {header: f"{number:.0f}"} if header and number else {})

    return reply


def _sent(manner: Manner) -> Callable[[Request, float], Reply]:
    def reply(request: Request, number: float) -> Reply:
        return replace(_ok(request, 0), manner=manner, drip=number)

    return reply


def _archive(request: Request, more: float) -> Reply:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for revision in (2, 1):
            series = stretches(request, more=more * (revision - 1))
            archive.writestr(f"{revision}.xml", published(request, series, revision=revision).body)
    return Reply(packed.getvalue(), kind="application/zip")


def _refused(request: Request, _: float) -> Reply:
    return Reply(acknowledgement("999", f"Bad question: {request.path}", created=request.now), 400)


MODES: dict[str, Callable[[Request, float], Reply]] = {
    # Good documents
    "ok": _ok,
    "slow": lambda request, number: replace(_ok(request, 0), pause=number),
    "a01": _each(curve="A01"),
    "unlabelled": _each(sequence=None),
    "hourly": lambda request, _: published(request, stretches(request, 60)),
    "half_hourly": lambda request, _: published(request, stretches(request, 30)),
    "mixed": lambda request, _: published(request, stretches(request, 60) + stretches(request)),
    "both": _sequences(1, 2),
    "swapped": _sequences(2, 1),
    "twice": _sequences(1, 1),
    "revised": lambda request, number: published(request, stretches(request, more=number or 10), revision=2),
    "archive": lambda request, number: _archive(request, number or 10),
    "currency": _each(currency="PLN"),
    # Documents that are well formed and not to be trusted
    "only_second": _sequences(2),
    "intraday": _each(contract="A07"),
    "gap": _amounts(lambda day: day[:-4]),
    "headless": _amounts(lambda day: [None, *day[1:]]),
    "flat": _amounts(lambda day: [50.0] * len(day)),
    "absurd": _amounts(lambda day: [99_999.0, *day[1:]]),
    "contradiction": lambda request, _: published(request, stretches(request) + stretches(request, more=5)),
    "wrong_domain": lambda request, _: published(
        request, stretches(request), domain=next(other for other in ELSEWHERE if other != request.domain)
    ),
    "wrong_unit": _each(unit="KWT"),
    "unknown_resolution": _each(resolution="PT20M"),
    "unknown_curve": _each(curve="A02"),
    "not_a_number": _amounts(lambda day: [float("nan"), *day[1:]]),
    # No document
    "not_published": lambda request, _: published(request, []),
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
    # A bad line
    "drip": _sent(Manner.DRIP),
    "drip_head": _sent(Manner.DRIP_HEAD),
    "cut": _sent(Manner.CUT),
    "cut_unannounced": _sent(Manner.CUT_UNANNOUNCED),
    "hang_up": _sent(Manner.HANG_UP),
}


class UnknownModeError(ValueError):
    """No such mode; the text names those that there are."""


def find(mode: str) -> tuple[Callable[[Request, float], Reply], float]:
    """The function and the number of a mode written "name" or "name:number"; raises UnknownModeError."""
    name, _, number = mode.partition(":")
    if name not in MODES or (not number.replace(".", "", 1).isdecimal() and number):
        raise UnknownModeError(f"{mode!r} is no mode: allowed are {', '.join(MODES)}, each with or without :NUMBER")
    return MODES[name], float(number or 0)
