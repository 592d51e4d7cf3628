"""Actions as register settings, checked with the simulator's behaviour model."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings as hypothesis_settings, strategies as st
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
NOON = datetime(2026, 11, 24, 12, 0, 20)  # local time in Berlin
DEFAULTS: dict[str, Value] = {
    **SELF_CONSUMPTION,
    "charge_priority": 0,
    "grid_charge_current_limit": 60.0,
    "max_charge_current": 100.0,
}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def local(local_now: datetime, fold: int = 0) -> datetime:
    return local_now.replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def context(
    settings: Mapping[str, Value] = DEFAULTS, local_now: datetime = NOON, drift: float = 0, **changes
) -> ActionContext:
    values = {
        "now": local(local_now),
        "zone": BERLIN,
        "clock": local_now + timedelta(seconds=drift),
        "voltage": 52.0,
        "settings": settings,
    }
    return ActionContext(**values | changes)


def action(kind: ActionKind, power: float = 0, duration: timedelta = HOUR, local_now: datetime = NOON) -> Action:
    return Action(kind, power, local(local_now) + duration)


def charge(power: float = 3000, duration: timedelta = HOUR) -> Action:
    return action(ActionKind.CHARGE, power, duration)


def discharge(power: float = 3000, duration: timedelta = HOUR) -> Action:
    return action(ActionKind.DISCHARGE, power, duration)


def settings_after(requested: Action, now: ActionContext) -> dict[str, Value]:
    return {**now.settings, **settings_for(requested, now)}


def window(settings: Mapping[str, Value], pairs=CHARGE_WINDOWS) -> tuple[Value, Value]:
    return settings[pairs[0][0]], settings[pairs[0][1]]


# The settings of each action


def test_charge_sets_priority_current_and_window():
    now = context()
    assert ordered_writes(settings_for(charge(), now), DEFAULTS) == (
        {"charge_priority": 2},
        {"grid_charge_current_limit": 57.7},
        {"charge_start_1": time(12, 0), "charge_end_1": time(13, 0)},
    )
    assert active_action(settings_after(charge(), now), NOON) == (ActionKind.CHARGE, HOUR - timedelta(seconds=20))


def test_discharge_opens_the_window_last():
    now = context()
    assert ordered_writes(settings_for(discharge(), now), DEFAULTS) == (
        {"timed_discharge": 1},
        {"grid_active_power": 3000},
        {"output_priority": 3},
        {"discharge_start_1": time(12, 0), "discharge_end_1": time(13, 0)},
    )
    assert active_action(settings_after(discharge(), now), NOON)[0] is ActionKind.DISCHARGE
    assert active_action(settings_after(discharge(), now), NOON + HOUR) == (ActionKind.HOLD, timedelta())


def test_hold_is_a_timed_discharge_without_a_window():
    assert ordered_writes(settings_for(action(ActionKind.HOLD), context()), DEFAULTS) == ({"timed_discharge": 1},)
    assert active_action({**DEFAULTS, "timed_discharge": 1}, NOON)[0] is ActionKind.HOLD


def test_self_consumption_resets_all_settings():
    manual_settings = {
        **DEFAULTS,
        "timed_charge": 0,
        "output_priority": 1,
        "charge_start_2": time(22),
        "charge_end_2": time(6),
        "discharge_end_3": None,  # an invalid time
    }
    assert active_action(manual_settings, NOON)[0] is None
    assert ordered_writes(settings_for(SELF_CONSUME, context(manual_settings)), manual_settings) == (
        {"output_priority": 0},
        {"discharge_start_3": time(), "discharge_end_3": time()},
        {"charge_start_2": time(), "charge_end_2": time()},
        {"timed_charge": 1},
    )


def test_unused_window_at_any_time_is_left_alone():
    unused_window = {**DEFAULTS, "charge_start_3": time(5), "charge_end_3": time(5)}
    assert ordered_writes(settings_for(SELF_CONSUME, context(unused_window)), unused_window) == ()
    assert active_action(unused_window, NOON)[0] is ActionKind.SELF_CONSUME
    assert deviations(SELF_CONSUMPTION, unused_window) == ()


def test_powers_are_limited_by_the_registers_and_the_user():
    def amps(power, **settings):
        return settings_after(charge(power), context({**DEFAULTS, **settings}))["grid_charge_current_limit"]

    assert amps(5200, max_charge_current=25.0) == 25
    assert amps(90000, max_charge_current=300.0) == 200
    assert amps(1) == 0.1
    assert settings_after(discharge(90000), context())["grid_active_power"] == 15000
    assert settings_after(discharge(0.2), context())["grid_active_power"] == 1


@hypothesis_settings(deadline=None)
@given(
    st.sampled_from([ActionKind.CHARGE, ActionKind.DISCHARGE]),
    st.floats(1, 20000),
    st.floats(40, 60),
    st.integers(1, 3000).map(lambda amps: amps / 10),
)
def test_every_write_can_be_encoded(kind, power, voltage, max_current):
    now = context({**DEFAULTS, "max_charge_current": max_current}, voltage=voltage)
    for write in ordered_writes(settings_for(action(kind, power), now), now.settings):
        for key, value in write.items():
            encode(BY_KEY[key], value)


# The start and end of a window


def test_window_lasts_at_most_four_hours_and_is_extended():
    settings: dict[str, Value] = dict(DEFAULTS)
    writes = []
    for minute in range(6 * 60):
        now = context(settings, NOON + minute * MINUTE)
        requested = Action(ActionKind.CHARGE, 3000, local(NOON.replace(hour=18, second=0)))
        for write in ordered_writes(settings_for(requested, now), settings):
            writes.append((minute, write))
            settings |= write
        assert time_left(settings, CHARGE_WINDOWS[0], now.clock) > timedelta()
    windows = [(minute, *write.values()) for minute, write in writes if "charge_start_1" in write]
    assert windows == [(0, time(12), time(16)), (230, time(15, 50), time(18))]
    assert len(writes) == 4  # priority, current, and the window twice


def test_window_is_shortened_at_once_and_extended_late():
    now = context()
    two_hours = settings_after(charge(duration=2 * HOUR), now)
    longer = context(two_hours, NOON + 20 * MINUTE)
    assert window(settings_after(action(ActionKind.CHARGE, 3000, 3 * HOUR), longer)) == (time(12), time(14))
    assert window(settings_after(action(ActionKind.CHARGE, 3000, HOUR), longer)) == (time(12, 20), time(13))


def test_small_change_of_power_causes_no_write():
    for requested, key in ((charge, "grid_charge_current_limit"), (discharge, "grid_active_power")):
        running = settings_after(requested(), context())
        assert ordered_writes(settings_for(requested(2950), context(running, voltage=53)), running) == ()
        assert {*settings_for(requested(2000), context(running)).items()} - {*running.items()} == {
            (key, 38.5 if requested is charge else 2000)
        }


def test_longer_manual_window_is_replaced():
    manual_settings = {**DEFAULTS, "charge_start_1": time(9), "charge_end_1": time(15)}
    assert window(settings_after(charge(duration=4 * HOUR), context(manual_settings))) == (time(12), time(16))


def test_manual_window_that_forced_nothing_is_replaced():
    """The manual window ends with the action but starts earlier. If kept, it would charge every day."""
    manual_settings = {**DEFAULTS, "charge_start_1": time(9), "charge_end_1": time(13), "charge_priority": 3}
    assert window(settings_after(charge(), context(manual_settings))) == (time(12), time(13))


def test_no_window_for_less_than_a_minute():
    for duration in (timedelta(), timedelta(seconds=30), -HOUR):
        assert settings_for(charge(duration=duration), context()) == SELF_CONSUMPTION


def test_window_may_cross_midnight():
    late = context(local_now=NOON.replace(hour=23))
    assert window(settings_after(action(ActionKind.CHARGE, 3000, 2 * HOUR, NOON.replace(hour=23)), late)) == (
        time(23),
        time(1),
    )
    assert time_left(
        settings_after(action(ActionKind.CHARGE, 3000, 2 * HOUR, NOON.replace(hour=23)), late),
        CHARGE_WINDOWS[0],
        late.clock,
    ) == 2 * HOUR - timedelta(seconds=20)


@pytest.mark.parametrize("drift", [-61, 61, -3600, 3600])
def test_wrong_clock_raises_an_error(drift):
    with pytest.raises(ClockOffError):
        settings_for(charge(), context(drift=drift))
    with pytest.raises(ClockOffError):
        settings_for(discharge(), context(clock=None))
    assert settings_for(SELF_CONSUME, context(clock=None)) == SELF_CONSUMPTION


@pytest.mark.parametrize("drift", [-60, -35, -1, 0, 1, 35, 60])
def test_small_clock_drift_keeps_the_end_of_the_window(drift):
    settings = settings_after(charge(duration=HOUR - timedelta(seconds=20)), context(drift=drift))
    assert settings["charge_end_1"] == time(13)
    assert time_left(settings, CHARGE_WINDOWS[0], NOON + timedelta(seconds=drift)) > timedelta(minutes=58)


BEFORE_SPRING, BEFORE_AUTUMN = local(datetime(2027, 3, 28)), local(datetime(2026, 10, 25))  # midnight in Berlin
CLOCKS_GO_BACK = BEFORE_AUTUMN + 3 * HOUR  # when 03:00 becomes 02:00


@given(
    st.sampled_from([BEFORE_SPRING, BEFORE_AUTUMN]),
    st.integers(0, 6 * 60),
    st.integers(1, 6 * 60),
    st.none() | st.integers(0, 300),
)
@example(BEFORE_AUTUMN, 150, 75, 30)  # 02:30 summer time to 02:45 winter time
@example(BEFORE_SPRING, 60, 180, None)
def test_window_never_outlasts_the_action_when_the_clocks_change(midnight, start, duration, corrected_after):
    """The inverter's clock is not corrected, or `corrected_after` minutes after the start.

    Setting the clock back over a window that has just ended reopens it. A running controller closes it, so that hour is
    left out here.
    """
    now = midnight + start * MINUTE
    until = now + duration * MINUTE
    clock = now.astimezone(BERLIN).replace(tzinfo=None)
    settings = settings_after(Action(ActionKind.CHARGE, 3000, until), ActionContext(now, BERLIN, clock, 52.0, DEFAULTS))
    for minute in range(duration, 12 * 60):
        moment = now + minute * MINUTE
        shown = clock + minute * MINUTE
        if corrected_after is not None and minute >= corrected_after:
            shown = moment.astimezone(BERLIN).replace(tzinfo=None)
            if until <= CLOCKS_GO_BACK <= moment < CLOCKS_GO_BACK + HOUR:
                continue
        assert not time_left(settings, CHARGE_WINDOWS[0], shown), (moment, shown)


@pytest.mark.parametrize(
    ("midnight", "start", "duration", "expected"),
    [
        (BEFORE_SPRING, 60, 180, (time(1), time(4))),  # until 05:00 summer time, by an uncorrected clock
        (BEFORE_SPRING, 90, 15, (time(1, 30), time(1, 45))),
        (BEFORE_SPRING, 180, 60, (time(4), time(5))),
        (BEFORE_AUTUMN, 60, 240, (time(1), time(4))),
        (BEFORE_AUTUMN, 150, 75, (time(2, 30), time(2, 45))),
        (BEFORE_AUTUMN, 210, 60, (time(2, 30), time(3, 30))),
    ],
)
def test_windows_when_the_clocks_change(midnight, start, duration, expected):
    now = midnight + start * MINUTE
    clock = now.astimezone(BERLIN).replace(tzinfo=None)
    requested = Action(ActionKind.CHARGE, 3000, now + duration * MINUTE)
    assert window(settings_for(requested, ActionContext(now, BERLIN, clock, 52.0, DEFAULTS))) == expected


# Interrupted writes

PACK = BatteryPack()
NIGHT = Environment(0, 0, 700)
_MODEL_SETTINGS = {
    "output_priority": "out_priority",
    "charge_priority": "charge_priority",
    "max_charge_current": "max_charge_amps",
    "grid_charge_current_limit": "grid_charge_amps",
    "grid_active_power": "grid_active_power",
    "timed_charge": "timed_charge",
    "timed_discharge": "timed_discharge",
}


def forced_flows(settings: Mapping[str, Value], clock: datetime) -> tuple[bool, bool]:
    """Return whether the inverter would charge from the grid at that time, and whether it would export."""

    def windows(pairs):
        return tuple(
            DailyWindow(*(value.hour * 60 + value.minute for value in (settings[key] for key in pair)))
            for pair in pairs
        )

    model = InverterSettings(
        **{name: settings[key] for key, name in _MODEL_SETTINGS.items()},
        feed_in=1,
        charge_windows=windows(CHARGE_WINDOWS),
        discharge_windows=windows(DISCHARGE_WINDOWS),
    )
    flows = step(PhysicsState(50), model, NIGHT, clock, 1.0, PACK)[1]
    return flows.grid_charge > 0, flows.grid < 0


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
zero_or_one = st.integers(0, 1)
any_settings = st.fixed_dictionaries(
    {
        **{key: times for pair in (*CHARGE_WINDOWS, *DISCHARGE_WINDOWS) for key in pair},
        "timed_charge": zero_or_one,
        "timed_discharge": zero_or_one,
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


@hypothesis_settings(deadline=None)
@given(any_settings, st.lists(actions, min_size=1, max_size=3))
def test_interrupted_writes_force_nothing_new(settings, requested):
    """After each write, only what the previous settings or the action force is forced."""
    day = [NOON.replace(hour=0, minute=0, second=1) + number * timedelta(minutes=15) for number in range(96)]
    for one in requested:
        now = context(settings)
        until = NOON + (one.until - now.now)
        before = [forced_flows(settings, clock) for clock in day]
        noon = NOON.replace(second=0)
        planned = [noon <= clock < min(until, noon + MAX_WINDOW) for clock in day]
        for write in ordered_writes(settings_for(one, now), settings):
            settings = settings | write
            for clock, before_forced, may in zip(day, before, planned, strict=True):
                charges, exports = forced_flows(settings, clock)
                assert not charges or before_forced[0] or (may and one.kind is ActionKind.CHARGE), (clock, write)
                assert not exports or before_forced[1] or (may and one.kind is ActionKind.DISCHARGE), (clock, write)
        assert active_action(settings, NOON)[0] is one.kind
        assert ordered_writes(settings_for(one, context(settings)), settings) == ()
        for clock, may in zip(day, planned, strict=True):
            assert may or forced_flows(settings, clock) == (False, False)
        takes = one.kind is ActionKind.CHARGE and settings["grid_charge_current_limit"] > 0
        assert forced_flows(settings, NOON) == (takes, one.kind is ActionKind.DISCHARGE)


def test_controlled_settings_are_writable_without_risk():
    assert set(CONTROLLED_SETTINGS) < set(REQUIRED_SETTINGS)
    assert all(BY_KEY[key].writable and BY_KEY[key].risk == 0 for key in CONTROLLED_SETTINGS)
    assert EXTEND_AT < MAX_WINDOW
