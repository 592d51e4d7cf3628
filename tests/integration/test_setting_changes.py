"""Settings that trading controls: our own entities and actions refuse, changes from outside pause until resumed."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.core import Context
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.control.reasons import BY_HAND
from custom_components.nattery.core.inverter.actions import CONTROLLED_SETTINGS
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.trading.issues import CHANGED_BY_HAND

from .books import BookedHouse, berlin
from .conftest import HOST, SERIAL
from .test_override_controls import act, message_of, press, state, trading_of
from .test_repairs import issue
from .texts import TEXTS, placeholders_of

# An entity of each platform, with an action that changes a controlled setting, and the setting's name.
CHANGES: tuple[tuple[str, str, str, dict[str, Any], str], ...] = (
    ("time", "set_value", "charge_start_1", {"time": "02:00:00"}, "Charge window 1"),
    ("time", "set_value", "discharge_end_3", {"time": "05:00:00"}, "Discharge window 3"),
    ("switch", "turn_off", "timed_charge", {}, "Timed charging"),
    ("switch", "turn_on", "timed_discharge", {}, "Timed discharging"),
    ("select", "select_option", "output_priority", {"option": "hybrid"}, "Output priority"),
    ("number", "set_value", "grid_charge_current_limit", {"value": 20}, "Maximum charge current from grid"),
)


def refusal_of(setting: str) -> str:
    return (
        f"Trading controls {setting} while automation is on. To do something else for a time, set an override. "
        "To change the setting yourself, turn off Automation first."
    )


async def change(house: BookedHouse, platform: str, name: str, key: str, **data: Any) -> None:
    found = er.async_get(house.hass).async_get_entity_id(platform, DOMAIN, f"{SERIAL}_{key}")
    assert found
    await house.hass.services.async_call(platform, name, {"entity_id": found, **data}, blocking=True)


def device_writes(house: BookedHouse) -> int:
    return house.simulator.device.writes.total()


async def test_our_own_entities_refuse_while_automation_is_on(everything_enabled: None, automatic: BookedHouse) -> None:
    house = automatic
    before = device_writes(house)
    for platform, name, key, data, setting in CHANGES:
        with pytest.raises(ServiceValidationError) as caught:
            await change(house, platform, name, key, **data)
        assert message_of(caught.value).lower() == refusal_of(setting).lower(), key
    assert device_writes(house) == before
    await trading_of(house).async_tick()
    assert state(house, "binary_sensor", "trading_problem").state == "off"


async def test_the_action_refuses_every_controlled_setting_whoever_calls(automatic: BookedHouse) -> None:
    house = automatic
    before = device_writes(house)
    administrator = await house.hass.auth.async_create_user("Somebody", group_ids=[GROUP_ID_ADMIN])
    for context in (Context(), Context(user_id=administrator.id)):
        for key in CONTROLLED_SETTINGS:
            call = {"config_entry_id": house.entry.entry_id, "symbol": BY_KEY[key].symbol, "value": 0, "confirm": True}
            with pytest.raises(ServiceValidationError) as caught:
                await house.hass.services.async_call(DOMAIN, "write_register", call, blocking=True, context=context)
            assert caught.value.translation_key == "controlled_setting"
    assert device_writes(house) == before


async def test_other_settings_and_a_dry_run_are_the_users(automatic: BookedHouse) -> None:
    house = automatic
    await change(house, "number", "set_value", "max_charge_current", value=60)
    await act(house, "switch", "turn_off", "automation")
    await change(house, "time", "set_value", "charge_start_1", time="02:00:00")
    device = house.site.identified_device
    assert f"{device.value('charge_start_1'):%H:%M}" == "02:00"


# --- a change from outside


async def change_outside(house: BookedHouse) -> None:
    """Open a charge window as another program would, and let trading see it."""
    await press(house, "hold_hour")
    house.simulator.device.memory.put_words({"ChargeStartTime2": [2 * 256], "ChargeEndTime2": [5 * 256]})
    await trading_of(house).async_tick()


def window_is_closed(house: BookedHouse) -> bool:
    memory = house.simulator.device.memory
    return memory.get("ChargeStartTime2") == memory.get("ChargeEndTime2")


def is_paused(house: BookedHouse) -> bool:
    decision = trading_of(house).data.decision
    assert decision is not None
    return decision.reason.key in BY_HAND


async def test_a_change_from_outside_pauses_and_is_a_problem(automatic: BookedHouse) -> None:
    house = automatic
    await change_outside(house)
    assert is_paused(house)
    assert state(house, "binary_sensor", "trading_problem").state == "on"
    sentence = "Charge window 2 was changed by hand. Trading is paused until 12:00."
    assert state(house, "sensor", "trading_status").state == sentence
    found = issue(house.hass, house.entry, CHANGED_BY_HAND)
    assert found is not None
    assert found.is_fixable
    await house.walk(berlin("12:01"))
    assert not is_paused(house)
    assert issue(house.hass, house.entry, CHANGED_BY_HAND) is None
    assert state(house, "binary_sensor", "trading_problem").state == "off"


async def test_the_button_resumes_at_once(automatic: BookedHouse) -> None:
    house = automatic
    await change_outside(house)
    await press(house, "resume")
    assert not is_paused(house)
    assert state(house, "sensor", "battery_action").state == "hold"
    assert state(house, "binary_sensor", "trading_problem").state == "off"
    assert issue(house.hass, house.entry, CHANGED_BY_HAND) is None
    assert window_is_closed(house)


async def test_the_repair_resumes_at_once(automatic: BookedHouse, port: int) -> None:
    house = automatic
    assert await async_setup_component(house.hass, REPAIRS, {})
    flows = repairs_flow_manager(house.hass)
    assert flows is not None
    await change_outside(house)
    found = issue(house.hass, house.entry, CHANGED_BY_HAND)
    assert found is not None
    form = await flows.async_init(DOMAIN, data={"issue_id": found.issue_id})
    assert form["type"] is FlowResultType.FORM
    texts = TEXTS["issues"][CHANGED_BY_HAND]["fix_flow"]
    given = dict(form["description_placeholders"] or {})
    assert given.keys() >= placeholders_of("".join(texts["step"]["confirm"].values()) + texts["error"]["not_resumed"])
    assert given["reason"].startswith("Charge window 2 was changed by hand.")
    await house.hass.async_add_executor_job(house.simulator.stop)
    form = await flows.async_configure(form["flow_id"], {})
    assert form["errors"] == {"base": "not_resumed"}
    await house.hass.async_add_executor_job(house.simulator.serve_tcp, HOST, port)
    await house.site.identified_device.async_reconnect()
    done = await flows.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert not is_paused(house)
    assert window_is_closed(house)


async def test_the_repair_of_a_removed_trading_just_ends(automatic: BookedHouse) -> None:
    house = automatic
    assert await async_setup_component(house.hass, REPAIRS, {})
    flows = repairs_flow_manager(house.hass)
    assert flows is not None
    await change_outside(house)
    found = issue(house.hass, house.entry, CHANGED_BY_HAND)
    assert found is not None
    form = await flows.async_init(DOMAIN, data={"issue_id": found.issue_id})
    house.hass.config_entries.async_remove_subentry(house.entry, trading_of(house).subentry.subentry_id)
    await house.settle()
    assert house.site.trading is None
    done = await flows.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
