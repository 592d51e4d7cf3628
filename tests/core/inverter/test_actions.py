"""Actions as register settings, judged by the behaviour model of the simulator."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, strategies as st
import pytest

from custom_components.nattery.core.action import FORCED, SELF_CONSUME, Action, ActionKind
from custom_components.nattery.core.inverter.actions import (
    CHARGE_WINDOWS,
    CONTROLLED_SETTINGS,
    DISCHARGE_WINDOWS,
    EXTEND_AT,
    MAX_WINDOW,
    REQUIRED_SETTINGS,
    SELF_CONSUMPTION,
    ActionContext,
    ClockOffError,
    active_action,
    deviations,
    ordered_writes,
    settings_for,
    time_left,
)
from custom_components.nattery.core.inverter.codec import Value, encode
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.simulator.battery import BatteryPack
from custom_components.nattery.core.simulator.environment import Environment
from custom_components.nattery.core.simulator.physics import DailyWindow, InverterSettings, PhysicsState, step

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, 0, 20)  # on the wall, in Berlin
FRESH: dict[str, Value] = {
    **SELF_CONSUMPTION,
    "charge_priority": 0,
    "grid_charge_current_limit": 60.0,
    "max_charge_current": 100.0,
}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def local(wall: datetime, fold: int = 0) -> datetime:
    return wall.replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def context(settings: Mapping[str, Value] = FRESH, wall: datetime = NOON, drift: float = 0, **changes) -> ActionContext:
    values = {
        "now": local(wall),
        "zone": BERLIN,
        "clock": wall + timedelta(seconds=drift),
        "voltage": 52.0,
        "settings": settings,
    }
    return ActionContext(**values | changes)


def action(kind: ActionKind, power: float = 0, lasting: timedelta = HOUR, wall: datetime = NOON) -> Action:
    return Action(kind, power, local(wall) + lasting)


def charge(power: float = 3000, lasting: timedelta = HOUR) -> Action:
    return action(ActionKind.CHARGE, power, lasting)


def discharge(power: float = 3000, lasting: timedelta = HOUR) -> Action:
    return action(ActionKind.DISCHARGE, power, lasting)


def after(wanted: Action, now: ActionContext) -> dict[str, Value]:
    return {**now.settings, **settings_for(wanted, now)}


def window(settings: Mapping[str, Value], pairs=CHARGE_WINDOWS) -> tuple[Value, Value]:
    return settings[pairs[0][0]], settings[pairs[0][1]]


# What each action is


def test_charging_is_a_window_a_current_and_a_priority():
    now = context()
    assert ordered_writes(settings_for(charge(), now), FRESH) == (
        {"charge_priority": 2},
        {"grid_charge_current_limit": 57.7},
        {"charge_start_1": time(12, 0), "charge_end_1": time(13, 0)},
    )
    assert active_action(after(charge(), now), NOON) == (ActionKind.CHARGE, HOUR - timedelta(seconds=20))


def test_discharging_is_a_window_opened_last():
    now = context()
    assert ordered_writes(settings_for(discharge(), now), FRESH) == (
        {"timed_discharge": 1},
        {"grid_active_power": 3000},
        {"output_priority": 3},
        {"discharge_start_1": time(12, 0), "discharge_end_1": time(13, 0)},
    )
    assert active_action(after(discharge(), now), NOON)[0] is ActionKind.DISCHARGE
    assert active_action(after(discharge(), now), NOON + HOUR) == (ActionKind.HOLD, timedelta())


def test_holding_is_a_timed_discharge_without_a_window():
    assert ordered_writes(settings_for(action(ActionKind.HOLD), context()), FRESH) == ({"timed_discharge": 1},)
    assert active_action({**FRESH, "timed_discharge": 1}, NOON)[0] is ActionKind.HOLD


def test_self_consumption_takes_back_whatever_was_set():
    theirs = {
        **FRESH,
        "timed_charge": 0,
        "output_priority": 1,
        "charge_start_2": time(22),
        "charge_end_2": time(6),
        "discharge_end_3": None,  # a time that is none
    }
    assert active_action(theirs, NOON)[0] is None
    assert ordered_writes(settings_for(SELF_CONSUME, context(theirs)), theirs) == (
        {"output_priority": 0},
        {"discharge_start_3": time(), "discharge_end_3": time()},
        {"charge_start_2": time(), "charge_end_2": time()},
        {"timed_charge": 1},
    )


def test_an_unused_window_is_unused_wherever_it_stands():
    parked = {**FRESH, "charge_start_3": time(5), "charge_end_3": time(5)}
    assert ordered_writes(settings_for(SELF_CONSUME, context(parked)), parked) == ()
    assert active_action(parked, NOON)[0] is ActionKind.SELF_CONSUME
    assert deviations(SELF_CONSUMPTION, parked) == ()


def test_powers_stay_within_what_the_registers_and_the_person_allow():
    def amps(power, **settings):
        return after(charge(power), context({**FRESH, **settings}))["grid_charge_current_limit"]

    assert amps(5200, max_charge_current=25.0) == 25
    assert amps(90000, max_charge_current=300.0) == 200
    assert amps(1) == 0.1
    assert after(discharge(90000), context())["grid_active_power"] == 15000
    assert after(discharge(0.2), context())["grid_active_power"] == 1


@given(
    st.sampled_from([ActionKind.CHARGE, ActionKind.DISCHARGE]),
    st.floats(1, 20000),
    st.floats(40, 60),
    st.integers(1, 3000).map(lambda amps: amps / 10),
)
def test_every_write_can_be_encoded(kind, power, voltage, most):
    now = context({**FRESH, "max_charge_current": most}, voltage=voltage)
    for write in ordered_writes(settings_for(action(kind, power), now), now.settings):
        for key, value in write.items():
            encode(BY_KEY[key], value)


# When a window begins and ends


def test_a_window_lasts_four_hours_at_most_and_is_extended_once():
    settings: dict[str, Value] = dict(FRESH)
    writes = []
    for minute in range(6 * 60):
        now = context(settings, NOON + minute * MINUTE)
        wanted = Action(ActionKind.CHARGE, 3000, local(NOON.replace(hour=18, second=0)))
        for write in ordered_writes(settings_for(wanted, now), settings):
            writes.append((minute, write))
            settings |= write
        assert time_left(settings, CHARGE_WINDOWS[0], now.clock) > timedelta()
    windows = [(minute, *write.values()) for minute, write in writes if "charge_start_1" in write]
    assert windows == [(0, time(12), time(16)), (230, time(15, 50), time(18))]
    assert len(writes) == 4  # priority, current, and the window twice


def test_a_run_that_becomes_shorter_is_shortened_at_once_and_a_longer_one_at_leisure():
    now = context()
    two_hours = after(charge(lasting=2 * HOUR), now)
    longer = context(two_hours, NOON + 20 * MINUTE)
    assert window(after(action(ActionKind.CHARGE, 3000, 3 * HOUR), longer)) == (time(12), time(14))
    assert window(after(action(ActionKind.CHARGE, 3000, HOUR), longer)) == (time(12, 20), time(13))


def test_a_small_change_of_power_or_voltage_is_not_worth_a_write():
    for wanted, key in ((charge, "grid_charge_current_limit"), (discharge, "grid_active_power")):
        running = after(wanted(), context())
        assert ordered_writes(settings_for(wanted(2950), context(running, voltage=53)), running) == ()
        assert {*settings_for(wanted(2000), context(running)).items()} - {*running.items()} == {
            (key, 38.5 if wanted is charge else 2000)
        }


def test_a_window_of_the_person_that_is_longer_is_not_taken_for_ours():
    theirs = {**FRESH, "charge_start_1": time(9), "charge_end_1": time(15)}
    assert window(after(charge(lasting=4 * HOUR), context(theirs))) == (time(12), time(16))


def test_a_window_that_only_now_would_force_something_is_not_taken_for_ours():
    """Theirs ends as the action does, but began earlier, and would from now on charge at that time every day."""
    theirs = {**FRESH, "charge_start_1": time(9), "charge_end_1": time(13), "charge_priority": 3}
    assert window(after(charge(), context(theirs))) == (time(12), time(13))


def test_no_window_without_a_whole_minute():
    for lasting in (timedelta(), timedelta(seconds=30), -HOUR):
        assert settings_for(charge(lasting=lasting), context()) == SELF_CONSUMPTION


def test_a_run_may_cross_midnight():
    late = context(wall=NOON.replace(hour=23))
    assert window(after(action(ActionKind.CHARGE, 3000, 2 * HOUR, NOON.replace(hour=23)), late)) == (time(23), time(1))
    assert time_left(
        after(action(ActionKind.CHARGE, 3000, 2 * HOUR, NOON.replace(hour=23)), late), CHARGE_WINDOWS[0], late.clock
    ) == 2 * HOUR - timedelta(seconds=20)


@pytest.mark.parametrize("drift", [-61, 61, -3600, 3600])
def test_nothing_is_started_by_a_clock_that_is_off(drift):
    with pytest.raises(ClockOffError):
        settings_for(charge(), context(drift=drift))
    with pytest.raises(ClockOffError):
        settings_for(discharge(), context(clock=None))
    assert settings_for(SELF_CONSUME, context(clock=None)) == SELF_CONSUMPTION


@pytest.mark.parametrize("drift", [-60, -35, -1, 0, 1, 35, 60])
def test_a_clock_that_is_nearly_right_runs_to_the_end_by_its_own_time(drift):
    settings = after(charge(lasting=HOUR - timedelta(seconds=20)), context(drift=drift))
    assert settings["charge_end_1"] == time(13)
    assert time_left(settings, CHARGE_WINDOWS[0], NOON + timedelta(seconds=drift)) > timedelta(minutes=58)


BEFORE_SPRING, BEFORE_AUTUMN = local(datetime(2027, 3, 28)), local(datetime(2026, 10, 25))  # midnight in Berlin
BACK = BEFORE_AUTUMN + 3 * HOUR  # when 03:00 becomes 02:00


@given(
    st.sampled_from([BEFORE_SPRING, BEFORE_AUTUMN]),
    st.integers(0, 6 * 60),
    st.integers(1, 6 * 60),
    st.none() | st.integers(0, 300),
)
@example(BEFORE_AUTUMN, 150, 75, 30)  # 02:30 summer time to 02:45 winter time
@example(BEFORE_SPRING, 60, 180, None)
def test_no_window_outlasts_its_run_when_the_clocks_change(midnight, begin, lasting, corrected):
    """Whether nobody puts the inverter's clock right, or somebody does it `corrected` minutes after the start.

    Who sets it back over a window that has just ended opens that window again: so a controller that lives closes it.
    """
    now = midnight + begin * MINUTE
    until = now + lasting * MINUTE
    clock = now.astimezone(BERLIN).replace(tzinfo=None)
    settings = after(Action(ActionKind.CHARGE, 3000, until), ActionContext(now, BERLIN, clock, 52.0, FRESH))
    for minute in range(lasting, 12 * 60):
        moment = now + minute * MINUTE
        shown = clock + minute * MINUTE
        if corrected is not None and minute >= corrected:
            shown = moment.astimezone(BERLIN).replace(tzinfo=None)
            if until <= BACK <= moment < BACK + HOUR:
                continue
        assert not time_left(settings, CHARGE_WINDOWS[0], shown), (moment, shown)


@pytest.mark.parametrize(
    ("midnight", "begin", "lasting", "expected"),
    [
        (BEFORE_SPRING, 60, 180, (time(1), time(4))),  # until 05:00 summer time, which the clock does not know of
        (BEFORE_SPRING, 90, 15, (time(1, 30), time(1, 45))),
        (BEFORE_SPRING, 180, 60, (time(4), time(5))),
        (BEFORE_AUTUMN, 60, 240, (time(1), time(4))),
        (BEFORE_AUTUMN, 150, 75, (time(2, 30), time(2, 45))),
        (BEFORE_AUTUMN, 210, 60, (time(2, 30), time(3, 30))),
    ],
)
def test_windows_in_the_nights_when_the_clocks_change(midnight, begin, lasting, expected):
    now = midnight + begin * MINUTE
    clock = now.astimezone(BERLIN).replace(tzinfo=None)
    wanted = Action(ActionKind.CHARGE, 3000, now + lasting * MINUTE)
    assert window(settings_for(wanted, ActionContext(now, BERLIN, clock, 52.0, FRESH))) == expected


# Breaking off

PACK = BatteryPack()
NIGHT = Environment(0, 0, 700)
_NAMES = {
    "output_priority": "out_priority",
    "charge_priority": "charge_priority",
    "max_charge_current": "max_charge_amps",
    "grid_charge_current_limit": "grid_charge_amps",
    "grid_active_power": "grid_active_power",
    "timed_charge": "timed_charge",
    "timed_discharge": "timed_discharge",
}


def forced(settings: Mapping[str, Value], clock: datetime) -> tuple[bool, bool]:
    """Whether the inverter would charge from the grid at that time, and whether it would export."""

    def windows(pairs):
        return tuple(
            DailyWindow(*(value.hour * 60 + value.minute for value in (settings[key] for key in pair)))
            for pair in pairs
        )

    model = InverterSettings(
        **{name: settings[key] for key, name in _NAMES.items()},
        feed_in=1,
        charge_windows=windows(CHARGE_WINDOWS),
        discharge_windows=windows(DISCHARGE_WINDOWS),
    )
    flows = step(PhysicsState(50), model, NIGHT, clock, 1.0, PACK)[1]
    return flows.grid_charge > 0, flows.grid < 0


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
flags = st.integers(0, 1)
kept = st.fixed_dictionaries(
    {
        **{key: times for pair in (*CHARGE_WINDOWS, *DISCHARGE_WINDOWS) for key in pair},
        "timed_charge": flags,
        "timed_discharge": flags,
        "output_priority": st.integers(0, 3),
        "charge_priority": st.integers(0, 3),
        "grid_active_power": st.sampled_from([0, 300, 4000]),
        "grid_charge_current_limit": st.sampled_from([0.0, 20.0, 60.0]),
        "max_charge_current": st.just(100.0),
    }
)
actions = st.builds(
    lambda kind, quarters: action(kind, 3000 if kind in FORCED else 0, quarters * 15 * MINUTE - timedelta(seconds=20)),
    st.sampled_from(ActionKind),
    st.integers(1, 20),
)


@given(kept, st.lists(actions, min_size=1, max_size=3))
def test_breaking_off_anywhere_forces_nothing_new(settings, wanted):
    """From any settings, along any actions: each state on the way forces only what was forced, or what is planned."""
    day = [NOON.replace(hour=0, minute=0, second=1) + number * timedelta(minutes=15) for number in range(96)]
    for one in wanted:
        now = context(settings)
        until = NOON + (one.until - now.now)
        before = [forced(settings, clock) for clock in day]
        noon = NOON.replace(second=0)
        planned = [noon <= clock < min(until, noon + MAX_WINDOW) for clock in day]
        for write in ordered_writes(settings_for(one, now), settings):
            settings = settings | write
            for clock, was, may in zip(day, before, planned, strict=True):
                charges, exports = forced(settings, clock)
                assert not charges or was[0] or (may and one.kind is ActionKind.CHARGE), (clock, write)
                assert not exports or was[1] or (may and one.kind is ActionKind.DISCHARGE), (clock, write)
        assert active_action(settings, NOON)[0] is one.kind
        assert ordered_writes(settings_for(one, context(settings)), settings) == ()
        for clock, may in zip(day, planned, strict=True):
            assert may or forced(settings, clock) == (False, False)
        takes = one.kind is ActionKind.CHARGE and settings["grid_charge_current_limit"] > 0
        assert forced(settings, NOON) == (takes, one.kind is ActionKind.DISCHARGE)


def test_what_is_owned_is_writable_and_harmless():
    assert set(CONTROLLED_SETTINGS) < set(REQUIRED_SETTINGS)
    assert all(BY_KEY[key].writable and BY_KEY[key].risk == 0 for key in CONTROLLED_SETTINGS)
    assert EXTEND_AT < MAX_WINDOW
