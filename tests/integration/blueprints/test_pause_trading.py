"""The blueprint that pauses trading."""

from typing import Any

from homeassistant.components.trace.util import async_get_trace, async_list_traces
from homeassistant.setup import async_setup_component
import pytest

from .automated_home import AUTOMATION
from .trading_home import ANNA, BEN, HOLIDAY, MEMORY, STORM, TradingHome, choose


async def pause(trader: TradingHome, **inputs: Any) -> None:
    """The automation with its usual inputs, in a house where two people are at home and no storm is near."""
    for domain, helper in (("input_text", "memory"), ("input_boolean", "holiday")):
        assert await async_setup_component(trader.hass, domain, {domain: {helper: {}}})
    show(trader, home=True, storm=False)
    inputs = {
        "strategy": trader.entity_id("select", "strategy"),
        "reserve": trader.entity_id("number", "reserve"),
        "memory": MEMORY,
        "people": [ANNA, BEN],
        "absences": [HOLIDAY],
        "warnings": [STORM],
        "patience": {"hours": 1},
        **inputs,
    }
    await trader.automate("pause_trading", **inputs)


def show(trader: TradingHome, *, home: bool | None = None, storm: bool | None = None) -> None:
    """Let everybody go or come, and the storm too."""
    if home is not None:
        for one in (ANNA, BEN):
            trader.hass.states.async_set(one, "home" if home else "not_home")
    if storm is not None:
        trader.hass.states.async_set(STORM, "on" if storm else "off")


def chosen(trader: TradingHome) -> tuple[str, float]:
    """Strategy and reserve."""
    return trader.value("select", "strategy"), float(trader.value("number", "reserve"))


BEFORE = ("arbitrage", 35.0)
AWAY = ("self_consumption", 35.0)
STORMY = ("optimise", 80.0)


async def test_a_pause_when_all_have_been_away_for_long_enough(trader: TradingHome) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    trader.hass.states.async_set(ANNA, "Work")
    await trader.go("12:10")
    assert chosen(trader) == BEFORE, "Ben is at home"
    trader.hass.states.async_set(BEN, "not_home")
    await trader.go("13:05")
    assert chosen(trader) == BEFORE
    await trader.go("13:15")
    assert chosen(trader) == AWAY
    trader.hass.states.async_set(BEN, "home")
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_what_an_earlier_version_stored_is_understood(trader: TradingHome) -> None:
    """The backup reserve was a strategy: as a choice for times away, and in the memory of a pause."""
    await pause(trader, away_strategy="backup_reserve")
    await choose(trader, "optimise", 80)
    await trader.call("input_text.set_value", entity_id=MEMORY, value="warning backup_reserve 35.0 backup_reserve 80.0")
    show(trader, storm=True)
    await trader.settle()
    show(trader, storm=False)
    await trader.settle()
    assert chosen(trader) == ("optimise", 35.0)
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == ("optimise", 35.0)


