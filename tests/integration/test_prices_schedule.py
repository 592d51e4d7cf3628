"""When ENTSO-E is queried, and the repair issues if that fails."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from .market import PriceSetup

MINUTE = timedelta(minutes=1)
BERLIN = dt_util.get_time_zone("Europe/Berlin")
NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)


def query_times(house: PriceSetup, day: str = "2026-11-20") -> list[str]:
    """Return the times at which ENTSO-E was queried on a day, in Berlin."""
    moments = [fetch.at.astimezone(BERLIN) for fetch in house.prices.fetcher.book.log.for_source("entsoe")]
    return [f"{moment:%H:%M}" for moment in moments if moment.date().isoformat() == day]


async def test_a_normal_day(price_setup: PriceSetup) -> None:
    """From 12:50 until tomorrow is complete, then shortly after 15:00, and before midnight."""
    await price_setup.start()
    await price_setup.advance_to("12:49:59")
    assert query_times(price_setup) == ["09:07"]
    assert price_setup.value("next_price_fetch") == "2026-11-20T11:54:27+00:00", "spread over ten minutes"
    await price_setup.step_to("2026-11-20 13:20", MINUTE)
    first, *more = query_times(price_setup)[1:]
    assert first == "12:54"
    assert more, "prices came at 13:00, so once was not enough"
    tries = [fetch.at for fetch in price_setup.prices.fetcher.book.log.fetches[1:]]
    assert all(4 * MINUTE <= b - a <= 13 * MINUTE for a, b in pairwise(tries))
    assert tries[-2] < NOON + timedelta(hours=1) <= tries[-1], "nobody asks once all is there"
    await price_setup.step_to("2026-11-20 14:59", 10 * MINUTE)
    assert query_times(price_setup)[1:] == [first, *more]
    await price_setup.step_to("2026-11-20 15:20", MINUTE)
    (check,) = query_times(price_setup)[1 + len([first, *more]) :]
    assert "15:00" <= check <= "15:06"
    await price_setup.step_to("2026-11-20 23:29", timedelta(hours=1))
    assert query_times(price_setup)[-1] == check
    await price_setup.step_to("2026-11-20 23:45", MINUTE)
    assert "23:30" <= query_times(price_setup)[-1] <= "23:36"


async def test_the_next_day_starts_at_the_same_time(price_setup: PriceSetup) -> None:
    """A plan made before midnight no longer applies after it."""
    price_setup.clock.move_to("2026-11-20T15:30:00+01:00")
    await price_setup.start()
    await price_setup.step_to("2026-11-20 23:50", timedelta(hours=1))
    await price_setup.step_to("2026-11-21 12:50", timedelta(hours=1))
    assert query_times(price_setup, "2026-11-21") == []
    assert price_setup.value("next_price_fetch") == "2026-11-21T11:54:27+00:00"
    await price_setup.step_to("2026-11-21 13:10", MINUTE)
    assert query_times(price_setup, "2026-11-21")[0] == "12:55"
    assert price_setup.value("tomorrow_prices") == "on"


async def test_late_prices(price_setup: PriceSetup) -> None:
    """Fetches continue; a repair issue exists from 18:00 until prices arrive."""
    price_setup.market.behaviour.now = lambda: NOON
    await price_setup.start()
    await price_setup.step_to("2026-11-20 15:20", 2 * MINUTE)
    tries = query_times(price_setup)
    assert len(tries) > 10
    assert [one for one in tries if "15:00" <= one <= "15:16"]
    assert price_setup.value("price_freshness") == "late"
    await price_setup.step_to("2026-11-20 17:59", 10 * MINUTE)
    assert price_setup.issues == {}
    await price_setup.step_to("2026-11-20 18:01", MINUTE)
    assert price_setup.issues == {"tomorrow_missing": {"entry": "Inverter", "area": "Germany and Luxembourg"}}
    evening = len(query_times(price_setup))
    await price_setup.step_to("2026-11-20 20:00", 10 * MINUTE)
    assert evening + 2 <= len(query_times(price_setup)) <= evening + 6, "about every half an hour"
    price_setup.market.behaviour.now = dt_util.utcnow
    await price_setup.step_to("2026-11-20 20:45", 5 * MINUTE)
    assert price_setup.value("price_freshness") == "fresh"
    assert price_setup.issues == {}


async def test_retry_after_is_respected(price_setup: PriceSetup) -> None:
    await price_setup.start()
    price_setup.market.behaviour.next_modes = ["rate_limited:3600"]
    await price_setup.advance_to("12:55")
    assert price_setup.value("price_status") == "rate_limited"
    await price_setup.advance_to("12:56")
    assert "prices_limited" in price_setup.issues
    await price_setup.step_to("2026-11-20 13:54", 5 * MINUTE)
    assert query_times(price_setup) == ["09:07", "12:55"]
    assert price_setup.value("next_price_fetch") == "2026-11-20T12:55:00+00:00"
    await price_setup.step_to("2026-11-20 13:57", MINUTE)
    assert query_times(price_setup)[-1] in {"13:55", "13:56"}
    assert price_setup.value("price_status") == "ok"
    assert price_setup.issues == {}


async def test_one_request_at_a_time(price_setup: PriceSetup) -> None:
    """While a request is in flight, no other is sent."""
    await price_setup.start()
    price_setup.market.behaviour.next_modes = ["slow:2"]
    for minute in range(54, 59):
        price_setup.clock.move_to(f"2026-11-20T12:{minute}:30+01:00")
        for _ in range(2):
            async_fire_time_changed(price_setup.hass)
            await price_setup.wait_for_queries(2)
    assert price_setup.prices.is_fetching
    assert price_setup.prices.next_fetch is None
    assert len(price_setup.market.queries) == 2
    await price_setup.settle()
    assert not price_setup.prices.is_fetching
    assert query_times(price_setup) == ["09:07", "12:54"]


async def test_a_rejected_query(price_setup: PriceSetup) -> None:
    price_setup.market.behaviour.mode = "refused"
    await price_setup.start()
    await price_setup.advance_to("09:09")
    assert price_setup.issues.keys() == {"question_refused"}
    await price_setup.step_to("2026-11-20 09:24", MINUTE)
    assert "no_prices" in price_setup.issues
    assert len(query_times(price_setup)) == 2, "it will not be answered the third time either"
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-20 10:35", 5 * MINUTE)
    assert price_setup.issues == {}
    assert price_setup.value("price_freshness") == "expected"


@pytest.mark.parametrize("mode", ["flat", "absurd"])
async def test_suspect_prices_raise_a_repair_issue(price_setup: PriceSetup, mode: str) -> None:
    price_setup.market.behaviour.mode = mode
    await price_setup.start()
    await price_setup.advance_to("09:09")
    assert price_setup.issues["suspect_prices"]["day"] == "2026-11-20"
    assert price_setup.issues["suspect_prices"]["reasons"]
    assert price_setup.state("import_price").attributes["quality"] == "suspect"
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-20 09:45", 5 * MINUTE)
    assert price_setup.issues == {}
