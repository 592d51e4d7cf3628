"""A controller killed with SIGKILL, and what the inverter does then by its own clock."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
import json
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.control.controller import Mode
from custom_components.nattery.core.control.schedule import ScheduledAction
from custom_components.nattery.core.simulator.simulator import Simulator

from .controlled_system import EVENING, HOUR, ControlledSystem, Observation, SimulatedSystem, run

ROOT = Path(__file__).parents[3]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FORCED = [ActionKind.CHARGE, ActionKind.DISCHARGE]


class KillableSystem(SimulatedSystem):
    """A simulated system whose controllers are processes."""

    def __init__(self, simulator: Simulator, begun: datetime, file: Path) -> None:
        super().__init__(simulator, begun)
        self.port = simulator.serve_tcp()
        self.file = file
        self.device.set_soc(50)

    @contextmanager
    def child(self, plan: Sequence[ScheduledAction]) -> Iterator[subprocess.Popen[str]]:
        text = json.dumps(
            [[one.action.kind, one.action.power, one.start.isoformat(), one.end.isoformat()] for one in plan]
        )
        command = [sys.executable, "-m", "tests.core.control.child", str(self.port), self.now().isoformat(), text]
        with subprocess.Popen([*command, str(self.file)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def world(start_simulator: Callable[..., Simulator], tmp_path: Path) -> KillableSystem:
    return KillableSystem(start_simulator(local_clock=lambda: EVENING), EVENING, tmp_path / "control.json")


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(words):
            return
    raise AssertionError(f"It ended before it said {words}")


def kill_after(world: SimulatedSystem, process: subprocess.Popen[str], requests: int) -> None:
    """Kill the process at the moment at which the inverter has carried out that many of its write requests."""
    write, seen = world.device.write, 0

    def counted(address: int, words: Sequence[int]) -> None:
        nonlocal seen
        write(address, words)
        seen += 1
        if seen == requests:
            os.kill(process.pid, signal.SIGKILL)

    world.device.write = counted


def nothing_beyond(observed: Sequence[Observation], planned: Sequence[ScheduledAction]) -> None:
    """Nothing is forced outside the planned runs and, a day later, the same time of day."""
    for moment, charges, exports in observed:
        for is_forced, kind in ((charges, ActionKind.CHARGE), (exports, ActionKind.DISCHARGE)):
            may = any(
                one.action.kind is kind and one.start - MINUTE <= moment - days * DAY <= one.end + MINUTE
                for one in planned
                for days in (0, 1)
            )
            assert may or not is_forced, (moment, kind)


@pytest.mark.parametrize("kind", FORCED)
def test_killed_in_the_middle_of_an_action(world: KillableSystem, kind: ActionKind) -> None:
    now = world.now()
    planned = [run(kind, now, world.until("21:00"), 2000)]
    with world.child(planned) as process:
        wait_for(process, f"{kind} control_plan")
        process.kill()
        assert process.wait() == -signal.SIGKILL

    def is_forced(observed: Sequence[Observation]) -> list[bool]:
        return [charges or exports for _, charges, exports in observed]

    quarter = world.advance(timedelta(minutes=15))
    assert all(is_forced(quarter))  # the run is still on
    rest = world.advance(4 * HOUR - timedelta(minutes=15))
    assert not any(is_forced(rest)[46:])  # from 21:01 on
    self_consumes = world.device.flows.battery == pytest.approx(world.device.flows.load)
    assert self_consumes is (kind is ActionKind.CHARGE)
    assert (world.device.flows.battery == 0) is (kind is ActionKind.DISCHARGE)
    next_day = world.advance(22 * HOUR)
    nothing_beyond([*quarter, *rest, *next_day], planned)
    assert sum(is_forced(next_day)) <= 61  # the last run once more at most

    # The next start releases control, whatever the plan is.
    with world.child([]) as process:
        wait_for(process, "self_consume control_no_plan")
    world.advance(MINUTE)
    assert world.device.flows.battery == pytest.approx(world.device.flows.load)
    assert not any(is_forced(world.advance(26 * HOUR, timedelta(minutes=5))))


@pytest.mark.parametrize("kind", FORCED)
def test_killed_at_the_start_of_a_long_run(world: KillableSystem, kind: ActionKind) -> None:
    """Six hours are planned, but four is the most that anything lasts alone."""
    planned = [run(kind, world.now(), world.now() + 6 * HOUR, 500)]
    with world.child(planned) as process:
        wait_for(process, f"{kind} control_plan")
    observed = world.advance(10 * HOUR)
    nothing_beyond(observed, [run(kind, world.now() - 10 * HOUR, world.now() - 6 * HOUR)])


def test_killed_and_restarted_the_plan_goes_on(world: KillableSystem) -> None:
    planned = [run(ActionKind.CHARGE, world.now(), world.until("22:00"), 2000)]
    for _ in range(2):
        with world.child(planned) as process:
            wait_for(process, "charge control_plan")
        world.advance(timedelta(minutes=10))
        assert world.device.flows.grid_charge == pytest.approx(2000, rel=0.03)


# How many write requests it takes to end an action and to start the other one.
REQUESTS = {ActionKind.CHARGE: 1 + 4, ActionKind.DISCHARGE: 4 + 3}


@pytest.mark.parametrize(
    ("before", "kind", "requests"),
    [
        (before, kind, requests)
        for before, kind in (FORCED, FORCED[::-1])
        for requests in range(1, REQUESTS[before] + 1)
    ],
)
async def test_killed_between_any_two_writes(
    world: KillableSystem, before: ActionKind, kind: ActionKind, requests: int
) -> None:
    """While one action runs, the next process releases control, starts another action, and is killed on the way."""
    house = ControlledSystem(world.simulator, EVENING)
    house.put("charge_priority", "pv_only")
    await house.controller.set_mode(Mode.AUTOMATIC)
    house.plan = planned = [run(before, house.now(), house.now() + HOUR, 2000)]
    assert (await house.tick()).performed
    house.bus.close()
    world.file.write_text(json.dumps(house.controller.as_dict()))
    next_ = run(kind, house.now(), house.now() + 2 * HOUR, 3000)
    with world.child([next_]) as process:
        kill_after(world, process, requests)
        assert process.wait(timeout=100) == -signal.SIGKILL
    nothing_beyond(world.advance(5 * HOUR, timedelta(minutes=5)), [*planned, next_])
