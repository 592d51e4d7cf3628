"""What happens over time: the line dies and returns, a part falls silent, faults come, the day turns."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import Event, HomeAssistant, State
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed

from custom_components.nattery.const import CONF_GROUPS
from custom_components.nattery.core.inverter.registers import BY_KEY, FAULT_RECORDS, FAULT_WORDS
from custom_components.nattery.core.inverter.table import RegisterGroup
from custom_components.nattery.core.simulator.memory import timestamp_words
from custom_components.nattery.core.simulator.simulator import Simulator

from .conftest import HOST, until

CONNECTION = "binary_sensor.inverter_connection"
EVENT = "event.inverter_faults"


def unavailable(hass: HomeAssistant) -> set[str]:
    return {state.entity_id for state in hass.states.async_all() if state.state == "unavailable"}


async def test_all_but_the_connection_is_unavailable_while_the_line_is_dead(hass, simulator, port, house, caplog):
    everything = {state.entity_id for state in hass.states.async_all()}
    assert unavailable(hass) == set()
    await hass.async_add_executor_job(simulator.stop)
    await until(lambda: everything - unavailable(hass) == {CONNECTION})
    assert hass.states.get(CONNECTION).state == "off"

    await hass.async_add_executor_job(simulator.serve_tcp, HOST, port)
    await until(lambda: hass.states.get(CONNECTION).state == "on")
    await until(lambda: unavailable(hass) == set())


async def test_the_talk_is_told_while_there_is_none(hass, everything_enabled, simulator, house):
    errors = "sensor.inverter_communication_errors"
    assert hass.states.get(errors).state == "0"
    assert float(hass.states.get("sensor.inverter_response_time_median").state) > 0
    await hass.async_add_executor_job(simulator.stop)
    await until(lambda: hass.states.get(CONNECTION).state == "off")
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await until(lambda: int(hass.states.get(errors).state) > 0)
    assert hass.states.get("sensor.inverter_writes_today").state == "0"


async def test_writes_and_held_values_are_counted(hass, everything_enabled, simulator, house):
    await hass.services.async_call(
        "number", "set_value", {"entity_id": "number.inverter_stop_discharging_at", "value": 11}, blocking=True
    )
    simulator.device.memory.put(BY_KEY["soc_full"], [0x7FFF])
    await house.runtime_data.identified_device.settings.async_refresh()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await until(lambda: hass.states.get("sensor.inverter_writes_today").state == "1")
    assert hass.states.get("sensor.inverter_implausible_values_ignored").state == "1"
    assert hass.states.get("number.inverter_battery_full_at").state == "100", "the value before stays"


async def test_a_refused_register_blanks_only_its_own_entity(hass, simulator: Simulator, house):
    del simulator.device.memory.words[BY_KEY["max_charge_current"].address]
    await house.runtime_data.identified_device.settings.async_refresh()
    assert unavailable(hass) == {"number.inverter_charge_current_limit"}
    assert hass.states.get(CONNECTION).state == "on"


def faults(events: list[Event[Any]], entity_id: str = EVENT) -> list[State]:
    return [
        event.data["new_state"]
        for event in events
        if event.data["entity_id"] == entity_id and event.data["new_state"].attributes.get("code")
    ]


async def test_an_old_fault_is_not_fired(hass, simulator, house):
    assert simulator.device.alarms.log, "there is an old one"
    assert hass.states.get(EVENT).state == "unknown"
    await house.runtime_data.identified_device.statistics.async_refresh()
    assert hass.states.get(EVENT).state == "unknown"


async def test_an_inverter_without_a_fault_log_is_an_inverter_all_the_same(hass, simulator, house_entry):
    log = BY_KEY["fault_log"]
    words = {address: simulator.device.memory.words.pop(address) for address in range(log.address, log.end)}
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done()
    assert unavailable(hass) == {EVENT}

    # One day the log answers; what stands there is old, what comes then is not.
    simulator.device.memory.words |= words
    reader = house_entry.runtime_data.identified_device.inverter._poller.block_reader
    reader._unsupported.clear()
    await house_entry.runtime_data.identified_device.statistics.async_refresh()
    assert hass.states.get(EVENT).state == "unknown"
    simulator.device.raise_alarm(50)
    await house_entry.runtime_data.identified_device.statistics.async_refresh()
    assert hass.states.get(EVENT).attributes["code"] == 51
    assert await hass.config_entries.async_unload(house_entry.entry_id)


async def test_faults_are_fired_once_and_soon_after_their_alarm(hass, simulator, house):
    events = async_capture_events(hass, "state_changed")
    simulator.device.raise_alarm(40)
    simulator.device.raise_alarm(41)
    await house.runtime_data.identified_device.readings.async_refresh()
    await hass.async_block_till_done()
    fired = faults(events)
    assert {state.attributes["code"] for state in fired} == {41, 42}
    assert len({state.state for state in fired}) == 2
    for state in fired:
        assert state.attributes["event_type"] == "fault"
        when = dt_util.parse_datetime(state.attributes["time"], raise_on_error=True)
        assert abs(dt_util.utcnow() - when) < timedelta(seconds=10)
        assert len(state.attributes["values"]) == 12

    events.clear()
    await house.runtime_data.identified_device.statistics.async_refresh()
    await hass.async_block_till_done()
    assert not faults(events)


def fault_log(*records: list[int]) -> list[int]:
    """The words of a fault log with these records, each a code and the three words of a time."""
    words = [word for record in records for word in record + [0] * (FAULT_WORDS - len(record))]
    return words + [0] * (FAULT_RECORDS * FAULT_WORDS - len(words))


async def test_the_last_fault_is_the_latest_wherever_it_stands(hass, everything_enabled, simulator, house):
    earlier, later = timestamp_words(datetime(2026, 11, 3, 8, 0)), timestamp_words(datetime(2026, 11, 4, 21, 30, 5))
    log = fault_log([7, *earlier], [8, *later], [9, 0xFFFF, 0xFFFF, 0xFFFF])
    simulator.device.memory.put(BY_KEY["fault_log"], log)
    await house.runtime_data.identified_device.statistics.async_refresh()
    last = hass.states.get("sensor.inverter_last_fault")
    assert last.state == "8"
    assert last.attributes["time"] == "2026-11-04T21:30:05-08:00"

    simulator.device.memory.put(BY_KEY["fault_log"], fault_log([9, 0xFFFF, 0xFFFF, 0xFFFF]))
    await house.runtime_data.identified_device.statistics.async_refresh()
    assert hass.states.get("sensor.inverter_last_fault").attributes["time"] is None

    simulator.device.memory.put(BY_KEY["fault_log"], fault_log())
    await house.runtime_data.identified_device.statistics.async_refresh()
    assert hass.states.get("sensor.inverter_last_fault").state == "unknown"


async def test_histories_show_yesterday(hass, everything_enabled, simulator, house_entry):
    hass.config_entries.async_update_entry(house_entry, options={CONF_GROUPS: [RegisterGroup.HISTORIES]})
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done()
    state = hass.states.get("sensor.inverter_load_energy_yesterday")
    days = [word / 10 for word in simulator.device.memory.get("LoadConsumLast7day")]
    assert float(state.state) == days[0] > 0
    assert state.attributes["days"] == days
    assert "state_class" not in state.attributes
    assert await hass.config_entries.async_unload(house_entry.entry_id)
