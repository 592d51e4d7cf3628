"""The actions about prices: responses and errors."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.const import DOMAIN

from .elsewhere import market_price
from .market import PRICE_ACTIONS, PriceSetup
from .texts import TEXTS, placeholders_of

QUARTER = timedelta(minutes=15)
MIDNIGHT = datetime(2026, 11, 19, 23, tzinfo=UTC)  # of the 20th in Berlin
HOUR = timedelta(hours=1)


def local(clock: str, day: int = 20) -> str:
    """Return a time as the automation editor passes it, without an offset."""
    return f"2026-11-{day} {clock}"


def moments(interval: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(interval["start"]), datetime.fromisoformat(interval["end"])


def mean(start: datetime, end: datetime) -> float:
    """Return the mean price of the stand-in over whole quarter-hours."""
    count = (end - start) // QUARTER
    return sum(market_price(start + n * QUARTER) for n in range(count)) / count


async def error_key(setup: PriceSetup, action: str, **data: Any) -> str:
    """Return the translation key of an action's error, whose message must have all placeholders."""
    with pytest.raises(ServiceValidationError) as caught:
        await setup.call_action(action, **data)
    error = caught.value
    assert error.translation_domain == DOMAIN
    text = TEXTS["exceptions"][error.translation_key]["message"]
    assert placeholders_of(text) == (error.translation_placeholders or {}).keys()
    return str(error.translation_key)


# get_prices


async def test_today_and_the_known_part_of_tomorrow(price_setup: PriceSetup) -> None:
    await price_setup.start(tariff={"import_rate": {"fee": 0.2}, "export_rate": {"factor": 0.5}})
    found = await price_setup.call_action("get_prices")
    assert {key: found[key] for key in ("area", "currency", "kind", "freshness", "gaps")} == {
        "area": "DE_LU",
        "currency": "EUR",
        "kind": "import",
        "freshness": "expected",
        "gaps": [],
    }
    assert [moments(slot)[0] for slot in found["slots"]] == [MIDNIGHT + n * QUARTER for n in range(96)]
    await price_setup.advance_to("13:05")
    assert len((await price_setup.call_action("get_prices"))["slots"]) == 192
    for kind, more, factor in (("import", 0.2, 1), ("export", 0, 0.5), ("spot", 0, 1)):
        found = await price_setup.call_action("get_prices", kind=kind)
        assert found["kind"] == kind
        for slot in found["slots"]:
            assert slot["price"] == pytest.approx(market_price(moments(slot)[0]) * factor + more, abs=1e-6)


async def test_a_range(price_setup: PriceSetup) -> None:
    """Times without an offset are in Home Assistant's time zone; slots that overlap the range are complete."""
    await price_setup.start()
    found = await price_setup.call_action("get_prices", start=local("06:05"), end=local("06:35"))
    assert [slot["start"][11:16] for slot in found["slots"]] == ["05:00", "05:15", "05:30"]
    assert found["gaps"] == []
    same = await price_setup.call_action("get_prices", start="2026-11-20T05:05:00Z", end="2026-11-20T06:35:00+01:00")
    assert same["slots"] == found["slots"]


async def test_unknown_prices_are_gaps(price_setup: PriceSetup) -> None:
    price_setup.market.behaviour.mode = "gap"  # the last hour of each day is missing
    await price_setup.start()
    found = await price_setup.call_action("get_prices", start=local("22:00"), end=local("02:00", 21))
    assert [slot["start"][11:16] for slot in found["slots"]] == ["21:00", "21:15", "21:30", "21:45"]
    assert found["gaps"] == [{"start": "2026-11-20T22:00:00+00:00", "end": "2026-11-21T01:00:00+00:00"}]
    found = await price_setup.call_action("get_prices", start=local("22:00", 19), end=local("01:00"))
    assert found["gaps"] == [{"start": "2026-11-19T22:00:00+00:00", "end": "2026-11-19T23:00:00+00:00"}]
    assert len(found["slots"]) == 8
    found = await price_setup.call_action("get_prices", start=local("10:00", 22))
    assert (found["slots"], found["gaps"]) == (
        [],
        [{"start": "2026-11-22T09:00:00+00:00", "end": "2026-11-22T23:00:00+00:00"}],
    )


async def test_other_resolutions(price_setup: PriceSetup) -> None:
    await price_setup.start()
    for minutes in (15, 30, 60, "60"):
        found = await price_setup.call_action("get_prices", kind="spot", resolution=minutes)
        length = timedelta(minutes=int(minutes))
        assert len(found["slots"]) == timedelta(days=1) / length
        for slot in found["slots"]:
            start, end = moments(slot)
            assert end - start == length
            assert slot["price"] == pytest.approx(mean(start, end), abs=1e-6)


