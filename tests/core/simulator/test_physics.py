from dataclasses import replace
from datetime import datetime, time
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.simulator.battery import BatteryPack
from custom_components.nattery.core.simulator.environment import Environment
from custom_components.nattery.core.simulator.physics import (
    RATED_WATTS,
    ChargePriority,
    DailyWindow,
    InverterSettings,
    OutPriority,
    PhysicsState,
    PowerFlows,
    step,
)

PACK = BatteryPack()
NOON = datetime(2026, 6, 1, 12, 0)
ALL_DAY = DailyWindow(0, 24 * 60 - 1)
# The safe default: PV, then battery, then grid; no charging from the grid.
SAFE = InverterSettings(soc_back=20, timed_charge=1)
NIGHT = Environment(0, 0, 1000)
DAY = Environment(1500, 1500, 1000)


def flows_of(
    settings: InverterSettings, environment: Environment, soc: float = 50, clock: datetime = NOON, **state: Any
) -> PowerFlows:
    return step(PhysicsState(soc, **state), settings, environment, clock, 1.0, PACK)[1]


def close(*pairs: tuple[float, float]) -> bool:
    return all(value == pytest.approx(expected) for value, expected in pairs)


def amps(flows: PowerFlows, soc: float = 50) -> float:
    return flows.battery / PACK.voltage(soc, flows.battery)


windows = st.tuples(*[st.builds(DailyWindow, st.integers(0, 1439), st.integers(0, 1439))] * 3)
percent = st.integers(0, 100)
settings_strategy = st.builds(
    InverterSettings,
    out_priority=st.integers(0, 3),
    charge_priority=st.integers(0, 3),
    max_charge_amps=st.floats(0, 300),
    pv_charge_amps=st.floats(0, 300),
    grid_charge_amps=st.floats(0, 200),
    feed_in=st.integers(0, 1),
    grid_active_power=st.integers(0, 15000),
    max_grid_power=st.integers(0, 15000),
    soc_stop=percent,
    soc_full=percent,
    soc_to_grid=percent,
    soc_back=percent,
    timed_charge=st.integers(0, 1),
    timed_discharge=st.integers(0, 1),
    charge_windows=windows,
    discharge_windows=windows,
    charging_stopped=st.booleans(),
    running=st.booleans(),
)
states = st.builds(PhysicsState, st.floats(0, 100), st.booleans(), st.booleans())
environments = st.builds(Environment, st.floats(0, 4000), st.floats(0, 4000), st.floats(0, 9000))


@given(states, settings_strategy, environments, st.times(), st.floats(0.001, 900))
def test_steps_balance_and_respect_the_limits(
    state: PhysicsState, settings: InverterSettings, environment: Environment, clock: time, seconds: float
) -> None:
    after, flows = step(state, settings, environment, datetime.combine(NOON, clock), seconds, PACK)

    assert flows.pv + flows.battery + flows.grid == pytest.approx(flows.load, abs=1e-6)
    assert -1e-6 <= flows.pv <= environment.pv + 1e-6
    assert 0 <= flows.load <= environment.load
    assert flows.load + flows.shed == pytest.approx(environment.load)
    assert flows.pv + flows.curtailed == pytest.approx(environment.pv)
    assert flows.grid <= settings.max_grid_power + 1e-6
    if not settings.feed_in:
        assert flows.grid >= -1e-6
    assert flows.battery <= PACK.discharge_limit_watts(state.soc) + 1e-6
    assert -flows.battery <= PACK.charge_watts(state.soc, min(settings.max_charge_amps, PACK.bms_amps)) + 1e-6
    assert flows.battery == pytest.approx(max(0, flows.battery) - flows.pv_charge - flows.grid_charge, abs=1e-6)

    assert 0 <= after.soc <= 100
    if flows.battery > 0:
        assert after.soc >= settings.soc_stop - 1e-6
    if flows.battery < 0:
        assert after.soc <= settings.soc_full + 1e-6
    moved = (after.soc - state.soc) / 100 * PACK.capacity_wh * 3600 / seconds
    factor = 1 / PACK.discharge_efficiency if flows.battery > 0 else PACK.charge_efficiency
    assert moved == pytest.approx(-flows.battery * factor, abs=1e-3, rel=1e-6)


@pytest.mark.parametrize("priority", [OutPriority.SOLAR, OutPriority.BATTERY, OutPriority.HYBRID])
def test_load_is_served_by_pv_then_battery_then_grid(priority: int) -> None:
    settings = replace(SAFE, out_priority=priority)
    shade = Environment(300, 0, 1000)
    assert close((flows_of(settings, shade).pv, 300), (flows_of(settings, shade).battery, 700))
    assert flows_of(settings, NIGHT).grid == pytest.approx(0)
    assert flows_of(settings, DAY).battery == pytest.approx(-2000)
    heavy = Environment(0, 0, 8000)
    assert flows_of(settings, heavy).battery == pytest.approx(RATED_WATTS)
    assert flows_of(settings, heavy).grid == pytest.approx(2000)