async def test_a_switch_for_holidays_pauses_at_once(trader: TradingHome) -> None:
    await pause(trader, people=[], warnings=[], away_strategy="peak_shaving")
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == ("peak_shaving", 35.0)
    await trader.call("input_boolean.turn_off", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_a_warning_keeps_a_reserve_and_never_lowers_it(trader: TradingHome) -> None:
    await pause(trader)
    for before, reserve in ((BEFORE, 80.0), (("manual", 90.0), 90.0)):
        await choose(trader, *before)
        show(trader, storm=True)
        await trader.settle()
        assert chosen(trader) == ("optimise", reserve)
        show(trader, storm=False)
        await trader.settle()
        assert chosen(trader) == before


@pytest.mark.parametrize("first", ["home", "storm"])
async def test_a_warning_goes_before_being_away(trader: TradingHome, first: str) -> None:
    """Both at once, whichever ends first."""
    await pause(trader)
    await choose(trader, *BEFORE)
    show(trader, home=False)
    await trader.go("12:10")
    assert chosen(trader) == AWAY
    show(trader, storm=True)
    await trader.settle()
    assert chosen(trader) == STORMY
    show(trader, **{first: first == "home"})
    await trader.settle()
    assert chosen(trader) == (STORMY if first == "home" else AWAY)
    show(trader, home=True, storm=False)
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_what_somebody_chooses_in_a_pause_is_left(trader: TradingHome) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    await choose(trader, "manual", 50)
    await trader.go("11:31")
    assert chosen(trader) == ("manual", 50.0)
    show(trader, storm=True)
    await trader.settle()
    assert chosen(trader) == STORMY, "a warning comes anew"
    show(trader, storm=False)
    await trader.settle()
    assert chosen(trader) == ("self_consumption", 50.0)
    await trader.call("input_boolean.turn_off", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == ("manual", 50.0)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    await trader.settle()
    await choose(trader, *BEFORE)
    await trader.call("input_boolean.turn_off", entity_id=HOLIDAY)
    await trader.settle()
    assert chosen(trader) == BEFORE


@pytest.mark.parametrize("unseen", ["unknown", "unavailable"])
async def test_what_cannot_be_seen_begins_no_pause_and_ends_none(trader: TradingHome, unseen: str) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    for one in (ANNA, BEN, STORM):
        trader.hass.states.async_set(one, unseen)
    await trader.go("13:01")
    assert chosen(trader) == BEFORE
    show(trader, home=False, storm=True)
    await trader.settle()
    trader.hass.states.async_set(STORM, unseen)
    await trader.go("13:16")
    assert chosen(trader) == STORMY
    show(trader, storm=False)
    await trader.go("14:16")
    assert chosen(trader) == AWAY
    trader.hass.states.async_set(ANNA, unseen)
    await trader.go("14:31")
    assert chosen(trader) == AWAY


async def test_a_pause_survives_restarts_and_ends_after_one(trader: TradingHome) -> None:
    """The memory and the choice survive by themselves; whoever starts looks at once, and asks nobody to wait again."""
    await pause(trader)
    await choose(trader, *BEFORE)
    show(trader, home=False)
    await trader.go("12:10")
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
    assert await trader.hass.config_entries.async_reload(trader.house.entry.entry_id)
    for one in (ANNA, BEN):
        trader.hass.states.async_remove(one)
    show(trader, home=False)
    await trader.call("automation.turn_on", entity_id=AUTOMATION)
    trader.hass.bus.async_fire("automation_reloaded")
    await trader.settle()
    assert chosen(trader) == AWAY
    await trader.call("automation.turn_off", entity_id=AUTOMATION)
    show(trader, home=True)
    await trader.call("automation.turn_on", entity_id=AUTOMATION)
    assert chosen(trader) == AWAY
    trader.hass.bus.async_fire("automation_reloaded")
    await trader.settle()
    assert chosen(trader) == BEFORE


async def test_a_pause_waits_for_a_battery_that_is_not_there(trader: TradingHome) -> None:
    await pause(trader)
    await choose(trader, *BEFORE)
    assert await trader.hass.config_entries.async_unload(trader.house.entry.entry_id)
    await trader.call("input_boolean.turn_on", entity_id=HOLIDAY)
    memory = trader.hass.states.get(MEMORY)
    assert memory
    assert memory.state in {"", "unknown"}
    assert await trader.hass.config_entries.async_setup(trader.house.entry.entry_id)
    await trader.settle()
    assert chosen(trader) == AWAY


async def test_other_entities_than_those_of_the_battery_are_refused(trader: TradingHome) -> None:
    limit = trader.entity_id("number", "import_limit")
    await pause(trader, reserve=limit)
    before = trader.hass.states.get(limit)
    show(trader, storm=True)
    await trader.settle()
    assert trader.hass.states.get(limit) == before
    assert trader.value("select", "strategy") == "optimise"
    (trace,) = await async_list_traces(trader.hass, "automation", AUTOMATION)
    whole = await async_get_trace(trader.hass, AUTOMATION, trace["run_id"])
    assert "These are not the strategy and backup reserve of a battery" in str(whole["trace"])
