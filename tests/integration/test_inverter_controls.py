"""What a person changes in Home Assistant arrives in the inverter, once, guarded, and shows at once."""

from datetime import timedelta
import struct
from typing import Any

from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, mock_restore_cache_with_extra_data

from custom_components.nattery.const import EVENT_WRITTEN
from custom_components.nattery.core.inverter.registers import BY_SYMBOL
from custom_components.nattery.core.inverter.write_counter import REFUSE_AT
from custom_components.nattery.core.simulator.simulator import Simulator

from .conftest import until

MAX_WRITES = {6, 16}
MBAP_FUNCTION = 7

SET_NUMBER = ("number", "set_value")
SELECT_OPTION = ("select", "select_option")
SET_TIME = ("time", "set_value")
TURN_ON, TURN_OFF = ("switch", "turn_on"), ("switch", "turn_off")
PRESS = ("button", "press")

WINDOW, START, END = (
    "switch.inverter_charge_window_1",
    "time.inverter_charge_start_1",
    "time.inverter_charge_end_1",
)


async def call(
    hass: HomeAssistant, action: tuple[str, str], entity_id: str, context: Context | None = None, **data: Any
) -> None:
    await hass.services.async_call(*action, {"entity_id": entity_id, **data}, blocking=True, context=context)


def write_requests(simulator: Simulator) -> int:
    """How many requests to write have reached the inverter."""
    return sum(exchange.request[MBAP_FUNCTION] in MAX_WRITES for exchange in simulator.traffic.transactions)


def words(simulator: Simulator, *symbols: str) -> list[int]:
    return [simulator.device.memory.get(symbol)[0] for symbol in symbols]


def window(simulator: Simulator) -> list[int]:
    return words(simulator, "ChargeStartTime1", "ChargeEndTime1")


def state(hass: HomeAssistant, entity_id: str) -> str:
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


@pytest.mark.parametrize(
    ("action", "entity_id", "data", "symbol", "raw", "shown"),
    [
        (SET_NUMBER, "number.inverter_charge_current_limit", {"value": 75.5}, "MaxChgCurrSet", 755, "75.5"),
        (SET_NUMBER, "number.inverter_stop_discharging_at", {"value": 20}, "BatStopSOC", 20, "20"),
        (SET_NUMBER, "number.inverter_on_grid_power_factor", {"value": -0.95}, "OnGridPFSet", 65441, "-0.95"),
        (SELECT_OPTION, "select.inverter_output_priority", {"option": "hybrid"}, "OutPriority", 3, "hybrid"),
        (SELECT_OPTION, "select.inverter_grid_feed_in", {"option": "load_only"}, "OnGirdSet", 0, "load_only"),
        (TURN_ON, "switch.inverter_timed_discharging", {}, "OnTimeDischgEn", 1, "on"),
        (TURN_OFF, "switch.inverter_timed_charging", {}, "OnTimeChargeEn", 0, "off"),
    ],
)
async def test_a_setting_is_written_once(  # noqa: PLR0917
    hass, everything_enabled, simulator, house, action, entity_id, data, symbol, raw, shown
):
    written = async_capture_events(hass, EVENT_WRITTEN)
    await call(hass, action, entity_id, **data)
    assert words(simulator, symbol) == [raw]
    assert state(hass, entity_id) == shown
    assert write_requests(simulator) == 1
    assert [event.data["symbol"] for event in written] == [symbol]

    await call(hass, action, entity_id, **data)
    assert write_requests(simulator) == 1, "an unchanged value must not wear the memory"
    assert len(written) == 1


@pytest.mark.parametrize(
    ("action", "entity_id", "data", "key"),
    [
        (SET_NUMBER, "number.inverter_stop_discharging_at", {"value": 101}, "out_of_range"),
        (SET_NUMBER, "number.inverter_stop_discharging_at", {"value": float("nan")}, "value_out_of_range"),
        (SET_NUMBER, "number.inverter_stop_discharging_at", {"value": 20.5}, "value_not_a_step"),
        (SELECT_OPTION, "select.inverter_output_priority", {"option": "always"}, "not_valid_option"),
        (SELECT_OPTION, "select.inverter_grid_feed_in", {"option": "anti_backflow_ct"}, "not_valid_option"),
        (SET_TIME, START, {"time": "05:00:30"}, "value_not_a_time"),
        (TURN_ON, WINDOW, {}, "window_without_times"),
    ],
)
async def test_nonsense_is_refused_before_the_wire(hass, simulator, house, action, entity_id, data, key):
    before = state(hass, entity_id)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, action, entity_id, **data)
    assert refused.value.translation_key == key
    assert write_requests(simulator) == 0
    assert state(hass, entity_id) == before


