"""The subscription to registers: the table and all values once, then what changed."""

from dataclasses import replace
from datetime import datetime

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.core.inverter.actions import CONTROLLED_SETTINGS
from custom_components.nattery.core.inverter.registers import BY_KEY, BY_SYMBOL, REGISTERS
from custom_components.nattery.core.inverter.table import Risk
from custom_components.nattery.core.inverter.time_windows import WINDOWS
from custom_components.nattery.core.inverter.write_counter import REFUSE_AT
from custom_components.nattery.core.modbus.errors import NoResponseError
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.device import InverterDevice

from .commands import event_with, pending_events, subscribe
from .texts import TEXTS

SUBSCRIBE = "nattery/registers/subscribe"
CURRENT = "max_charge_current"
SYMBOL = BY_KEY[CURRENT].symbol


def device_of(entry: MockConfigEntry) -> InverterDevice:
    device: InverterDevice = entry.runtime_data.identified_device
    return device


async def test_the_first_event(hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> None:
    first = await subscribe(await hass_ws_client(hass), SUBSCRIBE, house.entry_id)
    assert first.keys() == {"table", "windows", "write_limit", "values", "read_at"}
    rows = {row["symbol"]: row for row in first["table"]}
    secrets = {register.symbol for register in REGISTERS if register.secret}
    assert secrets
    assert rows.keys() == first["values"].keys() == BY_SYMBOL.keys() - secrets
    register = BY_KEY[CURRENT]
    row = rows[SYMBOL]
    assert row == {
        "symbol": SYMBOL,
        "key": CURRENT,
        "platform": "number",
        "name": TEXTS["entity"]["number"][CURRENT]["name"],
        "section": "P04",
        "group": None,
        "kind": "number",
        "unit": "A",
        "scale": 0.1,
        "low": register.low,
        "high": register.high,
        "choices": [],
        "risk": "none",
        "tier": "settings",
        "access": "RW",
        "controlled": False,
    }
    assert {symbol for symbol, row in rows.items() if row["controlled"]} == {
        BY_KEY[key].symbol for key in CONTROLLED_SETTINGS
    }
    assert {row["risk"] for row in rows.values()} == {risk.name.lower() for risk in Risk}
    assert first["write_limit"] == REFUSE_AT
    assert first["read_at"].keys() == {"fast", "settings", "counters", "statistics"}
    value = first["values"][SYMBOL]
    assert value["value"] == device_of(house).value(CURRENT)
    assert datetime.fromisoformat(value["read_at"]) <= dt_util.utcnow()
    assert (value["error"], value["writes_today"], value["pending"]) == (None, 0, False)
    serial = first["values"][BY_KEY["serial_number"].symbol]
    assert (serial["value"], serial["read_at"]) == (device_of(house).identity.serial_number, None)
    unread = first["values"][BY_KEY["clear_alarms_command"].symbol]
    assert (unread["value"], unread["read_at"]) == (None, None)


async def test_choices_are_those_that_may_be_written(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    first = await subscribe(await hass_ws_client(hass), SUBSCRIBE, house.entry_id)
    rows = {row["key"]: row for row in first["table"]}
    named = next(register for register in REGISTERS if register.options and register.writable)
    assert {one["value"]: one["key"] for one in rows[named.key]["choices"]}.items() <= named.options.items()
    numbers = next(register for register in REGISTERS if register.choices)
    assert [one["value"] for one in rows[numbers.key]["choices"]] == list(numbers.choices)
    assert {one["key"] for one in rows[numbers.key]["choices"]} == {None}


async def test_windows_are_grouped(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    first = await subscribe(await hass_ws_client(hass), SUBSCRIBE, house.entry_id)
    assert [(one["kind"], one["number"]) for one in first["windows"]] == [
        (kind, number) for kind in ("charge", "discharge") for number in (1, 2, 3)
    ]
    assert [(one["start"], one["end"]) for one in first["windows"]] == [
        (window.start.symbol, window.end.symbol) for window in WINDOWS
    ]
    for window in first["windows"]:
        assert ":" in first["values"][window["start"]]["value"]


async def test_a_write_is_pending_then_counted_and_shown(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    first = await subscribe(client, SUBSCRIBE, house.entry_id)
    amps = first["values"][SYMBOL]["value"] - 1
    await device_of(house).async_write({CURRENT: amps})
    events = [event["values"][SYMBOL] for event in await pending_events(client) if SYMBOL in event["values"]]
    assert (events[0]["pending"], events[0]["value"]) == (True, amps + 1)
    last = events[-1]
    assert (last["pending"], last["value"], last["writes_today"]) == (False, amps, 1)
    assert last["changed_at"] == last["read_at"]
    assert last["changed_at"] > (first["values"][SYMBOL]["changed_at"] or "")


async def test_later_events_have_what_changed_and_when_it_was_read(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator, simulator: Simulator
) -> None:
    client = await hass_ws_client(hass)
    first = await subscribe(client, SUBSCRIBE, house.entry_id)
    await pending_events(client)
    device = device_of(house)
    soc = BY_KEY["soc_full"]
    simulator.device.write(soc.address, [93])
    before = device.inverter.client.statistics.snapshot().requests
    await device.settings.async_refresh()
    event = await event_with(client, lambda event: soc.symbol in event["values"])
    assert event.keys() == {"values", "read_at"}
    assert event["values"][soc.symbol]["value"] == 93
    assert len(event["values"]) < len(first["values"]) / 4
    assert event["read_at"]["settings"] > first["read_at"]["settings"]
    requests = device.inverter.client.statistics.snapshot().requests - before
    await hass_ws_client(hass)
    other = await hass_ws_client(hass)
    await subscribe(other, SUBSCRIBE, house.entry_id)
    before = device.inverter.client.statistics.snapshot().requests
    await device.settings.async_refresh()
    assert device.inverter.client.statistics.snapshot().requests - before == requests, "nothing is read for them"
    mine, others = await pending_events(client), await pending_events(other)
    assert mine[-1] == others[-1]


async def test_a_silent_inverter_keeps_its_values_and_their_age(
    hass: HomeAssistant, hasty: None, house: MockConfigEntry, hass_ws_client: WebSocketGenerator, simulator: Simulator
) -> None:
    client = await hass_ws_client(hass)
    first = await subscribe(client, SUBSCRIBE, house.entry_id)
    await hass.async_add_executor_job(simulator.stop)
    await device_of(house).settings.async_refresh()
    again = await subscribe(client, SUBSCRIBE, house.entry_id)
    assert again["values"][SYMBOL] == first["values"][SYMBOL]
    assert again["read_at"]["settings"] == first["read_at"]["settings"]


async def test_a_start_without_a_response_shows_what_the_inverter_is(
    hass: HomeAssistant, hasty: None, house: MockConfigEntry, hass_ws_client: WebSocketGenerator, simulator: Simulator
) -> None:
    await hass.config_entries.async_unload(house.entry_id)
    await hass.async_add_executor_job(simulator.stop)
    assert await hass.config_entries.async_setup(house.entry_id)
    first = await subscribe(await hass_ws_client(hass), SUBSCRIBE, house.entry_id)
    assert first["values"][BY_KEY["serial_number"].symbol]["value"] == device_of(house).identity.serial_number
    assert (first["values"][SYMBOL]["value"], first["values"][SYMBOL]["read_at"]) == (None, None)
    assert set(first["read_at"].values()) == {None}


async def test_a_register_that_cannot_be_read_says_so(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    device = device_of(house)
    client = await hass_ws_client(hass)
    await subscribe(client, SUBSCRIBE, house.entry_id)
    values = {key: value for key, value in device.settings.data.values.items() if key != CURRENT}
    failed = {CURRENT: NoResponseError("silence")}
    device.settings.async_set_updated_data(replace(device.settings.data, values=values, failed=failed))
    event = await event_with(client, lambda event: SYMBOL in event["values"])
    assert event["values"][SYMBOL]["error"] == "no_answer"
    assert event["values"][SYMBOL]["value"] is not None
