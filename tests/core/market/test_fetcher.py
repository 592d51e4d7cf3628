"""Scheduling of fetches over several sources, and what the book stores."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from custom_components.nattery.core.market.book import DayCoverage, PriceBook
from custom_components.nattery.core.market.errors import (
    NotPublishedError,
    PlatformUnreachableError,
    RateLimitedError,
    ServerError,
)
from custom_components.nattery.core.market.fetcher import PriceFetcher
from custom_components.nattery.core.market.sources import PriceSource

from .days import BERLIN, DAY, PLAIN, local, prices_of

TODAY = PLAIN
TOMORROW = PLAIN + DAY


class ScriptedSource:
    """A source that returns a list of results, repeating the last one, and records the requested days."""

    def __init__(self, name, *results):
        self.name, self.results, self.days, self.currencies = name, list(results), [], []

    async def fetch(self, days, currency):
        self.days.append(list(days))
        self.currencies.append(currency)
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return result

    @property
    def price_source(self):
        return PriceSource(self.name, self.fetch)


class FetcherSetup:
    """A fetcher, its sources and its clock."""

    def __init__(self, now, primary, *fallbacks, book=None):
        self.now = now
        self.primary, self.fallbacks = primary, fallbacks
        self.book = book or PriceBook("DE_LU", BERLIN)
        self.fetcher = PriceFetcher(
            self.book, primary.price_source, [source.price_source for source in fallbacks], clock=lambda: self.now
        )

    async def fetch(self, **options):
        return await self.fetcher.fetch_due(**options)

    async def until(self, end):
        """Fetch whenever a round is due until `end`; return the times of the rounds."""
        fetched_at = []
        while (at := self.fetcher.next_fetch_at()) <= end:
            self.now = at
            fetched_at.append(at)
            round_ = await self.fetcher.fetch_due()
            assert round_.fetches, "a round that was due fetched nothing"
            self.now += timedelta(seconds=1)
        self.now = end
        return fetched_at


def today_series(**kw):
    return prices_of(TODAY, **kw)


def two_days(**kw):
    return prices_of(TODAY, days=2, **kw)


async def test_fetches_yesterday_to_the_day_after_tomorrow_and_stores_it() -> None:
    setup = FetcherSetup(local(TODAY, 9), ScriptedSource("entsoe", [today_series()]))
    round_ = await setup.fetch()
    assert [fetch.outcome for fetch in round_.fetches] == ["ok"]
    assert [(change.kind, change.day) for change in round_.changes] == [("published", TODAY)]
    assert setup.primary.days == [[TODAY - DAY, TODAY, TOMORROW, TOMORROW + DAY]]
    assert setup.book.log.last_fetch("entsoe").at == local(TODAY, 9)


async def test_nothing_is_fetched_early_unless_forced() -> None:
    setup = FetcherSetup(local(TODAY, 9), ScriptedSource("entsoe", [today_series()]))
    await setup.fetch()
    setup.now += timedelta(minutes=30)
    assert setup.fetcher.next_fetch_at() == local(TODAY, 12, 50)
    assert (await setup.fetch()).fetches == ()
    assert [fetch.source for fetch in (await setup.fetch(forced=True)).fetches] == ["entsoe"]


async def test_schedule_of_a_day() -> None:
    """From 12:50 with backoff until tomorrow's prices arrive, then only after 15:00 and 23:30."""
    setup = FetcherSetup(
        local(TODAY, 9), ScriptedSource("entsoe", [today_series()], [today_series()], [today_series()], [two_days()])
    )
    fetched_at = await setup.until(local(TODAY, 23, 59))
    assert fetched_at[:2] == [local(TODAY, 9), local(TODAY, 12, 50)]
    assert all(4 * 60 <= (b - a).total_seconds() <= 19 * 60 for a, b in pairwise(fetched_at[1:4]))
    assert fetched_at[-2:] == [local(TODAY, 15), local(TODAY, 23, 30)]
    assert len(fetched_at) == 6


async def test_one_round_at_a_time() -> None:
    gate = asyncio.Event()

    async def slow(_days, _currency):
        await gate.wait()
        return [today_series()]

    fetcher = PriceFetcher(PriceBook("DE_LU", BERLIN), PriceSource("entsoe", slow), clock=lambda: local(TODAY, 9))
    first = asyncio.create_task(fetcher.fetch_due())
    await asyncio.sleep(0)
    assert fetcher.is_fetching
    assert fetcher.next_fetch_at() is None
    assert (await fetcher.fetch_due(forced=True)).fetches == ()
    gate.set()
    assert len((await first).fetches) == 1
    assert not fetcher.is_fetching


