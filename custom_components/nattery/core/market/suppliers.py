"""Who can be asked for prices: a name, and a way to ask that gives series or raises a MarketError."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from . import fallback
from .areas import Area
from .entsoe import fetch
from .errors import MarketError, NotPublishedError
from .exchange import Question
from .fallback import Get, Source
from .prices import Series, local_day
from .quality import ENTSOE

type Ask = Callable[[Sequence[date], str], Awaitable[Iterable[Series]]]
"""From local days in a row, and the currency wanted where there is a choice, to what is known of them."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """A source of prices under the name that its prices, and its fetches in the log, carry."""

    name: str
    ask: Ask


def entsoe(question: Question) -> Supplier:
    """ENTSO-E's platform; `question` says all but the time."""
    area = question.area

    async def ask(days: Sequence[date], _currency: str) -> list[Series]:
        start, end = local_day(days[0], area.tzinfo)[0], local_day(days[-1], area.tzinfo)[1]
        answer = await fetch(replace(question, start=start, end=end))
        found: list[Series] = []
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

    return Supplier(ENTSOE, ask)


def public(source: Source, area: Area, get: Get) -> Supplier | None:
    """A public source, asked by means of `get`; None where it does not know the area."""
    if area.key not in source.areas:
        return None

    async def ask(days: Sequence[date], currency: str) -> tuple[Series, ...]:
        wanted = currency or area.currency
        return await fallback.fetch(source, get, area.key, days, currency=wanted, fetched_at=datetime.now(UTC))

    return Supplier(source.name, ask)