def test_grid_first_keeps_the_battery_for_pv_charging() -> None:
    settings = replace(SAFE, out_priority=OutPriority.GRID)
    assert flows_of(settings, NIGHT) == PowerFlows(load=1000, grid=1000)
    flows = flows_of(settings, DAY)
    assert close((flows.grid, 1000), (flows.battery, -3000))


def test_battery_discharges_only_above_the_stop_soc() -> None:
    settings = replace(SAFE, soc_stop=30, soc_to_grid=10)
    assert flows_of(settings, NIGHT, soc=30).battery == 0
    assert flows_of(settings, NIGHT, soc=31).battery == pytest.approx(1000)
    # a long step ends exactly at the stop SOC
    assert step(PhysicsState(30.1), settings, NIGHT, NOON, 900, PACK)[0].soc == pytest.approx(30)


def test_load_transfer_has_hysteresis() -> None:
    settings = replace(SAFE, soc_stop=5, soc_to_grid=20, soc_back=40)
    low, flows = step(PhysicsState(19.9), settings, NIGHT, NOON, 1, PACK)
    assert low.on_grid
    assert (flows.battery, flows.grid) == (0, 1000)
    for soc, on_grid in ((20, True), (40, True), (40.1, False)):
        assert step(PhysicsState(soc, on_grid=True), settings, NIGHT, NOON, 1, PACK)[0].on_grid is on_grid
    assert not step(PhysicsState(20), settings, NIGHT, NOON, 1, PACK)[0].on_grid
    # SOC cannot exceed 100 %, so a full battery takes the load back
    brim = replace(settings, soc_back=100)
    assert step(PhysicsState(99.9, on_grid=True), brim, NIGHT, NOON, 1, PACK)[0].on_grid
    assert not step(PhysicsState(100, on_grid=True), brim, NIGHT, NOON, 1, PACK)[0].on_grid


@pytest.mark.parametrize(
    ("priority", "pv", "grid_charges", "pv_charges"),
    [
        (ChargePriority.PV_FIRST, 0, True, False),
        (ChargePriority.PV_FIRST, 3000, False, True),
        (ChargePriority.GRID_FIRST, 0, True, False),
        (ChargePriority.GRID_FIRST, 3000, True, False),
        (ChargePriority.TOGETHER, 0, True, False),
        (ChargePriority.TOGETHER, 3000, True, True),
        (ChargePriority.PV_ONLY, 0, False, False),
        (ChargePriority.PV_ONLY, 3000, False, True),
    ],
)
@pytest.mark.parametrize("timed", [0, 1])
def test_charge_priority(priority: int, pv: float, grid_charges: bool, pv_charges: bool, timed: int) -> None:
    settings = InverterSettings(
        charge_priority=priority, timed_charge=timed, charge_windows=(ALL_DAY,), grid_charge_amps=20
    )
    flows = flows_of(settings, Environment(pv, 0, 1000))
    assert (flows.grid_charge > 0, flows.pv_charge > 0) == (grid_charges, pv_charges)


def test_timed_charging_only_inside_windows() -> None:
    settings = replace(SAFE, charge_windows=(DailyWindow(), DailyWindow(23 * 60, 60), DailyWindow(12 * 60, 13 * 60)))
    charging = {
        hour: flows_of(settings, NIGHT, clock=NOON.replace(hour=hour)).grid_charge > 0
        for hour in (22, 23, 0, 1, 11, 12, 13)
    }
    assert charging == {22: False, 23: True, 0: True, 1: False, 11: False, 12: True, 13: False}
    outside = flows_of(settings, NIGHT, clock=NOON.replace(hour=11))
    assert outside.battery == pytest.approx(1000)  # self-consumption after a charge window


def test_windows_are_exact_to_the_minute() -> None:
    window = DailyWindow(7 * 60 + 15, 7 * 60 + 30)
    assert [window.contains(NOON.replace(hour=7, minute=m, second=59)) for m in (14, 15, 29, 30)] == [
        False,
        True,
        True,
        False,
    ]
    assert not any(DailyWindow(60, 60).contains(NOON.replace(hour=h)) for h in range(24))


