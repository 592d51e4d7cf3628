"""Whole simulated days: how often settings are written, and the nights in which the clocks change."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.controller import Mode
from custom_components.nattery.core.control.guards import MAX_WRITES, SocLimits
from custom_components.nattery.core.control.schedule import ScheduledAction
from custom_components.nattery.core.inverter.write_counter import WARN_AT

from .controlled_system import HOUR, QUARTER, ControlledSystem, run

MIDNIGHT = datetime(2026, 11, 24, 0, 0, 10)
MINUTE, STEP = timedelta(minutes=1), timedelta(minutes=5)
C, D, H, S = ActionKind.CHARGE, ActionKind.DISCHARGE, ActionKind.HOLD, ActionKind.SELF_CONSUME


def slots(house: ControlledSystem, kinds: list[tuple[ActionKind, float]]) -> list[ScheduledAction]:
    start = house.until("00:00")
    return [
        run(kind, start + number * QUARTER, start + (number + 1) * QUARTER, power)
        for number, (kind, power) in enumerate(kinds)
    ]


async def day(house: ControlledSystem) -> None:
    for _ in range(round(24 * HOUR / STEP)):
        await house.tick()
        house.simulator.skip(STEP.total_seconds())


@pytest.fixture
async def house(build: Callable[..., ControlledSystem]) -> ControlledSystem:
    house = build(MIDNIGHT)
    await house.controller.set_mode(Mode.AUTOMATIC)
    return house


async def test_a_steady_run_of_four_hours_is_written_once(house: ControlledSystem) -> None:
    house.plan = slots(house, [(C, 1000)] * 16 + [(S, 0)] * 80)
    await house.tick()
    writes = house.writes()
    assert writes == 3  # the current, and a window's start and end
    for _ in range(4 * 12 - 1):
        house.simulator.skip(STEP.total_seconds())
        assert (await house.tick()).performed
        assert house.device.flows.grid_charge > 0
    assert house.writes() == writes


async def test_a_run_of_six_hours_is_extended_once(house: ControlledSystem) -> None:
    house.plan = slots(house, [(D, 500)] * 24 + [(S, 0)] * 72)
    house.device.set_soc(95)
    await house.tick()
    writes = house.writes()
    for _ in range(6 * 12 - 1):
        house.simulator.skip(STEP.total_seconds())
        assert (await house.tick()).performed
        assert house.device.flows.battery > 0
    assert house.writes() == writes + 2  # the window's start and end


async def test_a_usual_day(house: ControlledSystem) -> None:
    """Night charge, morning sale, noon from the sun, evening sale in two parts."""
    house.plan = slots(
        house,
        [(S, 0)] * 4 + [(C, 3000)] * 12 + [(H, 0)] * 8 + [(D, 2500)] * 6 + [(S, 0)] * 30 + [(H, 0)] * 8
        + [(D, 4000)] * 5 + [(D, 2000)] * 3 + [(S, 0)] * 20,
    )  # fmt: skip
    await day(house)
    assert house.most_writes() <= 8
    assert house.writes() <= 40


async def test_a_day_on_which_the_plan_changes_its_mind_all_the_time(house: ControlledSystem) -> None:
    """Prices flap around the worth of the energy: every quarter another power and another end."""
    dice = Random(7)
    for number in range(96):
        kind = C if number // 4 % 6 < 3 else D
        power = 1000 * dice.uniform(0.97, 1.03)
        house.plan = [run(kind, house.now(), house.now() + dice.randint(2, 8) * QUARTER, power)]
        for _ in range(3):
            assert (await house.tick()).reason.key == "control_plan"
            house.simulator.skip(STEP.total_seconds())
    assert house.most_writes() <= 32  # of 100, and far from the 40 at which it would stop by itself
    assert max(house.inverter.write_counter.total.values()) == house.most_writes()


async def test_the_worst_day_is_stopped_before_anything_wears(house: ControlledSystem) -> None:
    house.plan = slots(house, [(C, 3000), (D, 3000)] * 48)
    reasons = []
    for _ in range(96):
        reasons.append((await house.tick()).reason.key)
        house.simulator.skip(QUARTER.total_seconds())
    assert reasons[:15] == ["control_plan"] * 15
    assert reasons[-1] == "control_worn"
    assert house.most_writes() <= MAX_WRITES + 2 < WARN_AT
    assert (await house.battery.state()).running is S


# When the clocks change: nobody has told the inverter, until the keeper of its clock notices

SPRING, AUTUMN = datetime(2027, 3, 28, 0, 0, 10), datetime(2026, 10, 25, 0, 0, 10)


@pytest.mark.parametrize("noticed", [timedelta(minutes=20), None])
@pytest.mark.parametrize("kind", [C, D])
@pytest.mark.parametrize("midnight", [SPRING, AUTUMN])
async def test_a_run_through_the_night_in_which_the_clocks_change(
    build, midnight: datetime, kind: ActionKind, noticed: timedelta | None
) -> None:
    """From 01:00 for four hours; never beyond, and on for nearly all of it where the clock is put right."""
    house = build(midnight)
    await house.controller.set_mode(Mode.AUTOMATIC)
    start = house.until("01:00")
    end = start + 4 * HOUR
    house.plan = [run(kind, start, end, 500), run(S, end, end + 12 * HOUR)]
    house.simulator.skip(3600 - 10)
    off: datetime | None = None
    steps = 0
    while house.now() < end + 2 * HOUR:
        await house.tick()
        house.simulator.skip(STEP.total_seconds())
        now, flows = house.now(), house.device.flows
        forced = flows.grid_charge > 0 or flows.grid < -1
        assert not forced or start < now <= end + MINUTE
        steps += forced
        drift = abs(await house.inverter.clock_drift())
        off = (off or now) if drift > 60 else None
        if off and noticed is not None and now - off >= noticed:
            await house.inverter.sync_clock()
    assert steps * STEP >= (4 * HOUR - noticed if noticed is not None else 3 * HOUR) - STEP
    assert (await house.battery.state()).running is S
    assert house.most_writes() <= 6


@pytest.mark.parametrize("midnight", [SPRING, AUTUMN])
@pytest.mark.parametrize("begin", [timedelta(minutes=90), timedelta(minutes=150), timedelta(minutes=185)])
async def test_short_runs_around_the_change(build, midnight: datetime, begin: timedelta) -> None:
    house = build(midnight)
    await house.controller.set_mode(Mode.AUTOMATIC)
    start = house.now().replace(second=0) + begin
    end = start + QUARTER
    house.plan = [run(C, start, end, 500), run(S, end, end + 12 * HOUR)]
    house.simulator.skip((start - house.now()).total_seconds() + 10)
    await house.inverter.sync_clock(tolerance=60)
    steps = 0
    while house.now() < end + 2 * HOUR:
        await house.tick()
        house.simulator.skip(STEP.total_seconds())
        forced = house.device.flows.grid_charge > 0
        assert not forced or start < house.now() <= end + MINUTE
        steps += forced
        await house.inverter.sync_clock(tolerance=60)
    assert steps == 2  # at 5 and 10 minutes, and no more at 15


async def test_a_day_in_which_the_reserve_is_held_spares_the_inverters_memory(house: ControlledSystem) -> None:
    house.controller.limits = SocLimits(reserve=60)
    house.device.set_soc(50)
    house.plan = slots(house, [(S, 0)] * 96)
    await day(house)
    assert house.most_writes() <= 26
    assert house.device.flows.battery <= 0
