"""A house that trades: prices of the stand-in, the simulated inverter, a plan, and what is done of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_RECORDER_HOURLY_STATISTICS_GENERATED, EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.const import DOMAIN, EVENT_WRITTEN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.preferences import TradingPreferences
from custom_components.nattery.core.app.trading_state import TradingState
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.sentences import Sentences, english as english_texts
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.trading.settings import settings_from, wear_from

from .books import TRADING_ENTITIES
from .conftest import until
from .market import add_prices, price_data, stand_in
from .subscribing import pictures_until
from .texts import TEXTS

DATA: dict[str, Any] = {
    "capacity": 10.0,
    "battery_price": 3000.0,
    "cycles": 6000.0,
    "charge": 5.0,
    "discharge": 5.0,
    "import": 10.0,
    "export": 10.0,
}
ACTION, AUTOMATION = "sensor.battery_trading_action", "switch.battery_trading_automation"


@pytest.fixture
async def trader(hass: HomeAssistant, house_entry: MockConfigEntry, tmp_path: Path) -> AsyncIterator[MockConfigEntry]:
    """The house with prices and trading, once it has a plan; its books are in a folder of the test."""
    hass.config.config_dir = str(tmp_path)
    with stand_in() as server:
        add_prices(hass, house_entry, price_data(server.url))
        trading = ConfigSubentry(
            data=MappingProxyType(DATA), subentry_type="trading", title="Battery trading", unique_id="trading"
        )
        hass.config_entries.async_add_subentry(house_entry, trading)
        assert await hass.config_entries.async_setup(house_entry.entry_id)
        # Before the plan there may have been a decision without one.
        await until(lambda: (decision := house_entry.runtime_data.trading.data.decision) and decision.run)
        yield house_entry
        await hass.config_entries.async_unload(house_entry.entry_id)


def writes(simulator: Simulator, entry: MockConfigEntry) -> int:
    """How many registers have been written today."""
    site = entry.runtime_data
    return sum(
        site.identified_device.inverter.write_counter.writes_of(key, site.identified_device.today)
        for key in ("timed_charge", "timed_discharge")
    )


async def call(hass: HomeAssistant, entry: MockConfigEntry, name: str, **data: Any) -> Any:
    return await hass.services.async_call(
        DOMAIN, name, {"config_entry_id": entry.entry_id, **data}, blocking=True, return_response=True
    )


async def test_a_dry_run_says_what_it_would_do_and_writes_nothing(
    hass: HomeAssistant, trader: MockConfigEntry, simulator: Simulator
) -> None:
    state = hass.states.get(ACTION)
    assert state.state in {"self_consume", "hold", "charge", "discharge"}
    assert state.attributes["mode"] == "dry_run"
    assert state.attributes["performed"] is False
    assert state.attributes["reason_key"] == f"control_would_{state.state}"
    assert state.attributes["reason"].startswith("Would ")
    assert ": automation is off. " in state.attributes["reason"]
    status = hass.states.get("sensor.battery_trading_right_now").state
    assert state.attributes["reason"].startswith(status)
    assert status.endswith(": automation is off.")
    assert hass.states.get("calendar.battery_trading_plan").attributes["message"].endswith(": automation is off.")
    assert hass.states.get(AUTOMATION).state == "off"
    assert writes(simulator, trader) == 0


async def test_the_plan_is_slot_by_slot_with_reasons(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    plan = await call(hass, trader, "get_plan")
    trading = trader.runtime_data.trading
    assert plan["solver"] == "stochastic"
    assert len(plan["slots"]) == len(trading.data.plan)
    assert all(slot["reason"] and "{" not in slot["reason"] for slot in plan["slots"])
    assert plan["slots"][-1]["end"] == trading.prices.data.known_until.isoformat()
    slot = await call(hass, trader, "explain_slot")
    assert slot["start"] == plan["slots"][0]["start"]
    assert slot["reason_key"] == trading.data.plan.slots[0].reason.key
    assert slot["reason_values"]
    assert slot["details"]


async def test_the_plan_is_there_to_be_drawn_beside_reality(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    trading = trader.runtime_data.trading
    slots = trading.data.plan.slots
    charge, battery, grid = (
        hass.states.get(f"sensor.battery_trading_planned_{name}")
        for name in ("state_of_charge", "battery_power", "grid_power")
    )
    before, after = trading.data.result.soc_start, slots[0].soc_end
    assert min(before, after) * 100 - 0.1 <= float(charge.state) <= max(before, after) * 100 + 0.1
    assert float(battery.state) == round((slots[0].discharge_kw - slots[0].charge_kw) * 1000)
    assert float(grid.state) == round(slots[0].grid_kw * 1000)
    for state, figures in (
        (charge, [round(slot.soc_end * 100, 1) for slot in slots]),
        (battery, [round((slot.discharge_kw - slot.charge_kw) * 1000) for slot in slots]),
    ):
        ahead = state.attributes["forecast"]
        assert [one["value"] for one in ahead] == figures
        assert [one["start"] for one in ahead] == [slot.start for slot in slots]
        assert [one["action"] for one in ahead] == [slot.action for slot in slots]


async def test_a_house_without_a_plan_plans_nothing(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    trading = trader.runtime_data.trading
    trading.async_set_updated_data(TradingState())
    state = hass.states.get("sensor.battery_trading_planned_state_of_charge")
    assert (state.state, state.attributes["forecast"]) == ("unknown", [])


async def test_an_hour_of_statistics_is_a_reason_to_plan_anew(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    trading = trader.runtime_data.trading
    before = trading.data.made_at
    hass.bus.async_fire(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED)
    await until(lambda: trading.data.made_at > before)


async def test_the_switch_shows_at_once_what_was_chosen(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    """And not only when all has been written."""
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    await call(hass, trader, "override", action="charge", power=2000, duration="01:00")
    seen: list[str] = []
    for event, name in ((EVENT_WRITTEN, "written"), (EVENT_STATE_CHANGED, "")):
        hass.bus.async_listen(event, callback(lambda event, name=name: seen.append(name or _what(event))))
    await hass.services.async_call("switch", "turn_off", {"entity_id": AUTOMATION}, blocking=True)
    await hass.async_block_till_done()
    assert seen.index(f"{AUTOMATION} off") < seen.index("written")


def _what(event: Event) -> str:
    """Which entity has which state now."""
    return f"{event.data['entity_id']} {event.data['new_state'].state}"


async def test_an_override_is_carried_out_and_ends(
    hass: HomeAssistant, trader: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    done = await call(hass, trader, "override", action="charge", power=2000, duration="01:00")
    state = hass.states.get(ACTION)
    assert (state.state, state.attributes["performed"], state.attributes["override"]) == ("charge", True, done["id"])
    site = trader.runtime_data
    report = await site.identified_device.inverter.read_registers(
        ["timed_charge", "grid_charge_current_limit", "charge_start_1", "charge_end_1"]
    )
    voltage = site.identified_device.value("battery_voltage")
    assert report.values["timed_charge"] == 1
    pv, load = (site.identified_device.value(key) for key in ("pv_power", "load_power"))
    # The power is the battery's: the grid adds what the PV surplus lacks, in steps of 250 W. Both have moved since.
    from_grid = report.values["grid_charge_current_limit"] * voltage
    assert from_grid + max(pv - load, 0) == pytest.approx(2000, abs=600)
    assert report.values["charge_start_1"] != report.values["charge_end_1"]
    assert await call(hass, trader, "clear_override", id=done["id"]) == {"cleared": 1}
    assert hass.states.get(ACTION).attributes["override"] is None


async def test_switched_off_the_battery_is_handed_back(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    await call(hass, trader, "override", action="discharge", power=1000, duration="01:00")
    await hass.services.async_call("switch", "turn_off", {"entity_id": AUTOMATION}, blocking=True)
    report = await trader.runtime_data.identified_device.inverter.read_registers(
        ["output_priority", "timed_discharge", "grid_active_power"]
    )
    assert report.values == {"output_priority": 0, "timed_discharge": 0, "grid_active_power": 0}


async def test_stopped_in_order_the_battery_is_handed_back_and_the_mode_is_kept(
    hass: HomeAssistant, trader: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    await call(hass, trader, "override", action="charge", power=1000, duration="01:00")
    assert await hass.config_entries.async_unload(trader.entry_id)
    assert await hass.config_entries.async_setup(trader.entry_id)
    assert trader.runtime_data.trading.automatic
    assert [one.kind for one in trader.runtime_data.trading.controller.overrides] == ["charge"]


async def test_another_strategy_is_another_plan(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.battery_trading_strategy", "option": "self_consumption"},
        blocking=True,
    )
    plan = trader.runtime_data.trading.data.plan
    assert plan.strategy == "self_consumption"
    assert {slot.action for slot in plan} == {"self_consume"}
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.battery_trading_backup_reserve", "value": 45},
        blocking=True,
    )
    assert trader.runtime_data.trading.preferences.reserve == 0.45


async def test_the_calendar_has_an_event_for_every_run(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    found: Any = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": "calendar.battery_trading_plan", "duration": "72:00:00"},
        blocking=True,
        return_response=True,
    )
    events = found["calendar.battery_trading_plan"]["events"]
    assert len(events) == len(trader.runtime_data.trading.data.plan.runs)
    assert all(event["summary"].startswith("Would ") and event["description"] for event in events)
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    shown = hass.states.get("calendar.battery_trading_plan").attributes["message"]
    assert shown.split()[0] in {"Self-consumption", "Hold", "Charge", "Discharge"}


async def test_an_event_of_the_calendar_begins_once(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    trading = trader.runtime_data.trading
    await trading.async_set_preferences(TradingPreferences("self_consumption"))
    begun = trading.data.runs[0].start
    await trading.async_replan()
    assert trading.data.plan.runs[0].start > begun
    assert trading.data.runs[0].start == begun
    await trading.async_set_preferences(TradingPreferences("manual"))
    assert trading.data.runs[0].start == begun  # a manual day is plain self-consumption too
    await trading.async_set_preferences(TradingPreferences(reserve=1.0))
    assert trading.data.runs[0].kind is ActionKind.CHARGE
    assert trading.data.runs[0].start > begun


async def test_the_subscription_gives_the_whole_picture(
    hass: HomeAssistant, trader: MockConfigEntry, hass_ws_client: Any
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "nattery/plan/subscribe", "entry_id": trader.entry_id})
    assert (await client.receive_json())["success"]
    seen = (await client.receive_json())["event"]
    assert seen["api"] == 1
    plan = trader.runtime_data.trading.data.plan
    assert seen["slots"]["start"] == [int(slot.start.timestamp()) for slot in plan]
    assert seen["today"].keys() == {"cost", "saving", "so_far"}
    assert seen["automatic"] is False
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    await pictures_until(client, lambda picture: picture["automatic"] is True)


GERMAN = {
    "common.control_override": "Von dir gewählt bis {until}.",
    "common.note_terminal_estimated": "Was am Ende übrig ist, zählt mit {terminal_price}/kWh.",
}


async def test_two_screens_show_the_same_plan_each_in_its_own_language(
    hass: HomeAssistant, trader: MockConfigEntry, hass_ws_client: Any
) -> None:
    await hass.services.async_call("switch", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "nattery/plan/subscribe", "entry_id": trader.entry_id})
    assert (await client.receive_json())["success"]
    end = dt_util.utcnow().replace(second=0, microsecond=0) + timedelta(hours=2)
    await call(hass, trader, "override", action="hold", until=f"{dt_util.as_local(end):%Y-%m-%d %H:%M}")
    seen = (await client.receive_json())["event"]
    while seen["present"]["reason"]["key"] != "control_override":
        seen = (await client.receive_json())["event"]
    zone = dt_util.get_default_time_zone()
    english, german = (Sentences(texts, seen["currency"], zone) for texts in (english_texts(), GERMAN))
    at = dt_util.as_local(end)
    reason = Explanation.from_dict(seen["present"]["reason"])
    assert english.sentence(reason, at) == f"Set by you until {at:%H:%M}."
    assert german.sentence(reason, at) == f"Von dir gewählt bis {at:%H:%M}."
    stored = [note for note in map(Explanation.from_dict, seen["notes"]) if note.key == "note_terminal_estimated"]
    price = german.price(trader.runtime_data.trading.data.plan.terminal.mean_price)
    assert [english.sentence(one, at) for one in stored] == [
        f"Energy left at the end of the plan is valued at {price}/kWh."
    ]
    assert [german.sentence(one, at) for one in stored] == [f"Was am Ende übrig ist, zählt mit {price}/kWh."]
    assert all(set(reason) == {"key", "values"} for reason in seen["slots"]["reason"])
    assert (await call(hass, trader, "get_plan"))["present"]["reason"] == english.sentence(reason, at)


async def test_a_subscription_lives_on_when_the_entry_is_reloaded(
    hass: HomeAssistant, trader: MockConfigEntry, hass_ws_client: Any
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "nattery/plan/subscribe", "entry_id": trader.entry_id})
    assert (await client.receive_json())["success"]
    assert (await client.receive_json())["event"]["slots"]
    assert await hass.config_entries.async_reload(trader.entry_id)
    await pictures_until(client, lambda picture: picture is None)
    seen = await pictures_until(client, lambda picture: picture is not None and picture["slots"])
    assert seen[-1]["made_at"]


def test_wear_is_what_the_battery_costs_over_its_life() -> None:
    assert wear_from(DATA) == pytest.approx(3000 / (2 * 10 * 6000))
    assert wear_from({**DATA, "wear": 0.07}) == 0.07
    settings = settings_from(DATA)
    assert settings.efficiency**2 == pytest.approx(0.9)


async def test_every_entity_is_there_and_translated(hass: HomeAssistant, trader: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    subentry = trader.runtime_data.trading.subentry.subentry_id
    entries = [one for one in registry.entities.values() if one.config_subentry_id == subentry]
    assert {(one.domain, one.translation_key) for one in entries} == TRADING_ENTITIES
    for one in entries:
        texts = TEXTS["entity"][one.domain][one.translation_key]
        assert hass.states.get(one.entity_id).name == f"Battery trading {texts['name']}"