async def test_a_choice_from_the_panel_is_shown_and_not_offered_again(hass, simulator, house):
    entity_id = "select.inverter_grid_feed_in"
    simulator.device.memory.put(BY_SYMBOL["OnGirdSet"], [2])
    await house.runtime_data.identified_device.settings.async_refresh()
    assert state(hass, entity_id) == "anti_backflow_ct"
    await call(hass, SELECT_OPTION, entity_id, option="allowed")
    assert hass.states.get(entity_id).attributes["options"] == ["load_only", "allowed"]


async def test_what_the_inverter_holds_shows_though_it_was_changed_elsewhere(hass, simulator, house):
    """Asked for what it already holds, the inverter is not written; the old state must give way all the same."""
    simulator.device.memory.put_value("BatStopSOC", 33)
    await call(hass, SET_NUMBER, "number.inverter_stop_discharging_at", value=33)
    assert state(hass, "number.inverter_stop_discharging_at") == "33"
    assert write_requests(simulator) == 0


def was_read(simulator: Simulator, symbol: str, since: int) -> bool:
    """Whether a register was read after the first `since` requests."""
    for exchange in list(simulator.traffic.transactions)[since:]:
        address, count = struct.unpack(">HH", exchange.request[MBAP_FUNCTION + 1 : MBAP_FUNCTION + 5])
        if address <= BY_SYMBOL[symbol].address < address + count and exchange.response_end:
            return True
    return False


async def test_a_poll_under_way_does_not_take_back_what_is_written(hass, setup_simulated):
    """A poll that has read the old value and goes on to other blocks, while the new value is written."""
    site = setup_simulated.runtime_data
    simulator = site.connection._simulator
    begun = len(simulator.traffic.transactions)
    poll = hass.async_create_task(site.identified_device.settings.async_refresh())
    await until(lambda: was_read(simulator, "MaxChgCurrSet", begun))
    assert not poll.done()
    await call(hass, SET_NUMBER, "number.inverter_charge_current_limit", value=42)
    assert not poll.done()
    await poll
    assert state(hass, "number.inverter_charge_current_limit") == "42.0"


async def test_a_window_is_written_in_one_request(hass, simulator, house):
    await call(hass, SET_TIME, END, time="05:30:00")
    assert window(simulator) == [0, 5 * 256 + 30]
    await call(hass, SET_TIME, START, time="01:15:00")
    assert window(simulator) == [1 * 256 + 15, 5 * 256 + 30]
    assert write_requests(simulator) == 2
    assert simulator.device.writes["ChargeStartTime1"] == simulator.device.writes["ChargeEndTime1"] == 2
    assert (state(hass, START), state(hass, END), state(hass, WINDOW)) == ("01:15:00", "05:30:00", "on")


async def test_a_window_begins_only_when_its_end_is_set(hass, simulator, house):
    await call(hass, SET_TIME, START, time="02:00:00")
    assert window(simulator) == [2 * 256, 2 * 256]
    assert state(hass, WINDOW) == "off"
    await call(hass, SET_TIME, END, time="05:00:00")
    assert window(simulator) == [2 * 256, 5 * 256]
    assert state(hass, WINDOW) == "on"


async def test_a_window_goes_out_of_use_and_comes_back(hass, simulator, house):
    await call(hass, SET_TIME, END, time="05:30:00")
    await call(hass, SET_TIME, START, time="23:00:00")
    seen = async_capture_events(hass, "state_changed")

    await call(hass, TURN_OFF, WINDOW)
    assert window(simulator) == [0, 0]
    assert (state(hass, START), state(hass, END), state(hass, WINDOW)) == ("00:00:00", "00:00:00", "off")
    await call(hass, TURN_ON, WINDOW)
    assert window(simulator) == [23 * 256, 5 * 256 + 30]
    assert (state(hass, START), state(hass, END), state(hass, WINDOW)) == ("23:00:00", "05:30:00", "on")

    assert write_requests(simulator) == 4
    await call(hass, TURN_ON, WINDOW)
    assert write_requests(simulator) == 4
    await hass.async_block_till_done()
    states = [event.data["new_state"].state for event in seen if event.data["entity_id"] == WINDOW]
    assert states == ["off", "on"], "there is no state in between"


async def test_the_times_of_a_window_survive_a_reload(hass, simulator, house):
    await call(hass, SET_TIME, END, time="05:30:00")
    await call(hass, TURN_OFF, WINDOW)
    assert await hass.config_entries.async_reload(house.entry_id)
    await hass.async_block_till_done()
    await call(hass, TURN_ON, WINDOW)
    assert window(simulator) == [0, 5 * 256 + 30]


