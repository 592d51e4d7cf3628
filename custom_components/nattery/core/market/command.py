"""The command `nattery prices`."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
import json
from math import isfinite
import os
import sys
import time
from urllib.parse import urlsplit

from .bidding_zones import BiddingZone, UnknownBiddingZoneError, find_zone
from .entsoe.client import PriceResponse, fetch_blocking
from .entsoe.ipc import MAX_TIMEOUT, URL, PriceQuery
from .errors import ConflictingPricesError, MarketError, NotPublishedError, RateLimitedError, ServerError
from .prices import PriceQuality, PriceSeries, local_day
from .quality import ENTSOE, assess, reason_in_english
from .secret import Secret

TOKEN_VARIABLE = "NATTERY_ENTSOE_TOKEN"  # noqa: S105  (the name of the variable, not the token)
DEFAULT_SECONDS = "45"
RETRY_STATUSES = {429, 500, 502, 503, 504}  # HTTP statuses after which a retry may succeed
FIRST_BACKOFF, MAX_BACKOFF = 1.0, 8.0  # seconds between tries if the server sends no Retry-After
YEARS = range(2015, 2100)
EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


class PriceUsageError(Exception):
    """The user's input is invalid; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class _PriceOptions:
    """The parsed options: the bidding zone and day of the prices, the token, the URL and the time limit in seconds."""

    area: BiddingZone
    day: date
    token: Secret
    url: str
    seconds: float


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `nattery prices`.

    They stay text until `run` validates them, so that every error is one sentence.
    """
    add = parser.add_argument
    add("--area", required=True, metavar="AREA", help="the bidding zone, for example DE_LU or ENTSO-E's code of it")
    add("--day", required=True, metavar="YYYY-MM-DD", help="the day, by the area's clock")
    add("--url", default=URL, metavar="URL", help="where to ask (default %(default)s)")
    add(
        "--timeout",
        default=DEFAULT_SECONDS,
        metavar="S",
        help="give up after so many seconds, tries included (default 45)",
    )
    add("--json", action="store_true", help="one JSON object: area, currency, resolution_minutes, quality, slots")


def run(args: Namespace) -> int:
    """Print a day's prices; return 0, or with a sentence on stderr 1 for a failure and 2 for invalid input."""
    try:
        options = _parse_options(args)
        day = _assessed_day(options, _fetch_with_retries(options))
    except (PriceUsageError, UnknownBiddingZoneError) as error:
        return _print_error(str(error), EXIT_USAGE)
    except MarketError as error:
        return _print_error(str(error), EXIT_FAILED)
    if day.quality is PriceQuality.INCOMPLETE:
        return _print_error(
            f"The prices of {options.day} are not complete: {'; '.join(map(reason_in_english, day.reasons))}",
            EXIT_FAILED,
        )
    if day.reasons:
        sys.stderr.write(f"The prices of {options.day} are suspect: {'; '.join(map(reason_in_english, day.reasons))}\n")
    sys.stdout.write(_format_json(day) if args.json else _format_text(day, options.area))
    return EXIT_OK


def _print_error(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _parse_options(args: Namespace) -> _PriceOptions:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise PriceUsageError(f"There is no token: put ENTSO-E's into the environment as {TOKEN_VARIABLE}")
    try:
        day = date.fromisoformat(args.day)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        allowed = f"allowed is a day as YYYY-MM-DD from {YEARS.start} to {YEARS.stop - 1}"
        raise PriceUsageError(f"--day cannot be {args.day!r}: {allowed}")
    return _PriceOptions(find_zone(args.area), day, Secret(token), _url(args.url), _seconds(args.timeout))


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
    if not isfinite(seconds) or not 1 <= seconds <= MAX_TIMEOUT:
        raise PriceUsageError(f"--timeout cannot be {text!r}: allowed is a number from 1 to {MAX_TIMEOUT:g}")
    return seconds


def _fetch_with_retries(options: _PriceOptions) -> PriceResponse:
    """Query until there is a response, a permanent error or no time left. Raises MarketError."""
    deadline = time.monotonic() + options.seconds
    start, end = local_day(options.day, options.area.tzinfo)
    # The day before is included, because the quality gate detects a copy of it.
    query = PriceQuery(options.area, start - timedelta(days=1), end, options.token, options.url)
    backoff = FIRST_BACKOFF
    while True:
        started = time.monotonic()
        try:
            return fetch_blocking(replace(query, timeout=max(deadline - started, 0.1)))
        except (RateLimitedError, ServerError) as error:
            delay = max(backoff if error.retry_after is None else error.retry_after, FIRST_BACKOFF / 2)
            retryable = isinstance(error, RateLimitedError) or error.status in RETRY_STATUSES
            now = time.monotonic()
            # A retry that would exceed the time limit would only replace this error by a timeout.
            if not retryable or now + delay + (now - started) >= deadline:
                raise
        time.sleep(delay)
        backoff = min(2 * backoff, MAX_BACKOFF)


def _assessed_day(options: _PriceOptions, response: PriceResponse) -> PriceSeries:
    zone = options.area.tzinfo

    def series(start: datetime, end: datetime) -> PriceSeries:
        return response.document.series(options.area.key, start, end, source=ENTSOE, fetched_at=response.fetched_at)

    start, end = local_day(options.day, zone)
    try:
        previous_day = series(*local_day(options.day - timedelta(days=1), zone))
    except NotPublishedError, ConflictingPricesError:
        previous_day = None
    return assess(
        series(start, end), start, end, zone=zone, currencies=options.area.currencies, previous_day=previous_day
    )


def _format_json(day: PriceSeries) -> str:
    slots = [{"start": slot.start.isoformat(), "end": slot.end.isoformat(), "price": slot.price} for slot in day]
    header = {
        "area": day.area,
        "currency": day.currency,
        "resolution_minutes": day.resolution // timedelta(minutes=1),
        "quality": day.quality.value,
    }
    return json.dumps({**header, "slots": slots}) + "\n"


def _format_text(day: PriceSeries, area: BiddingZone) -> str:
    lines = [f"{area.name}: spot prices in {day.currency}/kWh, {day.quality.value}"]
    for slot in day:
        start, end = slot.start.astimezone(area.tzinfo), slot.end.astimezone(area.tzinfo)
        lines.append(f"{start:%Y-%m-%d %H:%M}-{end:%H:%M}  {slot.price:9.5f}")
    return "\n".join([*lines, ""])
