"""The states of registers: values with their ages."""

from datetime import UTC, datetime, timedelta

from custom_components.nattery.core.inverter.register_states import UNREAD, RegisterStates
from custom_components.nattery.core.modbus.errors import NoResponseError

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)
WRITTEN = LATER + timedelta(seconds=2)
KEY = "battery_soc"


def test_a_register_is_unread_before_its_first_poll() -> None:
    assert RegisterStates()[KEY] is UNREAD


def test_the_first_value_is_no_change() -> None:
    states = RegisterStates()
    states.record({KEY: 50}, {}, AT, AT)
    assert (states[KEY].value, states[KEY].read_at, states[KEY].changed_at) == (50, AT, None)


def test_an_equal_value_is_younger_and_another_one_is_a_change() -> None:
    states = RegisterStates()
    states.record({KEY: 50}, {}, AT, AT)
    states.record({KEY: 50}, {}, LATER, LATER)
    assert (states[KEY].read_at, states[KEY].changed_at) == (LATER, None)
    states.record({KEY: 51}, {}, WRITTEN, WRITTEN)
    assert (states[KEY].value, states[KEY].read_at, states[KEY].changed_at) == (51, WRITTEN, WRITTEN)


def test_a_value_that_differs_within_a_poll_was_written_now() -> None:
    states = RegisterStates()
    states.record({KEY: 50}, {}, LATER, LATER)
    states.record({KEY: 60}, {}, LATER, WRITTEN)
    assert (states[KEY].read_at, states[KEY].changed_at) == (WRITTEN, WRITTEN)
    states.record({KEY: 60}, {}, LATER, WRITTEN)
    assert states[KEY].read_at == WRITTEN, "an earlier poll makes no value older"


def test_a_register_that_fails_keeps_its_value_and_age() -> None:
    states = RegisterStates()
    states.record({KEY: 50}, {}, AT, AT)
    error = NoResponseError("no response")
    states.record({}, {KEY: error}, LATER, LATER)
    assert (states[KEY].value, states[KEY].read_at, states[KEY].error) == (50, AT, error.kind)
    states.record({KEY: 50}, {}, WRITTEN, WRITTEN)
    assert (states[KEY].read_at, states[KEY].error) == (WRITTEN, None)


def test_a_value_of_unknown_age() -> None:
    states = RegisterStates()
    for _ in range(2):
        states.record({KEY: 50}, {}, None, AT)
    assert states[KEY].read_at is None


def test_derived_values_are_left_out() -> None:
    states = RegisterStates()
    states.record({"load_power": 300, KEY: 50}, {}, AT, AT)
    assert states["load_power"] is UNREAD
    assert states[KEY].value == 50