@pytest.fixture
def remembered(hass):
    """Times that were kept when Home Assistant was stopped."""
    stored = (State(WINDOW, "off"), {"start": "02:00:00", "end": "04:45:00"})
    mock_restore_cache_with_extra_data(hass, (stored,))


async def test_the_times_of_a_window_survive_a_restart(hass, remembered, simulator, house):
    assert state(hass, WINDOW) == "off"
    await call(hass, TURN_ON, WINDOW)
    assert window(simulator) == [2 * 256, 4 * 256 + 45]


async def test_a_window_with_an_impossible_time_is_unknown_and_can_be_mended(hass, simulator, house):
    simulator.device.memory.put(BY_SYMBOL["ChargeEndTime1"], [0x6363])
    settings = house.runtime_data.identified_device.settings
    for _ in range(6):  # an implausible value is held for a while
        await settings.async_refresh()
    assert (state(hass, END), state(hass, WINDOW)) == ("unknown", "unknown")
    await call(hass, SET_TIME, START, time="01:00:00")
    assert window(simulator) == [256, 0x6363]
    await call(hass, TURN_OFF, WINDOW)
    assert window(simulator) == [0, 0]
    assert state(hass, WINDOW) == "off"


async def test_alarms_are_cleared(hass, simulator, house):
    simulator.device.set_soc(60)
    simulator.device.raise_alarm(37)
    readings = house.runtime_data.identified_device.readings
    await readings.async_refresh()
    alarm = hass.states.get("binary_sensor.inverter_alarm")
    assert alarm.state == "on"
    assert alarm.attributes["alarm_bits"] == [37]
    assert alarm.attributes["alarms"] == ["alarm_37"]
    await call(hass, PRESS, "button.inverter_clear_alarms")
    await hass.async_block_till_done()
    alarm = hass.states.get("binary_sensor.inverter_alarm")
    assert alarm.state == "off"
    assert alarm.attributes["alarms"] == []


async def test_the_clock_is_set(hass, everything_enabled, simulator, house):
    drift = "sensor.inverter_clock_drift"
    assert abs(int(state(hass, drift))) <= 1
    late = dt_util.now().replace(tzinfo=None) - timedelta(seconds=50)
    simulator.device._clock.set(late, simulator.device.elapsed)
    await house.runtime_data.identified_device.settings.async_refresh()
    assert int(state(hass, drift)) in {-51, -50, -49}
    await call(hass, PRESS, "button.inverter_synchronize_clock")
    assert abs((simulator.device.clock - dt_util.now().replace(tzinfo=None)).total_seconds()) < 2
    assert abs(int(state(hass, drift))) <= 1, "the new drift shows at once"


async def test_charging_is_stopped_by_a_command_without_a_state(hass, everything_enabled, simulator, house):
    entity_id = "switch.inverter_stop_charging"
    assert hass.states.get(entity_id).attributes["assumed_state"] is True
    await call(hass, TURN_ON, entity_id)
    assert state(hass, entity_id) == "on"
    assert simulator.device._charging_stopped is True
    await call(hass, TURN_OFF, entity_id)
    assert state(hass, entity_id) == "off"
    assert simulator.device._charging_stopped is False


async def test_automation_is_stopped_where_it_wears_and_a_person_is_not(hass, simulator, house, hass_admin_user):
    site, entity_id = house.runtime_data, "number.inverter_stop_discharging_at"
    for _ in range(REFUSE_AT):
        site.identified_device.inverter.write_counter.record("soc_stop_discharge", site.identified_device.today)
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, SET_NUMBER, entity_id, value=21)
    assert refused.value.translation_key == "worn"
    assert write_requests(simulator) == 0
    await call(hass, SET_NUMBER, entity_id, Context(user_id=hass_admin_user.id), value=21)
    assert words(simulator, "BatStopSOC") == [21]


async def test_a_read_only_user_changes_nothing(hass, everything_enabled, simulator, house, hass_read_only_user):
    context = Context(user_id=hass_read_only_user.id)
    actions: dict[str, list[tuple[tuple[str, str], dict[str, Any]]]] = {
        "number": [(SET_NUMBER, {"value": 1})],
        "select": [(SELECT_OPTION, {"option": "grid_first"})],
        "switch": [(TURN_ON, {}), (TURN_OFF, {}), (("switch", "toggle"), {})],
        "time": [(SET_TIME, {"time": "03:00:00"})],
        "button": [(PRESS, {})],
    }
    entries = er.async_entries_for_config_entry(er.async_get(hass), house.entry_id)
    controls = [entry for entry in entries if entry.domain in actions]
    assert len(controls) > 45
    for entry in controls:
        for action, data in actions[entry.domain]:
            with pytest.raises(Unauthorized):
                await call(hass, action, entry.entity_id, context, **data)
    await hass.async_block_till_done()
    assert write_requests(simulator) == 0
