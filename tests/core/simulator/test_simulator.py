from datetime import datetime, timedelta
import json
from time import sleep
from typing import Any

import pytest

from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.core.simulator.state import InvalidStateError

NOW = datetime(2026, 6, 17, 12)


def local_clock() -> datetime:
    return NOW


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"speed": 0}, "speed cannot be 0: allowed is above 0"),
        ({"speed": float("nan")}, "speed"),
        ({"speed": 1e9}, "speed"),
        ({"unit": 0}, "unit id cannot be 0: allowed is 1 to 254"),
        ({"unit": 255}, "unit id"),
        ({"turnaround": -1}, "turnaround"),
    ],
)
def test_invalid_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Simulator(**arguments)


def test_invalid_state() -> None:
    with pytest.raises(InvalidStateError):
        Simulator(state={})


def test_simulation_speed() -> None:
    simulator = Simulator(speed=3600, local_clock=local_clock)
    sleep(0.05)
    simulator.dump_state()
    assert timedelta(minutes=3) <= simulator.device.clock - NOW < timedelta(hours=1)


def test_skipping_time() -> None:
    simulator = Simulator(local_clock=local_clock)
    simulator.skip(26 * 3600)
    assert timedelta(0) <= simulator.device.clock - NOW - timedelta(hours=26) < timedelta(seconds=5)
    assert simulator.device.meters.history["load"][0] > 5000


def test_restored_state_continues() -> None:
    first = Simulator(seed=3, unit=12, local_clock=local_clock)
    first.device.write(0xA031, [123])
    first.skip(7200)
    state = json.loads(json.dumps(first.dump_state()))
    second = Simulator(state=state, local_clock=lambda: NOW + timedelta(hours=2))
    assert second.device.serial == first.device.serial
    assert second.device.unit == 12
    assert second.device.read(0xA031, 1) == [123]
    assert second.device.state.soc == pytest.approx(state["soc"])
    assert Simulator(state=state, unit=3, local_clock=local_clock).device.unit == 3


def test_seed_determines_the_inverter() -> None:
    one, same, other = (Simulator(seed=seed, local_clock=local_clock).device for seed in (1, 1, 2))
    assert one.serial == same.serial != other.serial
    assert one.meters.total == same.meters.total != other.meters.total