@pytest.mark.parametrize(("day", "slots"), [("2026-10-25", 100), ("2026-03-29", 92)])
async def test_a_day_with_a_clock_change_is_complete(price_setup: PriceSetup, day: str, slots: int) -> None:
    price_setup.clock.move_to(f"{day}T10:00:00Z")
    await price_setup.start()
    found = await price_setup.call_action("get_prices")
    assert (len(found["slots"]), found["gaps"]) == (slots, [])


async def test_invalid_ranges(price_setup: PriceSetup) -> None:
    await price_setup.start()
    for start, end in (("10:00", "10:00"), ("10:00", "09:00")):
        assert await error_key(price_setup, "get_prices", start=local(start), end=local(end)) == "bad_range"
    assert await error_key(price_setup, "get_prices", start="2026-01-01", end=local("10:00")) == "bad_range"
    for wrong in ({"kind": "sport"}, {"resolution": 20}, {"start": "yesterday"}, {"more": 1}):
        with pytest.raises((vol.Invalid, ServiceValidationError)):
            await price_setup.call_action("get_prices", **wrong)


# find_window


async def test_the_cheapest_and_the_most_expensive_window(price_setup: PriceSetup) -> None:
    """Compare with trying every quarter-hour."""
    await price_setup.start()
    asked: dict[str, Any] = {"duration": {"hours": 3}, "earliest": local("10:00"), "latest": local("20:00")}
    begins = [MIDNIGHT + 10 * HOUR + n * QUARTER for n in range(29)]
    for goal, best in (("cheapest", min), ("dearest", max)):
        found = await price_setup.call_action("find_window", kind="spot", goal=goal, **asked)
        wanted = best(begins, key=lambda start: mean(start, start + 3 * HOUR))
        assert found["found"] is True
        assert moments(found) == (wanted, wanted + 3 * HOUR)
        assert found["mean_price"] == pytest.approx(mean(wanted, wanted + 3 * HOUR), abs=1e-6)
        assert found["blocks"] == [{"start": found["start"], "end": found["end"]}]
        assert (found["currency"], found["kind"], found["gaps"]) == ("EUR", "spot", [])


async def test_a_window_starts_now_at_the_earliest(price_setup: PriceSetup) -> None:
    await price_setup.start()
    found = await price_setup.call_action("find_window", duration="00:30", latest=local("09:40"))
    start, end = moments(found)
    assert datetime(2026, 11, 20, 8, 7, tzinfo=UTC) <= start
    assert end <= datetime(2026, 11, 20, 8, 40, tzinfo=UTC)


async def test_windows_depend_on_the_kind_of_price(price_setup: PriceSetup) -> None:
    await price_setup.start(tariff={"export_rate": {"factor": -1}})
    cheap = await price_setup.call_action("find_window", duration="02:00")
    upside_down = await price_setup.call_action("find_window", duration="02:00", kind="export", goal="dearest")
    assert moments(cheap) == moments(upside_down)
    assert upside_down["mean_price"] == pytest.approx(-cheap["mean_price"], abs=1e-6)


async def test_a_split_window(price_setup: PriceSetup) -> None:
    await price_setup.start()
    await price_setup.advance_to("13:05")
    asked: dict[str, Any] = {"kind": "spot", "duration": "05:00", "earliest": local("13:15")}
    whole = await price_setup.call_action("find_window", **asked)
    found = await price_setup.call_action("find_window", split=True, **asked)
    blocks = [moments(block) for block in found["blocks"]]
    assert sum((end - start for start, end in blocks), timedelta()) == 5 * HOUR
    cheapest = sorted(market_price(MIDNIGHT + n * QUARTER) for n in range(53, 192))[:20]
    assert found["mean_price"] == pytest.approx(sum(cheapest) / 20, abs=1e-6)
    assert len(blocks) > 1
    longer = await price_setup.call_action("find_window", split=True, min_block="01:30", **asked)
    assert all(end - start >= 1.5 * HOUR for start, end in map(moments, longer["blocks"]))
    assert found["mean_price"] < longer["mean_price"] <= whole["mean_price"]


async def test_reasons_without_a_window(price_setup: PriceSetup) -> None:
    price_setup.market.behaviour.mode = "gap"
    await price_setup.start()

    async def reason(**data: Any) -> tuple[str, list[dict[str, str]]]:
        found = await price_setup.call_action("find_window", **data)
        assert found["found"] is False
        assert found.keys() == {"currency", "kind", "found", "reason", "gaps"}
        return found["reason"], found["gaps"]

    missing = {"start": "2026-11-20T22:00:00+00:00", "end": "2026-11-21T01:00:00+00:00"}
    assert await reason(duration="02:00", earliest=local("10:00"), latest=local("11:00")) == ("too_short", [])
    assert await reason(duration="02:00", earliest=local("22:00"), latest=local("02:00", 21)) == ("gaps", [missing])
    assert await reason(duration="02:00", earliest=local("23:00"), latest=local("02:00", 21)) == (
        "no_prices",
        [missing],
    )
    assert await reason(duration="02:00", earliest=local("08:00", 21)) == (
        "no_prices",
        [{"start": "2026-11-21T07:00:00+00:00", "end": "2026-11-21T09:00:00+00:00"}],
    )
    assert await reason(duration="15:00") == (
        "gaps",
        [{"start": "2026-11-20T22:00:00+00:00", "end": "2026-11-20T23:07:00+00:00"}],
    )
    found = await price_setup.call_action(
        "find_window", duration="02:00", earliest=local("20:00"), latest=local("02:00", 21)
    )
    assert (found["found"], found["gaps"]) == (True, [missing]), "what is found is the best of what is known"


