"""The blueprint that reports every evening what the day has brought."""

from datetime import timedelta
import time
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import async_mock_service

from scripts.entsoe_standin.server import StandIn

from ..books import BookedHouse, berlin
from ..test_ledger_actions import ledger, set_up
from .automated_home import AUTOMATION
from .trading_home import EDGE, TradingHome


async def report(trader: TradingHome, **inputs: Any) -> list[ServiceCall]:
    """The automation with its usual inputs; the answer fills with what is sent."""
    sent = trader.catch("send_message")
    inputs = {
        "problem": trader.entity_id("binary_sensor", "trading_problem"),
        "expected_cost": trader.entity_id("sensor", "expected_cost_tomorrow"),
        "expected_saving": trader.entity_id("sensor", "expected_saving_tomorrow"),
        "notify": ["notify.phone"],
        "at": "14:10:00",
        **inputs,
    }
    await trader.automate("nightly_report", **inputs)
    return sent


async def test_a_report_says_what_the_ledger_says(trader: TradingHome) -> None:
    trader.script.trades = ("charge 11:15 11:45 3", "charge 2026-11-21T02:00 2026-11-21T04:00 2.5")
    await trader.house.walk(berlin("12:01"))  # what comes after it is not metered
    sent = await report(trader)
    await trader.go("14:10:05")
    (call,) = sent
    assert call.data["title"] == "Battery"
    lines = call.data["message"].splitlines()
    expected = []
    for name, period in (("Today", "day"), ("This month", "month")):
        ((row,)) = (await ledger(trader.house, period=period))["rows"]
        assert row["import_kwh"] > 1
        hours = 13 if period == "day" else 19 * 24 + 13
        expected.append(
            f"{name} the battery saved {row['saved_over_no_battery']:.2f} EUR, of which "
            f"{row['saved_over_self_consumption']:.2f} EUR by planning. Bought {row['import_kwh']:.1f} kWh, "
            f"sold {row['export_kwh']:.1f} kWh, for {row['grid_cost']:.2f} EUR together. "
            f"{hours:.1f} hours are missing from the ledger."
        )
    cost, saving = (float(trader.value("sensor", f"expected_{key}_tomorrow")) for key in ("cost", "saving"))
    expected.append(
        f"Tomorrow is expected to cost {cost:.2f} EUR, {saving:.2f} EUR less than plain self-consumption, with "
        "5.0 kWh charged from the grid and 0.0 kWh sold from the battery."
    )
    assert lines == expected


async def test_what_is_not_known_is_said_to_be_so(trader: TradingHome) -> None:
    """Nothing is booked yet, tomorrow's prices have not come, and nothing is carried out."""
    await trader.call("switch.turn_off", entity_id=trader.entity_id("switch", "automation"))
    sent = await report(trader, at="11:10:00")
    await trader.go("11:10:05")
    nothing = "the saving is unknown."
    assert sent[0].data["message"].splitlines() == [
        f"Today: {nothing} 11.0 hours are missing from the ledger.",
        f"This month: {nothing} {19 * 24 + 11}.0 hours are missing from the ledger.",
        "Tomorrow is not known yet.",
        "The automation is off: the plan is not carried out.",
    ]


async def test_a_battery_that_is_gone_is_reported_and_the_actions_are_done(trader: TradingHome) -> None:
    """Although nobody can be told."""
    done = async_mock_service(trader.hass, "test", "done")
    sent = await report(trader, at="11:20:00", actions=[{"action": "test.done", "data": {"said": "{{ summary }}"}}])
    trader.catch("send_message", raise_exception=HomeAssistantError("no"))
    assert await trader.hass.config_entries.async_unload(trader.house.entry.entry_id)
    trader.house.clock.move_to(berlin("11:20") + timedelta(seconds=EDGE))
    for _ in range(20):
        await trader.hass.loop.run_in_executor(None, time.sleep, 0.002)
    assert not sent
    assert done[0].data["said"].splitlines() == [
        "The ledger cannot be read: today and this month are unknown.",
        "Tomorrow is not known yet.",
        "It is unknown whether there is a problem.",
    ]


async def test_a_problem_is_told_in_words(trader: TradingHome) -> None:
    sent = await report(trader, at="11:20:00")
    trader.house.simulator.stop()
    await trader.go("11:16")
    await trader.go("11:20:05")
    reason = trader.hass.states.get(trader.entity_id("sensor", "battery_action")).attributes["reason"]
    assert reason.startswith("The inverter cannot be read")
    assert f"\nProblem: {reason}." in sent[0].data["message"]


async def test_a_report_in_other_words(trader: TradingHome) -> None:
    sent = await report(trader, at="11:05:00", title="Akku", message="{{ today.load_kwh }} {{ automatic }}")
    await trader.go("11:05:05")
    assert (sent[0].data["title"], sent[0].data["message"]) == ("Akku", "None True")


async def test_hours_without_a_price_are_told(booked: BookedHouse, hass_config_dir: str, market: StandIn) -> None:
    market.behaviour.mode = "unavailable"
    booked.hass.config.config_dir = hass_config_dir
    trader = TradingHome(booked)
    await set_up(booked)
    await trader.house.walk(berlin("11:31"))
    sent = await report(trader, at="11:35:00")
    await trader.go("11:35:05")
    (row,) = (await ledger(booked, period="day"))["rows"]
    assert sent[0].data["message"].splitlines()[0] == (
        f"Today: the saving is unknown. Bought {row['import_kwh']:.1f} kWh, sold {row['export_kwh']:.1f} kWh. "
        "11.0 hours are missing from the ledger. 0.5 hours have no price."
    )
    assert "\nProblem: " in sent[0].data["message"]
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
