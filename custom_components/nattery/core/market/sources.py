"""Who can be asked for prices: a name, and a way to ask that gives series or raises a MarketError."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from . import public_sources
from .bidding_zones import BiddingZone
from .entsoe.client import fetch
from .entsoe.ipc import PriceQuery
from .errors import MarketError, NotPublishedError
from .prices import PriceSeries, local_day
from .public_sources import Get, PublicSource
from .quality import ENTSOE

type Ask = Callable[[Sequence[date], str], Awaitable[Iterable[PriceSeries]]]
"""From local days in a row, and the currency wanted where there is a choice, to what is known of them."""


@dataclass(frozen=True, slots=True)
class PriceSource:
    """A source of prices under the name that its prices, and its fetches in the log, carry."""

    name: str
    ask: Ask


def entsoe(question: PriceQuery) -> PriceSource:
    """ENTSO-E's platform; `question` says all but the time."""
    area = question.area

    async def ask(days: Sequence[date], _currency: str) -> list[PriceSeries]:
        start, end = local_day(days[0], area.tzinfo)[0], local_day(days[-1], area.tzinfo)[1]
        answer = await fetch(replace(question, start=start, end=end))
        found: list[PriceSeries] = []
        trouble: MarketError = NotPublishedError()
        for day in days:
            edges = local_day(day, area.tzinfo)
            try:
                found.append(answer.document.series(area.key, *edges, source=ENTSOE, fetched_at=answer.fetched_at))
            except NotPublishedError:
                continue
            except MarketError as error:  # one day's trouble does not spoil the others
                trouble = error
        if not found:
            raise trouble
        return found

    return PriceSource(ENTSOE, ask)


def public(source: PublicSource, area: BiddingZone, get: Get) -> PriceSource | None:
    """A public source, asked by means of `get`; None where it does not know the area."""
    if area.key not in source.areas:
        return None

    async def ask(days: Sequence[date], currency: str) -> tuple[PriceSeries, ...]:
        wanted = currency or area.currency
        return await public_sources.fetch(source, get, area.key, days, currency=wanted, fetched_at=datetime.now(UTC))

    return PriceSource(source.name, ask)
