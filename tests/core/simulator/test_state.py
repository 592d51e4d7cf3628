from datetime import datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter
from custom_components.nattery.core.simulator.state import InvalidStateError, dump_state, restore_state

NOW = datetime(2026, 6, 17, 12, 0)


@pytest.fixture
def saved() -> dict[str, Any]:
    device = SimulatedInverter(4, NOW)
    device.write(0xA031, [345])
    device.write(0xA0A0, [1, 0x0100, 0x0200])
    device.write(0x9C44, [1])
    device.raise_alarm(50)
    device.advance(3600)
    plain: dict[str, Any] = json.loads(json.dumps(dump_state(device)))
    return plain


def restored(saved: dict[str, Any], now: datetime) -> SimulatedInverter:
    device = SimulatedInverter(1, now, with_history=False)
    restore_state(device, saved)
    return device


def test_persistent_state_is_restored(saved: dict[str, Any]) -> None:
    device = restored(saved, NOW + timedelta(hours=1))
    again = dump_state(device)
    assert again == saved
    assert device.serial == SimulatedInverter(4, NOW, with_history=False).serial
    assert device.read(0xA031, 1) == [345]
    assert device.read(0xA0A0, 3) == [1, 0x0100, 0x0200]
    assert device.writes["ChargeStartTime1"] == 1
    assert device.read(0xCF08, 1) == [51]


def test_commands_and_alarms_are_not_restored(saved: dict[str, Any]) -> None:
    device = restored(saved, NOW + timedelta(hours=1))
    device.set_soc(50)
    device.advance(1)
    assert device.flows.battery < 0  # PV charges again
    assert device.read(0x75A5, 8) == [0] * 8


def test_days_without_power_are_empty(saved: dict[str, Any]) -> None:
    now = NOW + timedelta(days=2, hours=1)
    device = restored(saved, now)
    assert device.clock == now
    assert device.state.soc == saved["soc"]
    assert set(device.meters.today.values()) == {0.0}
    assert device.meters.total == saved["total"]
    assert device.meters.history["load"] == [0, saved["today"]["load"], *saved["history"]["load"][:5]]


def test_long_power_off_empties_only_the_histories(saved: dict[str, Any]) -> None:
    device = restored(saved, NOW + timedelta(days=4000))
    assert device.meters.history["load"] == [0] * 7
    assert device.meters.total == saved["total"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "allowed is 1"),
        ({"settings": {"OutPriority": [9]}}, "OutPriority"),
        ({"settings": {"OutPriority": []}}, "OutPriority"),
        ({"settings": 5}, "cannot be read"),
        ({"soc": "much"}, "cannot be read"),
        ({"total": None}, "cannot be read"),
        ({"faults": [[1]]}, "cannot be read"),
        ({"day": "someday"}, "cannot be read"),
        ({"serial": "é"}, "cannot be read"),
    ],
)
def test_invalid_state_changes_nothing(saved: dict[str, Any], change: dict[str, Any], message: str) -> None:
    device = SimulatedInverter(1, NOW, with_history=False)
    before = dump_state(device)
    with pytest.raises(InvalidStateError, match=message):
        restore_state(device, saved | change)
    assert dump_state(device) == before


def test_incomplete_state_is_invalid(saved: dict[str, Any]) -> None:
    del saved["history"]
    with pytest.raises(InvalidStateError, match="history"):
        restored(saved, NOW)
