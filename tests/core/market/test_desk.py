"""Who is asked when, and what becomes of the answers."""

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


class Playing:
    """A supplier that plays a list of answers, the last one again and again; `days` are those of every question."""

    def __init__(self, name, *answers):
        self.name, self.answers, self.days, self.currencies = name, list(answers), [], []

    async def ask(self, days, currency):
        self.days.append(list(days))
        self.currencies.append(currency)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def supplier(self):
        return PriceSource(self.name, self.ask)


class House:
    """A desk and its clock."""

    def __init__(self, now, main, *others, book=None):
        self.now = now
        self.main, self.others = main, others
        self.book = book or PriceBook("DE_LU", BERLIN)
        self.desk = PriceFetcher(self.book, main.supplier, [one.supplier for one in others], clock=lambda: self.now)

    async def ask(self, **how):
        return await self.desk.ask(**how)

    async def until(self, end):
        """Ask whenever the desk wants to; the moments at which it did."""
        asked = []
        while (at := self.desk.wake()) <= end:
            self.now = at
            asked.append(at)
            found = await self.desk.ask()
            assert found.fetches, "a round that was due asked nobody"
            self.now += timedelta(seconds=1)
        self.now = end
        return asked


def today(**kw):
    return prices_of(TODAY, **kw)


def both(**kw):
    return prices_of(TODAY, days=2, **kw)


async def test_asks_for_yesterday_to_the_day_after_tomorrow_and_writes_it_down() -> None:
    house = House(local(TODAY, 9), Playing("entsoe", [today()]))
    found = await house.ask()
    assert [fetch.outcome for fetch in found.fetches] == ["ok"]
    assert [(change.kind, change.day) for change in found.changes] == [("published", TODAY)]
    assert house.main.days == [[TODAY - DAY, TODAY, TOMORROW, TOMORROW + DAY]]
    assert house.book.log.last("entsoe").at == local(TODAY, 9)


async def test_nobody_is_asked_before_it_is_time_unless_forced() -> None:
    house = House(local(TODAY, 9), Playing("entsoe", [today()]))
    await house.ask()
    house.now += timedelta(minutes=30)
    assert house.desk.wake() == local(TODAY, 12, 50)
    assert (await house.ask()).fetches == ()
    assert [fetch.source for fetch in (await house.ask(forced=True)).fetches] == ["entsoe"]


async def test_a_day_of_the_schedule() -> None:
    """From 12:50 at growing distances until tomorrow is there; then only after 15:00 and 23:30."""
    house = House(local(TODAY, 9), Playing("entsoe", [today()], [today()], [today()], [both()]))
    asked = await house.until(local(TODAY, 23, 59))
    assert asked[:2] == [local(TODAY, 9), local(TODAY, 12, 50)]
    assert all(4 * 60 <= (b - a).total_seconds() <= 19 * 60 for a, b in pairwise(asked[1:4]))
    assert asked[-2:] == [local(TODAY, 15), local(TODAY, 23, 30)]
    assert len(asked) == 6


async def test_one_round_at_a_time() -> None:
    gate = asyncio.Event()

    async def slow(_days, _currency):
        await gate.wait()
        return [today()]

    desk = PriceFetcher(PriceBook("DE_LU", BERLIN), PriceSource("entsoe", slow), clock=lambda: local(TODAY, 9))
    first = asyncio.create_task(desk.ask())
    await asyncio.sleep(0)
    assert desk.asking
    assert desk.wake() is None
    assert (await desk.ask(forced=True)).fetches == ()
    gate.set()
    assert len((await first).fetches) == 1
    assert not desk.asking


async def test_a_cancelled_round_leaves_the_desk_free() -> None:
    async def never(_days, _currency):
        await asyncio.Event().wait()

    desk = PriceFetcher(PriceBook("DE_LU", BERLIN), PriceSource("entsoe", never), clock=lambda: local(TODAY, 9))
    asking = asyncio.create_task(desk.ask())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not desk.asking
    assert desk.book.log.fetches == []


async def test_others_stand_in_in_order_and_give_way() -> None:
    silent = Playing("energy_charts", NotPublishedError())
    there = Playing("nord_pool", [both(source="nord_pool", shift=0.01)])
    unasked = Playing("sensor.prices", [both(source="sensor.prices")])
    house = House(
        local(TODAY, 16),
        Playing("entsoe", PlatformUnreachableError("entsoe", "dark"), [both()]),
        silent,
        there,
        unasked,
    )
    found = await house.ask()
    assert [(fetch.source, fetch.outcome) for fetch in found.fetches] == [
        ("entsoe", "unreachable"),
        ("energy_charts", "not_published"),
        ("nord_pool", "ok"),
    ]
    assert unasked.days == []
    assert there.days == [[TODAY, TOMORROW]]
    assert house.book.day(TOMORROW).sources == ("nord_pool",)
    assert house.book.coverage(house.now).tomorrow is DayCoverage.SUBSTITUTE
    await house.until(house.now + timedelta(hours=1))
    assert house.book.day(TOMORROW).sources == ("entsoe",)
    replaced = [change for change in house.book.changes if change.kind == "replaced"]
    assert {(change.day, change.previous, round(change.mean, 6)) for change in replaced} == {
        (TODAY, "nord_pool", 0.01),
        (TOMORROW, "nord_pool", 0.01),
    }


async def test_others_are_not_asked_for_what_is_not_due() -> None:
    """Tomorrow's prices are nobody's to have before 15:00."""
    other = Playing("energy_charts", [both(source="energy_charts")])
    house = House(local(TODAY, 9), Playing("entsoe", [today()]), other)
    await house.until(local(TODAY, 14, 59))
    assert other.days == []
    await house.until(local(TODAY, 15, 30))
    assert other.days


async def test_a_stand_in_that_fails_is_left_alone_for_a_while() -> None:
    other = Playing("energy_charts", ServerError(500))
    house = House(local(TODAY, 16), Playing("entsoe", PlatformUnreachableError("entsoe", "dark")), other)
    await house.until(local(TODAY, 18))
    assert 4 <= len(other.days) <= 5


async def test_a_server_that_wants_quiet_gets_it() -> None:
    house = House(local(TODAY, 16), Playing("entsoe", RateLimitedError(3600), [both()]))
    asked = await house.until(local(TODAY, 18))
    assert asked[1] >= local(TODAY, 17)
    assert house.book.log.fetches[0].retry_after == 3600


async def test_another_currency_is_not_taken_from_a_stand_in() -> None:
    book = PriceBook("DE_LU", BERLIN)
    book.add(prices_of(TODAY - DAY))
    other = Playing("sensor.prices", [both(source="sensor.prices", currency="CHF")])
    house = House(local(TODAY, 16), Playing("entsoe", PlatformUnreachableError("entsoe", "dark")), other, book=book)
    found = await house.ask()
    assert [fetch.outcome for fetch in found.fetches] == ["unreachable", "unfit"]
    assert other.currencies == ["EUR"]
    assert "CHF" in str(house.desk.errors["sensor.prices"])


async def test_errors_are_kept_until_something_comes() -> None:
    house = House(local(TODAY, 9), Playing("entsoe", PlatformUnreachableError("entsoe", "dark"), [today()]))
    await house.ask()
    assert isinstance(house.desk.errors["entsoe"], PlatformUnreachableError)
    await house.ask(forced=True)
    assert house.desk.errors == {}
