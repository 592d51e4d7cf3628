"""The four actions on a simulated inverter: what is written, and what the battery then really does."""

from datetime import time, timedelta

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.controller import Mode

from .controlled_system import HOUR, SUMMER_NOON, ControlledSystem


async def test_a_dry_run_says_what_it_would_do_and_writes_nothing(house: ControlledSystem) -> None:
    house.plan = [house.run(ActionKind.CHARGE, HOUR)]
    decision = await house.tick()
    assert decision.action == house.plan[0].action
    assert (decision.reason.key, decision.performed, decision.written) == ("control_plan", False, ())
    await house.controller.release_control()
    assert house.writes() == 0


@pytest.mark.parametrize("power", [500, 1500, 3000, 5000])
async def test_charging_takes_the_power_that_is_asked_for(house: ControlledSystem, power: float) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.CHARGE, HOUR, power)]
    decision = await house.tick()
    assert decision.performed
    assert decision.written == ("ChgCurrByLineSet", "ChargeStartTime1", "ChargeEndTime1")
    house.advance(timedelta(minutes=10))
    assert -house.device.flows.battery == pytest.approx(power, rel=0.03)
    assert house.device.flows.grid == pytest.approx(house.device.flows.load + power, rel=0.03)


@pytest.mark.parametrize("power", [300, 2000, 5000])
async def test_discharging_delivers_the_power_that_is_asked_for(house: ControlledSystem, power: float) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.DISCHARGE, HOUR, power)]
    assert (await house.tick()).performed
    house.advance(timedelta(minutes=10))
    assert house.device.flows.battery == pytest.approx(power, rel=0.01)
    assert house.device.flows.grid == pytest.approx(house.device.flows.load - power, abs=20)


async def test_holding_keeps_the_energy_and_lets_the_sun_in(build) -> None:
    house = build(SUMMER_NOON)
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.HOLD, 18 * HOUR)]
    assert (await house.tick()).written == ("OnTimeDischgEn",)
    soc, sunny, dark = 50.0, 0, 0
    for _ in range(18 * 12):
        house.simulator.skip(300)
        flows = house.device.flows
        assert flows.battery <= 0
        assert flows.grid_charge == 0
        assert house.device.state.soc >= soc
        soc = house.device.state.soc
        sunny += flows.battery < 0
        dark += flows.grid == pytest.approx(flows.load) and flows.load > 0
    assert sunny > 20
    assert dark > 60


async def test_self_consumption_serves_the_house(house: ControlledSystem) -> None:
    house.put("output_priority", "grid_first")
    house.put("timed_discharge", 1)
    house.plan = [house.run(ActionKind.SELF_CONSUME, 2 * HOUR)]
    await house.controller.set_mode(Mode.AUTOMATIC)
    assert (await house.tick()).written == ("OutPriority", "OnTimeDischgEn")
    house.advance(HOUR)
    assert house.device.flows.battery == pytest.approx(house.device.flows.load)
    assert house.device.flows.grid == pytest.approx(0, abs=1)


async def test_each_action_follows_each_other(house: ControlledSystem) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    kinds = list(ActionKind)
    for first in kinds:
        for second in kinds:
            for kind in (first, second):
                house.plan = [house.run(kind, HOUR)]
                assert (await house.tick()).performed
                house.advance(timedelta(minutes=2))
                state = await house.battery.state()
                assert state.running is kind
                assert not state.changed
                flows = house.device.flows
                assert (flows.grid_charge > 0) is (kind is ActionKind.CHARGE)
                assert (flows.grid < -1) is (kind is ActionKind.DISCHARGE)
                assert (flows.battery > 0) is (kind in {ActionKind.DISCHARGE, ActionKind.SELF_CONSUME})


async def test_a_run_ends_by_itself_and_is_tidied_up(house: ControlledSystem) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    now = house.now()
    end = house.until("20:45")
    house.plan = [house.run(ActionKind.DISCHARGE, end - now), house.run(ActionKind.SELF_CONSUME, 4 * HOUR, start=end)]
    await house.tick()
    observed = house.advance(timedelta(minutes=44))
    assert all(exports for _, _, exports in observed)
    observed = house.advance(timedelta(minutes=5))
    assert [exports for _, _, exports in observed][1:] == [False] * 4
    assert house.device.flows.battery == 0  # it rests after a discharge window
    decision = await house.tick()
    assert decision.reason.key == "control_plan"
    assert (house.get("discharge_start_1"), house.get("discharge_end_1")) == (time(), time())
    house.advance(timedelta(minutes=1))
    assert house.device.flows.battery == pytest.approx(house.device.flows.load)


async def test_the_windows_of_the_person_force_nothing_while_automation_is_on(house: ControlledSystem) -> None:
    for key, value in {
        "charge_start_2": "20:00",
        "charge_end_2": "23:00",
        "discharge_start_3": "21:00",
        "discharge_end_3": "22:00",
        "charge_priority": "pv_only",
        "timed_charge": 0,
    }.items():
        house.put(key, value)
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.HOLD, 4 * HOUR)]
    await house.tick()
    observed = house.advance(4 * HOUR, timedelta(minutes=5))
    assert not any(charges or exports for _, charges, exports in observed)
    assert house.get("charge_priority") == 3  # not before something is charged
    house.plan = [house.run(ActionKind.CHARGE, HOUR)]
    await house.tick()
    assert house.get("charge_priority") == 2


async def test_switching_off_hands_back_once_and_then_writes_nothing(house: ControlledSystem) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.DISCHARGE, HOUR)]
    await house.tick()
    await house.controller.set_mode(Mode.DRY_RUN)
    assert (await house.battery.state()).running is ActionKind.SELF_CONSUME
    house.put("discharge_start_2", "05:00")
    writes = house.writes()
    house.plan = [house.run(ActionKind.CHARGE, HOUR)]
    for _ in range(3):
        decision = await house.tick()
        assert (decision.action.kind, decision.performed) == (ActionKind.CHARGE, False)
        house.advance(timedelta(minutes=5))
    await house.controller.release_control()
    assert house.writes() == writes


async def test_an_orderly_end_puts_the_safe_default_back(house: ControlledSystem) -> None:
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.CHARGE, HOUR)]
    await house.tick()
    await house.controller.release_control()
    house.advance(timedelta(minutes=1))
    assert house.device.flows.battery == pytest.approx(house.device.flows.load)
    writes = house.writes()
    await house.controller.release_control()
    assert house.writes() == writes


async def test_a_limit_of_the_grid_and_of_the_battery_still_holds(house: ControlledSystem) -> None:
    house.put("max_charge_current", 20)
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.CHARGE, HOUR, 5000)]
    await house.tick()
    house.advance(timedelta(minutes=2))
    assert house.get("max_charge_current") == 20
    assert -house.device.flows.battery == pytest.approx(20 * 53, rel=0.03)
