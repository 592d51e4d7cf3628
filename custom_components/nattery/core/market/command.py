"""The command `nattery prices`: its options, and what it does with them."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
import json
from math import isfinite
import os
import sys
import time
from urllib.parse import urlsplit

from .bidding_zones import BiddingZone, UnknownBiddingZoneError, find
from .entsoe.client import PriceResponse, ask
from .entsoe.ipc import LONGEST, URL, PriceQuery
from .errors import ConflictingPricesError, MarketError, NotPublishedError, RateLimitedError, ServerError
from .prices import PriceQuality, PriceSeries, local_day
from .quality import ENTSOE, judge, reason_in_english
from .secret import Secret

TOKEN = "NATTERY_ENTSOE_TOKEN"  # noqa: S105  (where it is, not what it is)
SECONDS = "45"
PASSING = {429, 500, 502, 503, 504}  # HTTP statuses after which the same question may be answered
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 8.0  # s between tries when the server does not say how long
YEARS = range(2015, 2100)
DONE, FAILED, BAD_INPUT = 0, 1, 2


class PriceUsageError(Exception):
    """Input that cannot be used; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What the user wants: the prices of [start, end) in an area, within `seconds`."""

    area: BiddingZone
    day: date
    token: Secret
    url: str
    seconds: float


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery prices`.

    They stay text until `run` judges them, so that every error is one sentence.
    """
    add = parser.add_argument
    add("--area", required=True, metavar="AREA", help="the bidding zone, for example DE_LU or ENTSO-E's code of it")
    add("--day", required=True, metavar="YYYY-MM-DD", help="the day, by the area's clock")
    add("--url", default=URL, metavar="URL", help="where to ask (default %(default)s)")
    add("--timeout", default=SECONDS, metavar="S", help="give up after so many seconds, tries included (default 45)")
    add("--json", action="store_true", help="one JSON object: area, currency, resolution_minutes, quality, slots")


def run(args: Namespace) -> int:
    """Print a day's prices; 0, or 1 for a failure and 2 for bad input with a sentence on stderr."""
    try:
        order = _order(args)
        day = _day(order, _ask(order))
    except (PriceUsageError, UnknownBiddingZoneError) as error:
        return _complain(str(error), BAD_INPUT)
    except MarketError as error:
        return _complain(str(error), FAILED)
    if day.quality is PriceQuality.INCOMPLETE:
        return _complain(
            f"The prices of {order.day} are not complete: {'; '.join(map(reason_in_english, day.reasons))}", FAILED
        )
    if day.reasons:
        sys.stderr.write(f"The prices of {order.day} are suspect: {'; '.join(map(reason_in_english, day.reasons))}\n")
    sys.stdout.write(_as_json(day) if args.json else _as_text(day, order.area))
    return DONE


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _order(args: Namespace) -> _Order:
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise PriceUsageError(f"There is no token: put ENTSO-E's into the environment as {TOKEN}")
    try:
        day = date.fromisoformat(args.day)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        allowed = f"allowed is a day as YYYY-MM-DD from {YEARS.start} to {YEARS.stop - 1}"
        raise PriceUsageError(f"--day cannot be {args.day!r}: {allowed}")
    return _Order(find(args.area), day, Secret(token), _url(args.url), _seconds(args.timeout))


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise PriceUsageError(f"--url cannot be {text!r}: allowed is an address that begins with http:// or https://")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not isfinite(seconds) or not 1 <= seconds <= LONGEST:
        raise PriceUsageError(f"--timeout cannot be {text!r}: allowed is a number from 1 to {LONGEST:g}")
    return seconds


def _ask(order: _Order) -> PriceResponse:
    """Ask until an answer comes, the question proves hopeless or the time is over. Raises MarketError."""
    deadline = time.monotonic() + order.seconds
    start, end = local_day(order.day, order.area.tzinfo)
    # The day before comes along, since a copy of it is no day's prices.
    question = PriceQuery(order.area, start - timedelta(days=1), end, order.token, order.url)
    pause = FIRST_PAUSE
    while True:
        begun = time.monotonic()
        try:
            return ask(replace(question, seconds=max(deadline - begun, 0.1)))
        except (RateLimitedError, ServerError) as error:
            quiet = max(pause if error.retry_after is None else error.retry_after, FIRST_PAUSE / 2)
            passing = isinstance(error, RateLimitedError) or error.status in PASSING
            now = time.monotonic()
            # A try that would take as long as this one and be late would tell less than this one's error.
            if not passing or now + quiet + (now - begun) >= deadline:
                raise
        time.sleep(quiet)
        pause = min(2 * pause, LONGEST_PAUSE)


def _day(order: _Order, answer: PriceResponse) -> PriceSeries:
    zone = order.area.tzinfo

    def series(start: datetime, end: datetime) -> PriceSeries:
        return answer.document.series(order.area.key, start, end, source=ENTSOE, fetched_at=answer.fetched_at)

    start, end = local_day(order.day, zone)
    try:
        before = series(*local_day(order.day - timedelta(days=1), zone))
    except NotPublishedError, ConflictingPricesError:
        before = None
    return judge(series(start, end), start, end, zone=zone, currencies=order.area.currencies, before=before)


def _as_json(day: PriceSeries) -> str:
    slots = [{"start": slot.start.isoformat(), "end": slot.end.isoformat(), "price": slot.price} for slot in day]
    about = {
        "area": day.area,
        "currency": day.currency,
        "resolution_minutes": day.resolution // timedelta(minutes=1),
        "quality": day.quality.value,
    }
    return json.dumps({**about, "slots": slots}) + "\n"


def _as_text(day: PriceSeries, area: BiddingZone) -> str:
    lines = [f"{area.name}: spot prices in {day.currency}/kWh, {day.quality.value}"]
    for slot in day:
        start, end = slot.start.astimezone(area.tzinfo), slot.end.astimezone(area.tzinfo)
        lines.append(f"{start:%Y-%m-%d %H:%M}-{end:%H:%M}  {slot.price:9.5f}")
    return "\n".join([*lines, ""])
