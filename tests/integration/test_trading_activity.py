"""The activity of trading: every change of action stands once with its reason, and entities start with values."""

from typing import Any

from homeassistant.core import Event
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.const import DOMAIN, EVENT_ACTION_CHANGED
from custom_components.nattery.trading.event import ACTION_CHANGED, LEFT_ALONE

from .books import BookedHouse, berlin
from .test_override_controls import act, entity, press, select, state, trading_of
from .test_prices_removed import trading_states


def texts(events: list[Event[dict[str, Any]]]) -> list[str]:
    return [event.data["text"] for event in events]


async def test_every_change_of_action_is_told_once_with_its_reason(dry: BookedHouse) -> None:
    house = dry
    events = async_capture_events(house.hass, EVENT_ACTION_CHANGED)
    await act(house, "switch", "turn_on", "automation")
    events.clear()
    await select(house, "charge")
    await trading_of(house).async_tick()
    await trading_of(house).async_replan()
    await house.hass.async_block_till_done()
    assert texts(events) == ["Charging at 5 kW. Set by you until 12:00."]
    (event,) = events
    assert event.data["action"] == "charge"
    assert event.data["entity_id"] == entity(house, "event", ACTION_CHANGED.key)
    assert event.data["device_id"]
    await act(house, "switch", "turn_off", "automation")
    await house.hass.async_block_till_done()
    assert texts(events)[1:] == ["Would charge at 5 kW: automation is off. Set by you until 12:00."]
    await act(house, "switch", "turn_on", "automation")
    house.simulator.device.memory.put_words({"DischgStartTime2": [2 * 256], "DischgEndTime2": [5 * 256]})
    await trading_of(house).async_tick()
    await house.hass.async_block_till_done()
    assert events[-1].data["action"] == LEFT_ALONE
    assert texts(events)[-1] == "Discharge window 2 was changed by hand. Trading is paused until 12:00."


async def test_a_start_that_changes_nothing_tells_nothing(automatic: BookedHouse) -> None:
    house = automatic
    await press(house, "hold_hour")
    before = state(house, "event", ACTION_CHANGED.key)
    events = async_capture_events(house.hass, EVENT_ACTION_CHANGED)
    assert await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.settle()
    assert trading_of(house).data.decision is not None
    assert texts(events) == []
    again = state(house, "event", ACTION_CHANGED.key)
    assert (again.state, again.attributes) == (before.state, before.attributes)
    await press(house, "charge_hour")
    await house.hass.async_block_till_done()
    assert texts(events) == ["Charging at 5 kW. Set by you until 12:00."]


async def test_the_activity_shows_the_change(
    recorder_mock: Any, automatic: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    house = automatic
    house.hass.config.components.add("frontend")
    assert await async_setup_component(house.hass, "logbook", {})
    start = dt_util.utcnow()
    house.clock.tick(1)
    await press(house, "charge_hour")
    await house.hass.async_block_till_done()
    house.clock.tick(1)
    await async_wait_recording_done(house.hass)
    registered = er.async_get(house.hass).async_get(entity(house, "event", ACTION_CHANGED.key))
    assert registered
    client = await hass_ws_client(house.hass)
    await client.send_json_auto_id({"type": "logbook/get_events", "start_time": start.isoformat()})
    rows = [row for row in (await client.receive_json())["result"] if row.get("domain") == DOMAIN and "message" in row]
    (row,) = [row for row in rows if row.get("entity_id")]
    writes = [row["message"] for row in rows if not row.get("entity_id")]
    assert "Charge window 1 start was changed from 00:00 to 11:00 by trading" in writes
    assert all(message.endswith(" by trading") for message in writes)
    assert row["name"] == "Trading"
    assert row["message"] == "Charging at 5 kW. Set by you until 12:00."
    assert row["entity_id"] == registered.entity_id


# --- the start


async def test_entities_start_with_values(everything_enabled: None, automatic: BookedHouse) -> None:
    """All that is known a minute after a restart is known at once."""
    house = automatic
    await house.walk(berlin("11:31"))
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    at_once = trading_states(house)
    await house.walk(berlin("11:33"))
    later = trading_states(house)
    missing = {entity_id for entity_id, found in at_once.items() if found in {"unknown", "unavailable"}}
    assert {entity_id for entity_id in missing if later[entity_id] != at_once[entity_id]} == set()
    assert at_once.keys() == later.keys()
    assert at_once[entity(house, "sensor", "battery_action")] != "unknown"
    assert at_once[entity(house, "sensor", "savings_today")] != "unknown"


async def test_a_slow_ledger_does_not_keep_the_entry_from_loading(
    automatic: BookedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = automatic
    monkeypatch.setattr("custom_components.nattery.trading.coordinator._LONGEST_START", 0.0)
    assert await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.settle()
    assert trading_of(house).data.plan is not None