def test_charging_power_limits() -> None:
    charge = replace(SAFE, charge_windows=(ALL_DAY,), grid_charge_amps=60, max_charge_amps=100)
    assert amps(flows_of(charge, NIGHT)) == pytest.approx(-60)
    assert amps(flows_of(replace(charge, max_charge_amps=25), NIGHT)) == pytest.approx(-25)
    assert amps(flows_of(replace(charge, grid_charge_amps=200, max_charge_amps=300), NIGHT)) == pytest.approx(-120)
    together = flows_of(replace(charge, max_charge_amps=90), DAY)
    assert amps(together) == pytest.approx(-90)
    assert together.pv_charge == pytest.approx(2000)
    limited = flows_of(replace(charge, max_grid_power=1500), NIGHT)
    assert close((limited.grid, 1500), (limited.load, 1000))
    assert amps(flows_of(charge, NIGHT, soc=99), soc=99) > -35  # the BMS lowers the current near 100 %


def test_no_discharge_while_grid_charging_is_in_force() -> None:
    charge = replace(
        SAFE,
        charge_windows=(ALL_DAY,),
        timed_discharge=1,
        discharge_windows=(ALL_DAY,),
        out_priority=OutPriority.HYBRID,
    )
    assert flows_of(charge, NIGHT).battery < 0
    assert flows_of(charge, NIGHT, soc=100).battery == 0
    assert flows_of(replace(charge, charging_stopped=True), NIGHT).battery == pytest.approx(1000)


def test_full_battery_recharges_with_hysteresis() -> None:
    always = InverterSettings(soc_back=20)
    assert flows_of(always, NIGHT, soc=98).grid_charge > 0
    assert flows_of(always, NIGHT, soc=98, full=True).battery == pytest.approx(1000)
    assert flows_of(always, NIGHT, soc=94.9, full=True).grid_charge > 0


def test_stopped_charging_includes_pv() -> None:
    flows = flows_of(replace(SAFE, charging_stopped=True), DAY)
    assert close((flows.battery, 0), (flows.curtailed, 2000))


def test_timed_discharging_only_inside_windows() -> None:
    settings = replace(
        SAFE, timed_discharge=1, discharge_windows=(DailyWindow(18 * 60, 20 * 60), DailyWindow(), DailyWindow())
    )
    assert flows_of(settings, NIGHT, clock=NOON.replace(hour=19)).battery == pytest.approx(1000)
    resting = flows_of(settings, NIGHT, clock=NOON.replace(hour=20))
    assert (resting.battery, resting.grid) == (0, 1000)
    assert flows_of(settings, DAY, clock=NOON.replace(hour=20)).battery == pytest.approx(-2000)  # PV may charge


def test_hybrid_export_is_the_inverters_output() -> None:
    export = replace(SAFE, out_priority=OutPriority.HYBRID, feed_in=1, grid_active_power=4000)
    flows = flows_of(export, NIGHT)
    assert close((flows.battery, 4000), (flows.grid, -3000))
    sunny = flows_of(export, Environment(1500, 0, 1000))
    assert close((sunny.battery, 2500), (sunny.grid, -3000))
    small = flows_of(replace(export, grid_active_power=400), NIGHT)
    assert close((small.battery, 400), (small.grid, 600))
    for without in (
        replace(export, grid_active_power=0),
        replace(export, feed_in=0),
        replace(export, out_priority=OutPriority.SOLAR),
    ):
        assert flows_of(without, NIGHT).battery == pytest.approx(1000)
    assert flows_of(replace(export, timed_discharge=1), NIGHT).battery == 0


def test_surplus_is_exported_only_if_allowed() -> None:
    assert flows_of(SAFE, DAY, soc=100).curtailed == pytest.approx(2000)
    assert flows_of(replace(SAFE, feed_in=1), DAY, soc=100).grid == pytest.approx(-2000)


def test_import_limit_sheds_load() -> None:
    flows = flows_of(replace(SAFE, max_grid_power=600), NIGHT, soc=5)
    assert (flows.load, flows.grid, flows.shed) == (600, 600, 400)


def test_no_power_flows_when_switched_off() -> None:
    assert flows_of(replace(SAFE, running=False), DAY) == PowerFlows(curtailed=3000, shed=1000)


def test_battery_voltage_depends_on_soc_and_power() -> None:
    rests = [PACK.resting_voltage(soc) for soc in range(101)]
    assert rests == sorted(rests)
    assert 44 < rests[0] < 46 < rests[10] < 52 < rests[50] < 54 < rests[100] < 56
    assert PACK.voltage(50, 3000) < PACK.voltage(50, 0) < PACK.voltage(50, -3000)
    watts = PACK.charge_watts(50, 60)
    assert PACK.voltage(50, -watts) * 60 == pytest.approx(watts)
