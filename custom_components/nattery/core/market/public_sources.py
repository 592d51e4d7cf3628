"""Public sources of day-ahead prices that need no token, used as fallback while ENTSO-E has none.

This module builds the URLs and reads the responses; the caller performs the HTTP GET. Prices are returned per kWh.
"""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
import json
from typing import Any
from urllib.parse import urlencode

from .errors import (
    BadPeriodError,
    BadPriceError,
    BrokenDocumentError,
    ConflictingPricesError,
    EmptyError,
    HtmlError,
    MissingPartError,
    NotPublishedError,
    TooLargeError,
    TransportError,
    UnknownResolutionError,
    WrongDomainError,
    WrongUnitError,
)
from .prices import PriceQuality, PriceSeries, PriceSlot

ENERGY_CHARTS, NORD_POOL = "energy_charts", "nord_pool"
MAX_BYTES = 5_000_000  # ten times a response of Nord Pool with every area
type HttpGet = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Returns the HTTP status and body for a URL; raises a MarketError if there is no response."""

_NO_DATA_STATUSES = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND})
RESOLUTIONS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60))
_PER_MWH = 1000
_PRICE_LIMIT = 1e9  # above any real price, in any unit


class NotJsonError(BrokenDocumentError):
    """The response is not JSON, or not the expected JSON."""

    kind, says = "not_json", "is not the JSON that was expected"


class SourceError(TransportError):
    """A public source responded with an HTTP error status."""

    kind = "server_trouble"
    placeholder_names = ("status",)

    def __init__(self, source: str, status: int) -> None:
        """Keep the source and the status."""
        self.source, self.status = source, status
        super().__init__(f"{source} is in trouble (HTTP status {status})")


class SourceLimitedError(SourceError):
    """A public source rejected the request as one too many."""

    kind = "rate_limited"


@dataclass(frozen=True, slots=True)
class PublicSource:
    """A public source: its name, the bidding zones it covers, its URL and its parser.

    `areas` maps our bidding zone keys to the source's own names. `url(base, area, day, currency)` is the URL of one
    market day's prices; `parse(body, area, fetched_at)` returns the series of a response. `area` must be a key of
    `areas`. `parse` raises any MarketError.
    """

    name: str
    base: str
    areas: dict[str, str]
    url: Callable[[str, str, date, str], str]
    parse: Callable[[bytes, str, datetime], PriceSeries]


def energy_charts_url(base: str, area: str, day: date, _: str = "EUR") -> str:
    """Return the URL of one market day's prices at energy-charts, which has prices in EUR only."""
    return f"{base}/price?{urlencode({'bzn': _ENERGY_CHARTS_AREAS[area], 'start': day, 'end': day})}"


def parse_energy_charts(body: bytes, area: str, fetched_at: datetime) -> PriceSeries:
    """Parse a response of energy-charts: a list of Unix times in seconds, and a list of prices in EUR/MWh."""
    response = _json_object(body)
    unit = "".join(str(response.get("unit", "")).split())
    if unit != "EUR/MWh":
        raise WrongUnitError(f"{unit[:20] or 'none'}, not EUR/MWh")
    starts, prices = _required_list(response, "unix_seconds"), _required_list(response, "price")
    if len(starts) != len(prices):
        raise MissingPartError(f"{len(starts)} times and {len(prices)} prices")
    if not starts or all(price is None for price in prices):
        raise NotPublishedError
    if not all(isinstance(start, int) and 0 < start < 1 << 33 for start in starts):
        raise BadPeriodError("a time that is no second since 1970")
    length = timedelta(seconds=min((b - a for a, b in pairwise(starts)), default=3600))
    moments = [datetime.fromtimestamp(start, UTC) for start in starts]
    rows = [
        (start, start + length, checked_price(price) / _PER_MWH)
        for start, price in zip(moments, prices, strict=True)
        if price is not None
    ]
    return series_of(rows, area=area, currency="EUR", source=ENERGY_CHARTS, fetched_at=fetched_at)


