"""The real Home Assistant killed with SIGKILL while it trades: what the inverter does then by its own clock."""

from datetime import datetime, timedelta
import json
import os
from pathlib import Path
import signal
import subprocess
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.inverter.actions import active_action
from custom_components.nattery.core.simulator.simulator import Simulator
from scripts.demonstration.api import HomeAssistantClient
from tests.core.control.controlled_system import HOUR, Observation, SimulatedSystem
from tests.ports import free_port

from .cards import wait_for
from .demo import Demo, copy_of, running, time_zone_at_noon, wait_for as wait_until
from .trading import AUTOMATION, act, entry_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(700)]

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
LASTING = timedelta(minutes=40)
SAFE = {"OnTimeChargeEn": 1, "OnTimeDischgEn": 0, "OutPriority": 0, "OnGridActivePowerSet": 0}


def kill_home_assistant(folder: Path) -> None:
    """Kill the Home Assistant that lives there, so that it can put nothing right."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid,args"], capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=1) for line in listing.stdout.splitlines()]
    (pid,) = (int(pid) for pid, command in lines if "bin/hass" in command and f"{folder}/" in command)
    os.kill(pid, signal.SIGKILL)


def on(world: SimulatedSystem) -> str | None:
    """The action that the inverter's own settings and clock amount to."""
    clock = world.get("clock")
    assert isinstance(clock, datetime)
    return active_action(world.settings(), clock)[0]


def forced(lived: list[Observation], action: str) -> list[bool]:
    return [charges if action == "charge" else exports for _, charges, exports in lived]


async def test_nothing_is_forced_past_the_run_of_a_killed_home_assistant(demo: Demo, socket_enabled: None) -> None:
    folder, port = copy_of(demo), free_port()
    for action in ("charge", "discharge"):
        victim = Demo(folder, port)
        try:
            victim.wait_until_ready()
            async with HomeAssistantClient(victim.url) as api:
                entry = await entry_of(api)
                await clean_up(api, entry, victim)
                await api.perform_action("switch.turn_on", AUTOMATION)
                await act(api, "override", entry, action=action, power=4000, duration=str(LASTING))
            kill_home_assistant(folder)
            wait_until(victim.has_ended, 60, lambda: "The demo goes on without Home Assistant")
        finally:
            victim.stop(signal.SIGTERM)
        assert "Home Assistant ended unexpectedly" in victim.errors
        live_without(folder, action)
    with running(folder, port) as next_life:
        async with HomeAssistantClient(next_life.url) as api:
            await clean_up(api, await entry_of(api), next_life)


def live_without(folder: Path, action: str) -> None:
    """The inverter goes on as it was left, in a time that can be hurried."""
    now = datetime.now(ZoneInfo(time_zone_at_noon())).replace(tzinfo=None)
    state = json.loads((folder / "inverter.json").read_text())
    with Simulator(seed=42, state=state, local_clock=lambda: now) as simulator:
        simulator.device.set_soc(50)
        world = SimulatedSystem(simulator, now)
        for _ in range(QUARTER // MINUTE):
            assert on(world) == action  # whatever sun and load do meanwhile
            world.advance(MINUTE)
        rest = world.advance(4 * HOUR - QUARTER)
        assert not any(forced(rest, action)[26:])
        day = world.advance(22 * HOUR)
        assert sum(forced(day, action)) <= LASTING // MINUTE + 1  # once more the next day, at the most


async def clean_up(api: HomeAssistantClient, entry: str, demo: Demo) -> None:
    """The next life finds what the last one left, and puts the safe default back."""
    await act(api, "clear_override", entry)
    await api.perform_action("switch.turn_off", AUTOMATION)

    async def safe() -> bool:
        return demo.registers().items() >= SAFE.items()

    await wait_for(safe)
