"""The subscription to health: everything for administrators, what works for others."""

from datetime import timedelta
from typing import Any

from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.nattery.core.forecast.quality import ForecastQuality
from custom_components.nattery.core.modbus.statistics import StatisticsSnapshot
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.issues import SILENT_LINE, WRITE_LIMIT, async_clear, async_raise

from .books import BookedHouse, berlin
from .commands import connect, event_with, next_event, pending_events, subscribe
from .test_ledger_actions import set_up
from .test_trading_permissions import of_group

SUBSCRIBE = "nattery/health/subscribe"
HOST = "127.0.0.1"


async def test_the_first_event(booked: BookedHouse, hass_ws_client: WebSocketGenerator) -> None:
    house = await set_up(booked)
    trading = house.site.trading
    assert trading is not None
    trading.forecasts.load_quality = ForecastQuality(3, 1.23456, -0.5, 0.1, -0.04, None)
    event = await subscribe(await hass_ws_client(house.hass), SUBSCRIBE, house.entry.entry_id)
    assert event.keys() == {"line", "polls", "prices", "fetches", "forecast", "database", "issues"}
    line = event["line"]
    assert line.keys() >= set(StatisticsSnapshot.__dataclass_fields__)
    assert (line["connected"], line["responding"], line["wrong_device"], line["errors"]) == (True, True, False, {})
    assert line["requests"] > 10
    polls = event["polls"]
    assert polls["readings"]["tiers"] == ["fast"]
    assert polls["readings"]["success"] is True
    assert polls["settings"]["tiers"] == ["settings", "counters"]
    assert polls["readings"]["read_at"] is not None
    assert (polls["write_limit"], polls["write_warning"], polls["frequently_written"]) == (100, 50, {})
    prices = event["prices"]
    assert (prices["working"], prices["status"], prices["currency"], prices["errors"]) == (True, "ok", "EUR", {})
    assert prices["days"][0] == {
        "day": "2026-11-20",
        "complete": True,
        "quality": "good",
        "sources": ["entsoe"],
        "reasons": [],
    }
    assert prices["next_fetch"]["reason"] == "tomorrow"
    assert prices["next_fetch"]["at"].startswith("2026-11-20T11:5")
    assert [(fetch["source"], fetch["outcome"]) for fetch in event["fetches"]] == [("entsoe", "ok")]
    assert event["forecast"] == {
        "load": {
            "days": 3,
            "mean_absolute_error": 1.2346,
            "bias": -0.5,
            "relative_error": 0.1,
            "relative_bias": -0.04,
            "hourly_error": None,
        },
        "pv": None,
    }
    database = event["database"]
    assert (database["kind"], database["working"], database["error"], database["pending"]) == ("sqlite", True, None, 0)
    assert event["issues"] == []