def nord_pool_url(base: str, area: str, day: date, currency: str = "EUR") -> str:
    """Return the URL of one market day's prices at Nord Pool's data portal."""
    query = {"date": day, "market": "DayAhead", "deliveryArea": _NORD_POOL_AREAS[area], "currency": currency}
    return f"{base}/DayAheadPrices?{urlencode(query)}"


def parse_nord_pool(body: bytes, area: str, fetched_at: datetime) -> PriceSeries:
    """Parse a response of Nord Pool: entries with a start, an end and a price per MWh for each area."""
    name = _NORD_POOL_AREAS[area]
    if not body.strip():
        raise NotPublishedError
    response = _json_object(body)
    if response.get("market") != "DayAhead":
        raise WrongDomainError("its market is not the day-ahead's")
    currency = response.get("currency")
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha() and currency.isupper()):  # noqa: PLR2004
        raise WrongUnitError("no currency")
    rows = []
    for entry in _required_list(response, "multiAreaEntries"):
        try:
            start, end, price = entry["deliveryStart"], entry["deliveryEnd"], entry["entryPerArea"].get(name)
        except KeyError, TypeError, AttributeError:
            raise MissingPartError("an entry without its times or prices") from None
        if price is not None:
            rows.append((parse_time(start), parse_time(end), checked_price(price) / _PER_MWH))
    states = [state for state in _list_or_empty(response.get("areaStates")) if isinstance(state, dict)]
    if not rows or any(
        name in _list_or_empty(state.get("areas")) and state.get("state") != "Final" for state in states
    ):
        raise NotPublishedError  # preliminary results may still change
    return series_of(rows, area=area, currency=currency, source=NORD_POOL, fetched_at=fetched_at)


async def fetch(
    source: PublicSource,
    get: HttpGet,
    area: str,
    days: Iterable[date],
    *,
    currency: str,
    fetched_at: datetime,
    base: str = "",
) -> tuple[PriceSeries, ...]:
    """Fetch the prices of some market days, one after another; return a series for each day that is published.

    `base` replaces the source's own base URL. Raises NotPublishedError if no day is published, and any other
    MarketError.
    """
    series = []
    for day in days:
        status, body = await get(source.url(base or source.base, area, day, currency))
        if status in _NO_DATA_STATUSES:
            continue
        if status != HTTPStatus.OK:
            limited = status == HTTPStatus.TOO_MANY_REQUESTS
            raise (SourceLimitedError if limited else SourceError)(source.name, status)
        with suppress(NotPublishedError):
            series.append(source.parse(body, area, fetched_at))
    if not series:
        raise NotPublishedError
    return tuple(series)


def series_of(
    rows: Iterable[tuple[datetime, datetime, float]],
    *,
    area: str,
    currency: str,
    source: str,
    fetched_at: datetime,
) -> PriceSeries:
    """Return a series of quality FALLBACK from (start, end, price per kWh) in any order.

    Duplicate slots with the same price are merged. Raises BrokenDocumentError, also if slots overlap at different
    prices.
    """
    slots = sorted({PriceSlot(start, end, round(price, 9)) for start, end, price in rows})
    if not slots:
        raise NotPublishedError
    lengths = {slot.end - slot.start for slot in slots}
    if len(lengths) > 1 or not lengths <= set(RESOLUTIONS):
        raise UnknownResolutionError(f"slots of {' and '.join(sorted(str(length) for length in lengths)[:3])}")
    resolution = lengths.pop()
    for slot, following in pairwise(slots):
        if following.start < slot.end:
            raise ConflictingPricesError(f"two prices at {following.start:%Y-%m-%d %H:%M} UTC")
    if any(slot.start.timestamp() % resolution.total_seconds() for slot in slots):
        raise BadPeriodError("slots that begin between the marks of the clock")
    return PriceSeries(area, currency, resolution, tuple(slots), source, fetched_at, quality=PriceQuality.FALLBACK)


