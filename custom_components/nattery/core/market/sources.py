"""Price sources: a name, and a function that returns price series or raises a MarketError."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from . import public_sources
from .bidding_zones import BiddingZone
from .entsoe import client
from .entsoe.ipc import PriceQuery
from .errors import MarketError, NotPublishedError
from .prices import PriceSeries, local_day
from .public_sources import HttpGet, PublicSource
from .quality import ENTSOE

type FetchSeries = Callable[[Sequence[date], str], Awaitable[Iterable[PriceSeries]]]
"""Returns the known prices of consecutive local days, in the given currency where the source has a choice."""


@dataclass(frozen=True, slots=True)
class PriceSource:
    """A source of prices; prices and log entries carry its name."""

    name: str
    fetch: FetchSeries


def entsoe_source(query: PriceQuery) -> PriceSource:
    """Return ENTSO-E as a source; `query` gives everything except the time."""
    area = query.area

    async def fetch_series(days: Sequence[date], _currency: str) -> list[PriceSeries]:
        start, end = local_day(days[0], area.tzinfo)[0], local_day(days[-1], area.tzinfo)[1]
        response = await client.fetch(replace(query, start=start, end=end))
        found: list[PriceSeries] = []
        failure: MarketError = NotPublishedError()
        for day in days:
            bounds = local_day(day, area.tzinfo)
            try:
                found.append(response.document.series(area.key, *bounds, source=ENTSOE, fetched_at=response.fetched_at))
            except NotPublishedError:
                continue
            except MarketError as error:  # one invalid day must not affect the others
                failure = error
        if not found:
            raise failure
        return found

    return PriceSource(ENTSOE, fetch_series)


def public_source(source: PublicSource, area: BiddingZone, get: HttpGet) -> PriceSource | None:
    """Return a public source that uses `get` for HTTP; None if it does not cover the bidding zone."""
    if area.key not in source.areas:
        return None

    async def fetch_series(days: Sequence[date], currency: str) -> tuple[PriceSeries, ...]:
        now = datetime.now(UTC)
        return await public_sources.fetch(
            source, get, area.key, days, currency=currency or area.currency, fetched_at=now
        )

    return PriceSource(source.name, fetch_series)