async def test_a_window_across_the_repeated_hour(price_setup: PriceSetup) -> None:
    price_setup.clock.move_to("2026-10-24T20:00:00+02:00")
    await price_setup.start()
    asked = {"earliest": "2026-10-25 02:00", "latest": "2026-10-25 03:00"}
    found = await price_setup.call_action("find_window", duration="02:00", **asked)
    assert moments(found) == (datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
    asked["earliest"], asked["latest"] = "2026-10-25 00:00", "2026-10-26 00:00"
    found = await price_setup.call_action("find_window", duration="25:00", **asked)
    assert moments(found) == (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))


NONSENSE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"duration": 0}, "bad_duration"),
    ({"duration": {"days": 61}}, "bad_duration"),
    ({"duration": "01:00", "min_block": "00:30"}, "bad_min_block"),
    ({"duration": "01:00", "min_block": "01:30", "split": True}, "bad_min_block"),
    ({"duration": "01:00:30", "split": True}, "whole_minutes"),
    ({"duration": "01:00", "min_block": "00:10:30", "split": True}, "whole_minutes"),
    ({"duration": "01:00", "earliest": "2026-11-20 12:00", "latest": "2026-11-20 12:00"}, "bad_range"),
    ({"duration": "01:00", "latest": "2026-11-20 09:00"}, "bad_range"),
    ({"duration": "01:00", "latest": "2027-11-20 09:00"}, "bad_range"),
)


async def test_invalid_windows(price_setup: PriceSetup) -> None:
    await price_setup.start()
    for data, key in NONSENSE:
        assert await error_key(price_setup, "find_window", **data) == key


# refresh_prices


async def test_refresh_returns_the_changes(price_setup: PriceSetup) -> None:
    await price_setup.start()
    price_setup.market.behaviour.mode = "revised:10"
    assert await price_setup.call_action("refresh_prices") == {
        "changes": [{"kind": "revised", "day": "2026-11-19"}, {"kind": "revised", "day": "2026-11-20"}],
        "freshness": "expected",
        "known_until": "2026-11-20T23:00:00+00:00",
    }
    assert (await price_setup.call_action("refresh_prices"))["changes"] == []


async def test_never_two_fetches_at_once(price_setup: PriceSetup) -> None:
    await price_setup.start()
    price_setup.market.behaviour.next_modes = ["slow:0.3"]
    first = asyncio.create_task(price_setup.call_action("refresh_prices"))
    await price_setup.wait_for_queries(2)
    assert await error_key(price_setup, "refresh_prices") == "prices_being_fetched"
    with pytest.raises(ServiceValidationError, match="being fetched"):
        await price_setup.hass.services.async_call(
            "button", "press", {"entity_id": price_setup.entity_id("refresh_prices")}, blocking=True
        )
    assert (await first)["changes"] == []
    assert len(price_setup.market.queries) == 2


async def test_a_fetch_ends_with_its_config_entry(price_setup: PriceSetup) -> None:
    """The caller gets an error, and nothing keeps running."""
    await price_setup.start()
    price_setup.market.behaviour.next_modes = ["slow:0.2"]
    prices = price_setup.prices
    waiting = asyncio.create_task(price_setup.call_action("refresh_prices"))
    await price_setup.wait_for_queries(2)
    await price_setup.unload()
    with pytest.raises(HomeAssistantError) as caught:
        await waiting
    assert caught.value.translation_key == "prices_cut_off"
    assert not prices.is_fetching
    assert not prices._timers
    assert len(prices.fetcher.book.log.fetches) == 1


# Whose prices


async def test_a_config_entry_without_prices(hass: HomeAssistant, house: MockConfigEntry) -> None:
    for action in PRICE_ACTIONS:
        data = {"duration": "01:00"} if action == "find_window" else {}
        with pytest.raises(ServiceValidationError) as caught:
            await hass.services.async_call(
                DOMAIN, action, {"config_entry_id": house.entry_id, **data}, blocking=True, return_response=True
            )
        assert caught.value.translation_key == "no_prices"
        assert caught.value.translation_placeholders == {"entry": "Inverter"}


async def test_a_config_entry_that_is_not_loaded(price_setup: PriceSetup) -> None:
    await price_setup.start()
    await price_setup.unload()
    with pytest.raises(ServiceValidationError) as caught:
        await price_setup.call_action("get_prices")
    assert caught.value.translation_key == "service_config_entry_not_loaded"