async def test_a_cancelled_round_does_not_block_the_next() -> None:
    async def never(_days, _currency):
        await asyncio.Event().wait()

    fetcher = PriceFetcher(PriceBook("DE_LU", BERLIN), PriceSource("entsoe", never), clock=lambda: local(TODAY, 9))
    is_fetching = asyncio.create_task(fetcher.fetch_due())
    await asyncio.sleep(0)
    is_fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await is_fetching
    assert not fetcher.is_fetching
    assert fetcher.book.log.fetches == []


async def test_fallback_sources_are_used_in_order_and_replaced_by_entsoe() -> None:
    without_prices = ScriptedSource("energy_charts", NotPublishedError())
    available = ScriptedSource("nord_pool", [two_days(source="nord_pool", shift=0.01)])
    unused = ScriptedSource("sensor.prices", [two_days(source="sensor.prices")])
    setup = FetcherSetup(
        local(TODAY, 16),
        ScriptedSource("entsoe", PlatformUnreachableError("entsoe", "broken"), [two_days()]),
        without_prices,
        available,
        unused,
    )
    round_ = await setup.fetch()
    assert [(fetch.source, fetch.outcome) for fetch in round_.fetches] == [
        ("entsoe", "unreachable"),
        ("energy_charts", "not_published"),
        ("nord_pool", "ok"),
    ]
    assert unused.days == []
    assert available.days == [[TODAY, TOMORROW]]
    assert setup.book.day(TOMORROW).sources == ("nord_pool",)
    assert setup.book.coverage(setup.now).tomorrow is DayCoverage.PROVISIONAL
    await setup.until(setup.now + timedelta(hours=1))
    assert setup.book.day(TOMORROW).sources == ("entsoe",)
    replaced = [change for change in setup.book.changes if change.kind == "replaced"]
    assert {(change.day, change.previous, round(change.mean, 6)) for change in replaced} == {
        (TODAY, "nord_pool", 0.01),
        (TOMORROW, "nord_pool", 0.01),
    }


async def test_fallback_sources_are_not_used_before_prices_are_due() -> None:
    """Tomorrow's prices are due for fallback sources from 15:00 on."""
    fallback = ScriptedSource("energy_charts", [two_days(source="energy_charts")])
    setup = FetcherSetup(local(TODAY, 9), ScriptedSource("entsoe", [today_series()]), fallback)
    await setup.until(local(TODAY, 14, 59))
    assert fallback.days == []
    await setup.until(local(TODAY, 15, 30))
    assert fallback.days


async def test_a_failing_fallback_source_is_retried_slowly() -> None:
    fallback = ScriptedSource("energy_charts", ServerError(500))
    setup = FetcherSetup(
        local(TODAY, 16), ScriptedSource("entsoe", PlatformUnreachableError("entsoe", "broken")), fallback
    )
    await setup.until(local(TODAY, 18))
    assert 4 <= len(fallback.days) <= 5


async def test_retry_after_is_respected() -> None:
    setup = FetcherSetup(local(TODAY, 16), ScriptedSource("entsoe", RateLimitedError(3600), [two_days()]))
    fetched_at = await setup.until(local(TODAY, 18))
    assert fetched_at[1] >= local(TODAY, 17)
    assert setup.book.log.fetches[0].retry_after == 3600


async def test_another_currency_is_rejected_from_a_fallback_source() -> None:
    book = PriceBook("DE_LU", BERLIN)
    book.add(prices_of(TODAY - DAY))
    fallback = ScriptedSource("sensor.prices", [two_days(source="sensor.prices", currency="CHF")])
    setup = FetcherSetup(
        local(TODAY, 16), ScriptedSource("entsoe", PlatformUnreachableError("entsoe", "broken")), fallback, book=book
    )
    round_ = await setup.fetch()
    assert [fetch.outcome for fetch in round_.fetches] == ["unreachable", "unfit"]
    assert fallback.currencies == ["EUR"]
    assert "CHF" in str(setup.fetcher.errors["sensor.prices"])


async def test_errors_are_kept_until_a_fetch_succeeds() -> None:
    setup = FetcherSetup(
        local(TODAY, 9), ScriptedSource("entsoe", PlatformUnreachableError("entsoe", "broken"), [today_series()])
    )
    await setup.fetch()
    assert isinstance(setup.fetcher.errors["entsoe"], PlatformUnreachableError)
    await setup.fetch(forced=True)
    assert setup.fetcher.errors == {}
