"""When the house asks ENTSO-E, and what a person is told when that is in vain."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from .market import PriceHouse

MINUTE = timedelta(minutes=1)
BERLIN = dt_util.get_time_zone("Europe/Berlin")
NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)


def asked(house: PriceHouse, day: str = "2026-11-20") -> list[str]:
    """When ENTSO-E was asked on a day, on the clock of Berlin."""
    moments = [fetch.at.astimezone(BERLIN) for fetch in house.prices.desk.book.log.of("entsoe")]
    return [f"{moment:%H:%M}" for moment in moments if moment.date().isoformat() == day]


async def test_an_ordinary_day(price_house: PriceHouse) -> None:
    """From 12:50 on until tomorrow is complete, once more shortly after 15:00, and before midnight."""
    await price_house.start()
    await price_house.at("12:49:59")
    assert asked(price_house) == ["09:07"]
    assert price_house.value("next_price_fetch") == "2026-11-20T11:54:27+00:00", "spread over ten minutes"
    await price_house.walk("2026-11-20 13:20", MINUTE)
    first, *more = asked(price_house)[1:]
    assert first == "12:54"
    assert more, "prices came at 13:00, so once was not enough"
    tries = [fetch.at for fetch in price_house.prices.desk.book.log.fetches[1:]]
    assert all(4 * MINUTE <= b - a <= 13 * MINUTE for a, b in pairwise(tries))
    assert tries[-2] < NOON + timedelta(hours=1) <= tries[-1], "nobody asks once all is there"
    await price_house.walk("2026-11-20 14:59", 10 * MINUTE)
    assert asked(price_house)[1:] == [first, *more]
    await price_house.walk("2026-11-20 15:20", MINUTE)
    (check,) = asked(price_house)[1 + len([first, *more]) :]
    assert "15:00" <= check <= "15:06"
    await price_house.walk("2026-11-20 23:29", timedelta(hours=1))
    assert asked(price_house)[-1] == check
    await price_house.walk("2026-11-20 23:45", MINUTE)
    assert "23:30" <= asked(price_house)[-1] <= "23:36"


async def test_the_next_day_begins_at_the_same_time(price_house: PriceHouse) -> None:
    """Not only the day of the start: what was planned before midnight does not hold after it."""
    price_house.clock.move_to("2026-11-20T15:30:00+01:00")
    await price_house.start()
    await price_house.walk("2026-11-20 23:50", timedelta(hours=1))
    await price_house.walk("2026-11-21 12:50", timedelta(hours=1))
    assert asked(price_house, "2026-11-21") == []
    assert price_house.value("next_price_fetch") == "2026-11-21T11:54:27+00:00"
    await price_house.walk("2026-11-21 13:10", MINUTE)
    assert asked(price_house, "2026-11-21")[0] == "12:55"
    assert price_house.value("tomorrow_prices") == "on"


async def test_prices_that_are_late(price_house: PriceHouse) -> None:
    """They are asked for all the time; at 18:00 a person is told, until they are there."""
    price_house.market.behaviour.now = lambda: NOON
    await price_house.start()
    await price_house.walk("2026-11-20 15:20", 2 * MINUTE)
    tries = asked(price_house)
    assert len(tries) > 10
    assert [one for one in tries if "15:00" <= one <= "15:16"]
    assert price_house.value("price_freshness") == "late"
    await price_house.walk("2026-11-20 17:59", 10 * MINUTE)
    assert price_house.issues == {}
    await price_house.walk("2026-11-20 18:01", MINUTE)
    assert price_house.issues == {"tomorrow_missing": {"entry": "Inverter", "area": "Germany and Luxembourg"}}
    evening = len(asked(price_house))
    await price_house.walk("2026-11-20 20:00", 10 * MINUTE)
    assert evening + 2 <= len(asked(price_house)) <= evening + 6, "about every half an hour"
    price_house.market.behaviour.now = dt_util.utcnow
    await price_house.walk("2026-11-20 20:45", 5 * MINUTE)
    assert price_house.value("price_freshness") == "fresh"
    assert price_house.issues == {}


async def test_a_server_that_asks_for_quiet_gets_it(price_house: PriceHouse) -> None:
    await price_house.start()
    price_house.market.behaviour.plan = ["rate_limited:3600"]
    await price_house.at("12:55")
    assert price_house.value("price_status") == "rate_limited"
    await price_house.at("12:56")
    assert "prices_limited" in price_house.issues
    await price_house.walk("2026-11-20 13:54", 5 * MINUTE)
    assert asked(price_house) == ["09:07", "12:55"]
    assert price_house.value("next_price_fetch") == "2026-11-20T12:55:00+00:00"
    await price_house.walk("2026-11-20 13:57", MINUTE)
    assert asked(price_house)[-1] in {"13:55", "13:56"}
    assert price_house.value("price_status") == "ok"
    assert price_house.issues == {}


async def test_one_question_at_a_time(price_house: PriceHouse) -> None:
    """However long it takes: while one is under way, nothing else is sent."""
    await price_house.start()
    price_house.market.behaviour.plan = ["slow:0.5"]
    for minute in range(54, 59):
        price_house.clock.move_to(f"2026-11-20T12:{minute}:30+01:00")
        for _ in range(2):
            async_fire_time_changed(price_house.hass)
            for _ in range(100):
                await asyncio.sleep(0)
    assert price_house.prices.asking
    assert price_house.prices.next_ask is None
    assert len(price_house.market.queries) == 2
    await price_house.settle()
    assert not price_house.prices.asking
    assert asked(price_house) == ["09:07", "12:54"]


async def test_a_question_that_is_refused(price_house: PriceHouse) -> None:
    price_house.market.behaviour.mode = "refused"
    await price_house.start()
    await price_house.at("09:09")
    assert price_house.issues.keys() == {"question_refused"}
    await price_house.walk("2026-11-20 09:24", MINUTE)
    assert "no_prices" in price_house.issues
    assert len(asked(price_house)) == 2, "it will not be answered the third time either"
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-20 10:35", 5 * MINUTE)
    assert price_house.issues == {}
    assert price_house.value("price_freshness") == "expected"


@pytest.mark.parametrize("mode", ["flat", "absurd"])
async def test_prices_that_cannot_be_are_told(price_house: PriceHouse, mode: str) -> None:
    price_house.market.behaviour.mode = mode
    await price_house.start()
    await price_house.at("09:09")
    assert price_house.issues["suspect_prices"]["day"] == "2026-11-20"
    assert price_house.issues["suspect_prices"]["reasons"]
    assert price_house.state("import_price").attributes["quality"] == "suspect"
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-20 09:45", 5 * MINUTE)
    assert price_house.issues == {}