async def test_an_inverter_alone(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    event = await subscribe(await hass_ws_client(hass), SUBSCRIBE, house.entry_id)
    assert (event["prices"], event["forecast"], event["database"], event["fetches"]) == (None, None, None, [])
    user = await of_group(hass, GROUP_ID_USER)
    event = await subscribe(await connect(hass, hass_ws_client, user), SUBSCRIBE, house.entry_id)
    assert (event["prices"], event["forecast"], event["database"]) == (None, None, None)


@pytest.mark.parametrize("group", [GROUP_ID_READ_ONLY, GROUP_ID_USER])
async def test_others_are_told_what_works(booked: BookedHouse, hass_ws_client: WebSocketGenerator, group: str) -> None:
    house = await set_up(booked)
    async_raise(house.hass, house.entry, SILENT_LINE, place=HOST, reason="a reason")
    user = await of_group(house.hass, group)
    event = await subscribe(await connect(house.hass, hass_ws_client, user), SUBSCRIBE, house.entry.entry_id)
    assert event == {
        "line": {"connected": True, "responding": True, "wrong_device": False},
        "prices": {key: event["prices"][key] for key in ("working", "freshness", "known_until", "status", "days")},
        "forecast": {"load": None, "pv": None},
        "database": {"working": True},
        "issues": [{"key": SILENT_LINE, "severity": "error"}],
    }
    assert HOST not in str(event)


async def test_issues_appear_and_disappear(booked: BookedHouse, hass_ws_client: WebSocketGenerator) -> None:
    house = await set_up(booked)
    client = await hass_ws_client(house.hass)
    await subscribe(client, SUBSCRIBE, house.entry.entry_id)
    async_raise(house.hass, house.entry, WRITE_LIMIT, registers="A (50)", warn="50", limit="100")
    await house.walk(timedelta(seconds=6), timedelta(seconds=6))
    event = await event_with(client, lambda event: event["issues"])
    assert event["issues"] == [
        {
            "key": WRITE_LIMIT,
            "severity": "warning",
            "placeholders": {"entry": house.entry.title, "registers": "A (50)", "warn": "50", "limit": "100"},
            "ignored": False,
        }
    ]
    async_clear(house.hass, house.entry.entry_id, WRITE_LIMIT)
    await house.walk(timedelta(seconds=6), timedelta(seconds=6))
    await event_with(client, lambda event: not event["issues"])


async def poll(house: BookedHouse, client: MockHAClientWebSocket) -> list[Any]:
    """Poll once and return the events that this brought."""
    await house.site.identified_device.readings.async_refresh()
    return await pending_events(client)


async def test_events_are_five_seconds_apart(booked: BookedHouse, hass_ws_client: WebSocketGenerator) -> None:
    house = await set_up(booked)
    client = await hass_ws_client(house.hass)
    await subscribe(client, SUBSCRIBE, house.entry.entry_id)
    assert len(await poll(house, client)) == 1
    requests = house.site.connection.bus.statistics.snapshot().requests
    for _ in range(3):
        assert await poll(house, client) == [], "another event is due in five seconds"
    house.clock.tick(4)
    async_fire_time_changed(house.hass)
    assert await pending_events(client) == []
    house.clock.tick(1)
    async_fire_time_changed(house.hass)
    event = await next_event(client)
    assert event["line"]["requests"] > requests
    assert await pending_events(client) == []


async def test_a_waiting_event_ends_with_the_subscription(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    house = await set_up(booked)
    client = await hass_ws_client(house.hass)
    await subscribe(client, SUBSCRIBE, house.entry.entry_id)
    await poll(house, client)
    await poll(house, client)
    await client.close()
    await house.walk(timedelta(seconds=6), timedelta(seconds=6))


async def test_a_new_subscriber_brings_the_others_up_to_date(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    house = await set_up(booked)
    first, second = await hass_ws_client(house.hass), await hass_ws_client(house.hass)
    await subscribe(first, SUBSCRIBE, house.entry.entry_id)
    await poll(house, first)
    assert await poll(house, first) == []
    event = await subscribe(second, SUBSCRIBE, house.entry.entry_id)
    assert await next_event(first) == event


async def test_what_fails_shows(
    booked: BookedHouse, hasty: None, hass_ws_client: WebSocketGenerator, simulator: Simulator
) -> None:
    house = await set_up(booked, ledger="postgresql://nattery:secret-4f1c@127.0.0.1:1/books")
    await house.walk(berlin("11:17"))
    await house.hass.async_add_executor_job(simulator.stop)
    await house.site.identified_device.readings.async_refresh()
    event = await subscribe(await hass_ws_client(house.hass), SUBSCRIBE, house.entry.entry_id)
    assert event["line"]["responding"] is False
    assert event["line"]["errors"]
    assert event["polls"]["readings"]["success"] is False
    database = event["database"]
    assert (database["kind"], database["working"], database["last"]) == ("postgresql", False, None)
    assert database["error"] in {"unreachable", "silent"}
    assert database["pending"] >= 1
    assert "secret-4f1c" not in str(event)