def parse_time(text: object) -> datetime:
    """Return a datetime or ISO 8601 text, which must have an offset, as UTC; raise BadPeriodError."""
    try:
        at = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        raise BadPeriodError(f"{str(text)[:40]!r} is no time") from None
    if not 2000 <= at.year < 2200:  # noqa: PLR2004 - keeps time arithmetic away from the limits of datetime
        raise BadPeriodError(f"{str(text)[:40]!r} is not in this age")
    if at.utcoffset() is None:
        raise BadPeriodError(f"{str(text)[:40]!r} has no offset, so it may be either of two")
    return at.astimezone(UTC)


def checked_price(price: object) -> float:
    """Return a price of any unit; raise BadPriceError if it is not a number that can be a price."""
    if isinstance(price, bool) or not isinstance(price, int | float) or not abs(price) < _PRICE_LIMIT:
        raise BadPriceError(f"{str(price)[:40]!r}")
    return price


def _json_object(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BYTES:
        raise TooLargeError
    if not body.strip():
        raise EmptyError
    if body.lstrip()[:1] == b"<":
        raise HtmlError
    try:
        response = json.loads(body)
    except ValueError, RecursionError:
        raise NotJsonError from None
    if not isinstance(response, dict):
        raise NotJsonError
    return response


def _list_or_empty(series: object) -> list[Any]:
    return series if isinstance(series, list) else []


def _required_list(response: dict[str, Any], name: str) -> list[Any]:
    if not isinstance(response.get(name), list):
        raise MissingPartError(f"no list {name}")
    series: list[Any] = response[name]
    return series


# fmt: off
_ENERGY_CHARTS_AREAS = {
    "AT": "AT", "BE": "BE", "BG": "BG", "CH": "CH", "CZ": "CZ", "DE_LU": "DE-LU", "DK_1": "DK1", "DK_2": "DK2",
    "EE": "EE", "ES": "ES", "FI": "FI", "FR": "FR", "GR": "GR", "HR": "HR", "HU": "HU", "IT_CALA": "IT-Calabria",
    "IT_CNOR": "IT-Centre-North", "IT_CSUD": "IT-Centre-South", "IT_NORD": "IT-North", "IT_SARD": "IT-Sardinia",
    "IT_SICI": "IT-Sicily", "IT_SUD": "IT-South", "LT": "LT", "LV": "LV", "ME": "ME", "NL": "NL", "NO_1": "NO1",
    "NO_2": "NO2", "NO_3": "NO3", "NO_4": "NO4", "NO_5": "NO5", "PL": "PL", "PT": "PT", "RO": "RO", "RS": "RS",
    "SE_1": "SE1", "SE_2": "SE2", "SE_3": "SE3", "SE_4": "SE4", "SI": "SI", "SK": "SK",
}
_NORD_POOL_AREAS = {
    "AT": "AT", "BE": "BE", "BG": "BG", "DE_LU": "GER", "DK_1": "DK1", "DK_2": "DK2", "EE": "EE", "FI": "FI",
    "FR": "FR", "LT": "LT", "LV": "LV", "NL": "NL", "NO_1": "NO1", "NO_2": "NO2", "NO_3": "NO3", "NO_4": "NO4",
    "NO_5": "NO5", "PL": "PL", "RO": "TEL", "SE_1": "SE1", "SE_2": "SE2", "SE_3": "SE3", "SE_4": "SE4",
}
# fmt: on

PUBLIC_SOURCES = (
    PublicSource(
        ENERGY_CHARTS,
        "https://api.energy-charts.info",
        _ENERGY_CHARTS_AREAS,
        energy_charts_url,
        parse_energy_charts,
    ),
    PublicSource(
        NORD_POOL,
        "https://dataportal-api.nordpoolgroup.com/api",
        _NORD_POOL_AREAS,
        nord_pool_url,
        parse_nord_pool,
    ),
)
