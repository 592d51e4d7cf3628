"""What keeps an action from being done: self-consumption with a reason, and recovery by itself."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.controller import Decision, Mode
from custom_components.nattery.core.control.guards import SocLimits
from custom_components.nattery.core.control.overrides import OverrideRequest
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.inverter.table import Tier
from custom_components.nattery.core.sentences import english_sentences

from .controlled_system import BERLIN, EVENING, HOUR, ControlledSystem

MINUTE = timedelta(minutes=1)
SAFE = ActionKind.SELF_CONSUME


@pytest.fixture
async def trading(house: ControlledSystem) -> ControlledSystem:
    """A house that charges or discharges for an hour."""
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = [house.run(ActionKind.CHARGE, HOUR)]
    return house


async def ticked(house: ControlledSystem, minutes: int = 1) -> Decision:
    house.simulator.skip(minutes * 60)
    return await house.tick()


def english(decision: Decision) -> str:
    """Return the reason and its details in English."""
    return english_sentences("EUR", BERLIN).whole(decision.reason, decision.at)


async def expect(house: ControlledSystem, key: str, kind: ActionKind) -> Decision:
    """A tick a minute later gives that reason, and the inverter is then set to that."""
    decision = await ticked(house)
    assert (decision.reason.key, (await house.battery.state()).running) == (key, kind), english(decision)
    assert decision.performed
    assert decision.action.kind is kind
    return decision


async def test_nothing_planned(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.plan = []
    await expect(trading, "control_no_plan", SAFE)
    trading.plan = [trading.run(ActionKind.CHARGE, HOUR, start=trading.now() + 2 * MINUTE)]
    await expect(trading, "control_no_plan", SAFE)
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_stale_prices(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.fresh = False
    await expect(trading, "control_stale_prices", SAFE)
    trading.controller.change_overrides([OverrideRequest(ActionKind.HOLD, trading.now() + HOUR)])  # needs no prices
    await expect(trading, "control_override", ActionKind.HOLD)
    trading.controller.change_overrides(clear={one.id for one in trading.controller.overrides})
    trading.plan = []
    await expect(trading, "control_stale_prices", SAFE)
    trading.fresh = True
    trading.plan = [trading.run(ActionKind.CHARGE, HOUR)]
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_no_readings(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.simulator.stop()
    decision = await ticked(trading)
    assert (decision.action, decision.performed, decision.reason.key) == (None, False, "control_no_readings")
    assert "cannot be read" in english(decision)


async def test_no_readings_and_readings_again(trading: ControlledSystem) -> None:
    read = trading.device.read
    trading.device.read = lambda address, count: [0xFFFF] * count
    decision = await ticked(trading)
    assert (decision.action, decision.reason.key) == (None, "control_no_readings")
    trading.device.read = read
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_an_alarm(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.device.raise_alarm(17)
    decision = await expect(trading, "control_alarm", SAFE)
    assert english(decision) == "The inverter reports an alarm: alarm 17."
    await trading.inverter.write("clear_alarms_command", 1)
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_an_empty_battery_may_be_charged_but_not_discharged(trading: ControlledSystem) -> None:
    trading.device.set_soc(14)
    for _ in range(2):
        await trading.inverter.read(Tier.FAST)  # a jump of the charge is believed when it is confirmed
    await expect(trading, "control_plan", ActionKind.CHARGE)
    assert trading.device.read(0x75A5, 1) == [1]
    trading.plan = [trading.run(ActionKind.DISCHARGE, HOUR)]
    await expect(trading, "control_alarm", SAFE)


async def test_an_inverter_that_is_off(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.put("power_command", 0)
    await expect(trading, "control_not_running", SAFE)
    trading.put("power_command", 1)
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def charge_to(house: ControlledSystem, soc: float) -> None:
    house.device.set_soc(soc)
    for _ in range(2):
        await house.inverter.read(Tier.FAST)


async def test_limits_of_the_charge(trading: ControlledSystem) -> None:
    trading.controller.limits = SocLimits(low=30, high=80)
    await charge_to(trading, 79)
    await expect(trading, "control_plan", ActionKind.CHARGE)
    await charge_to(trading, 80)
    decision = await expect(trading, "control_soc_high", SAFE)
    assert english(decision) == "The battery is at 80 %, and should not be charged above 80 %."
    await charge_to(trading, 77)  # no swinging around the limit
    await expect(trading, "control_soc_high", SAFE)
    await charge_to(trading, 74)
    await expect(trading, "control_plan", ActionKind.CHARGE)

    trading.plan = [trading.run(ActionKind.DISCHARGE, HOUR)]
    await expect(trading, "control_plan", ActionKind.DISCHARGE)
    await charge_to(trading, 30)
    await expect(trading, "control_soc_low", SAFE)
    await charge_to(trading, 34)
    await expect(trading, "control_soc_low", SAFE)
    await charge_to(trading, 36)
    await expect(trading, "control_plan", ActionKind.DISCHARGE)


async def test_an_inverter_that_may_not_export_is_not_told_to(trading: ControlledSystem) -> None:
    trading.put("grid_feed_in", 0)
    trading.plan = [trading.run(ActionKind.DISCHARGE, HOUR)]
    await expect(trading, "control_export_off", SAFE)
    trading.put("grid_feed_in", 1)
    await expect(trading, "control_plan", ActionKind.DISCHARGE)


@pytest.mark.parametrize("kind", [ActionKind.CHARGE, ActionKind.DISCHARGE, ActionKind.HOLD])
@pytest.mark.parametrize("drift", [-61, 70, 3600])
async def test_a_wrong_clock_starts_no_action(trading: ControlledSystem, kind: ActionKind, drift: int) -> None:
    trading.plan = [trading.run(kind, HOUR)]
    trading.put("clock", trading.wall().replace(microsecond=0) + timedelta(seconds=drift))
    decision = await expect(trading, "control_clock_off", SAFE)
    assert decision.reason.values["seconds"] == pytest.approx(drift, abs=2)
    assert decision.written == ()
    await trading.inverter.sync_clock()  # as the keeper of the clock does
    await expect(trading, "control_plan", kind)


async def test_a_running_action_continues_when_the_clock_is_wrong_but_not_too_long(
    trading: ControlledSystem,
) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    settings, writes = trading.settings(), trading.writes()
    trading.put("clock", trading.wall().replace(microsecond=0) + timedelta(minutes=20))
    decision = await expect(trading, "control_plan", ActionKind.CHARGE)
    assert (decision.written, trading.settings(), trading.writes()) == ((), settings, writes + 1)
    trading.simulator.skip(30 * 60)
    trading.put("clock", EVENING + timedelta(minutes=5))
    await expect(trading, "control_clock_off", SAFE)  # by this clock it would last longer than the run
    assert trading.get("charge_start_1") == trading.get("charge_end_1")


async def test_a_clock_that_cannot_be_read(trading: ControlledSystem) -> None:
    trading.simulator.skip(0)
    read = trading.device.read

    def without_clock(address: int, count: int) -> list[int]:
        words = read(address, count)
        return [0 if 0xA03A <= place < 0xA03D else word for place, word in enumerate(words, address)]

    trading.device.read = without_clock
    await expect(trading, "control_clock_unknown", SAFE)
    trading.device.read = read
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_a_change_by_hand_is_left_alone_until_the_run_ends(trading: ControlledSystem) -> None:
    end = trading.plan[0].end
    trading.plan = [*trading.plan, trading.run(ActionKind.HOLD, 3 * HOUR, start=end)]
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.put("grid_charge_current_limit", 10)
    for _ in range(5):
        decision = await ticked(trading, 5)
        assert (decision.action, decision.reason.key, decision.performed) == (None, "control_changed_by_hand", False)
        assert decision.reason.values == {"settings": ("grid_charge_current_limit",), "until": end}
        assert english(decision) == (
            "Maximum charge current from grid was changed by hand. Trading is paused until 21:00."
        )
        assert trading.get("grid_charge_current_limit") == 10
    trading.simulator.skip(35 * 60)
    await expect(trading, "control_plan", ActionKind.HOLD)
    trading.put("timed_discharge", 0)
    assert (await ticked(trading)).reason.key == "control_changed_by_hand"
    trading.controller.resume()
    await expect(trading, "control_plan", ActionKind.HOLD)
    trading.put("timed_discharge", 0)
    assert (await ticked(trading)).reason.key == "control_changed_by_hand"
    # Who asks for something wants it done.
    trading.controller.change_overrides([OverrideRequest(ActionKind.CHARGE, trading.now() + HOUR, 1000)])
    await expect(trading, "control_override", ActionKind.CHARGE)


async def test_a_change_by_hand_without_a_plan_is_left_alone_for_hours(trading: ControlledSystem) -> None:
    trading.plan = []
    await expect(trading, "control_no_plan", SAFE)
    trading.put("output_priority", "grid_first")
    assert (await ticked(trading)).reason.key == "control_changed_by_hand"
    assert (await ticked(trading, 200)).reason.key == "control_changed_by_hand"
    trading.simulator.skip(60 * 60)
    await expect(trading, "control_no_plan", SAFE)


async def test_settings_that_are_not_ours_may_be_changed_at_any_time(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    trading.put("soc_stop_discharge", 20)
    trading.put("max_charge_current", 90)
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_a_write_that_does_not_take_is_tried_less_and_less(trading: ControlledSystem) -> None:
    write, tries = trading.device.write, []

    def stubborn(address: int, words: Sequence[int]) -> None:
        if address == 0xA031:  # the current
            tries.append(trading.now())
        else:
            write(address, words)

    trading.device.write = stubborn
    trading.plan = [trading.run(ActionKind.CHARGE, 24 * HOUR)]
    decision = await trading.tick()
    assert (decision.action, decision.reason.key) == (None, "control_write_failed")
    detail = decision.reason.values["detail"]
    assert isinstance(detail, Explanation)
    assert (detail.key, detail.values["register"]) == ("mismatch", "ChgCurrByLineSet")
    for _ in range(5 * 60):
        decision = await ticked(trading)
        assert decision.reason.key == "control_write_failed"
    gaps = [round((later - before) / MINUTE) for before, later in pairwise(tries)]
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (await trading.battery.state()).running is SAFE
    trading.device.write = write
    trading.simulator.skip(60 * 60)
    await expect(trading, "control_plan", ActionKind.CHARGE)
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_what_was_begun_is_taken_back_when_the_rest_does_not_take(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    write = trading.device.write

    def stubborn(address: int, words: Sequence[int]) -> None:
        if address != 0xA03F:  # the delivery
            write(address, words)

    trading.device.write = stubborn
    trading.plan = [trading.run(ActionKind.DISCHARGE, HOUR)]
    assert (await ticked(trading)).reason.key == "control_write_failed"
    assert (await trading.battery.state()).running is SAFE


async def test_handing_back_is_tried_until_it_works_even_by_the_next_life(trading: ControlledSystem) -> None:
    await expect(trading, "control_plan", ActionKind.CHARGE)
    write, tries = trading.device.write, []
    trading.device.write = lambda *words: tries.append(words)
    await trading.controller.set_mode(Mode.DRY_RUN)
    assert len(tries) == 1
    trading.restart()
    trading.controller.restore(trading.saved[-1])
    assert trading.controller.mode is Mode.DRY_RUN
    await trading.controller.release_control()
    for _ in range(3):
        await trading.tick()
    assert len(tries) == 2  # the next try is a minute later
    trading.device.write = write
    decision = await ticked(trading, 2)
    assert (decision.action.kind, decision.performed) == (ActionKind.CHARGE, False)
    assert (await trading.battery.state()).running is SAFE
    writes = trading.writes()
    trading.restart()
    trading.controller.restore(trading.saved[-1])
    trading.put("charge_start_1", "01:00")
    await trading.controller.release_control()
    await ticked(trading)
    assert trading.writes() == writes + 1  # the person's


async def test_a_run_of_seconds_is_not_begun(trading: ControlledSystem) -> None:
    trading.plan = [trading.run(ActionKind.CHARGE, timedelta(seconds=40))]
    decision = await trading.tick()
    assert (decision.action.kind, decision.reason.key, decision.written) == (SAFE, "control_too_short", ())


async def test_a_worn_setting_starts_nothing_more_today(trading: ControlledSystem) -> None:
    for watts in range(40):
        await trading.inverter.write("grid_active_power", watts + 1)
    trading.controller.resume()
    await expect(trading, "control_worn", SAFE)
    trading.simulator.skip(4 * 60 * 60)
    trading.plan = [trading.run(ActionKind.CHARGE, HOUR)]
    await expect(trading, "control_plan", ActionKind.CHARGE)  # the next day


# --- the reserve


async def test_the_reserve_is_held_whatever_is_planned(trading: ControlledSystem) -> None:
    trading.controller.limits = SocLimits(low=10, high=100, reserve=40)
    for kind in (ActionKind.DISCHARGE, SAFE):
        trading.plan = [trading.run(kind, 3 * HOUR)]
        await charge_to(trading, 50)
        await expect(trading, "control_plan", kind)
        await charge_to(trading, 40)
        decision = await expect(trading, "control_reserve", ActionKind.HOLD)
        assert english(decision).endswith(" %, and 40 % are kept in reserve.")
        await charge_to(trading, 42)  # no swinging around it
        await expect(trading, "control_reserve", ActionKind.HOLD)
        await charge_to(trading, 45)
        await expect(trading, "control_plan", kind)
    trading.plan = [trading.run(ActionKind.CHARGE, HOUR)]
    await charge_to(trading, 30)
    await expect(trading, "control_plan", ActionKind.CHARGE)


async def test_the_reserve_is_held_without_a_plan_and_without_prices(trading: ControlledSystem) -> None:
    trading.controller.limits = SocLimits(reserve=40)
    await charge_to(trading, 35)
    trading.plan = []
    await expect(trading, "control_reserve", ActionKind.HOLD)
    trading.fresh = False
    await expect(trading, "control_reserve", ActionKind.HOLD)
    trading.controller.limits = SocLimits()
    await expect(trading, "control_stale_prices", SAFE)


async def test_an_override_may_use_the_reserve(trading: ControlledSystem) -> None:
    trading.controller.limits = SocLimits(reserve=40)
    await charge_to(trading, 35)
    trading.plan = [trading.run(SAFE, HOUR)]
    await expect(trading, "control_reserve", ActionKind.HOLD)
    trading.controller.change_overrides([OverrideRequest(ActionKind.DISCHARGE, trading.now() + HOUR, 1000)])
    await expect(trading, "control_override", ActionKind.DISCHARGE)


async def test_a_battery_that_cannot_be_held_supplies_the_house(trading: ControlledSystem) -> None:
    trading.controller.limits = SocLimits(reserve=40)
    await charge_to(trading, 35)
    trading.plan = [trading.run(SAFE, HOUR)]
    trading.device.raise_alarm(17)
    await expect(trading, "control_plan", SAFE)
