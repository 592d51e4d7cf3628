"""The recorder's state as it is stored: its keys must stay, since earlier versions have written them."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.recorder_state import LONGEST_WAIT, IntervalRecord, RecorderState
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.ledger.entry import (
    QUARTER,
    Energies,
    Expectation,
    ForecastEnergies,
    MeteredInterval,
)
from custom_components.nattery.core.ledger.errors import MeterStateError

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
EXPECTED = Expectation(cost=0.1, grid_kwh=0.5, soc=0.6, action=ActionKind.CHARGE, power_kw=2.0)
FORECAST = ForecastEnergies(pv_kwh=0.2, load_kwh=0.1)
CHARGED = IntervalRecord(ActionKind.CHARGE, Explanation("plan_recover", {"price": 0.2}), EXPECTED, FORECAST)


def metered(start: datetime, import_kwh: float = 1.0) -> MeteredInterval:
    energies = Energies(**dict.fromkeys(Energies.__dataclass_fields__, 0.0) | {"import_kwh": import_kwh})
    return MeteredInterval(start=start, coverage=1.0, energies=energies, soc=0.5, soc_change=0.1)


def stored(state: RecorderState) -> Any:
    return json.loads(json.dumps(state.to_dict()))


def test_the_stored_keys_stay() -> None:
    state = RecorderState()
    state.record(START, CHARGED)
    state.close((metered(START),))
    state.record(START + QUARTER, CHARGED)
    data = stored(state)
    assert data.keys() == {"meter", "deeds", "unbooked"}
    assert data["deeds"].keys() == {"2026-11-20T10:15:00+00:00"}
    (interval,) = data["unbooked"]
    assert interval.keys() == {"metered", "deed"}
    assert interval["deed"].keys() == {"action", "reason", "expected", "forecast"}
    restored = RecorderState.from_dict(data)
    assert stored(restored) == data
    assert restored.pending[0].record == CHARGED


def test_state_of_earlier_versions_has_neither_planned_action_nor_forecast() -> None:
    state = RecorderState()
    state.record(START, CHARGED)
    data = stored(state)
    record = data["deeds"][START.isoformat()]
    del record["forecast"], record["expected"]["action"], record["expected"]["power_kw"]
    restored = RecorderState.from_dict(data)
    expected = Expectation(cost=0.1, grid_kwh=0.5, soc=0.6)
    assert restored.records[START] == IntervalRecord(ActionKind.CHARGE, CHARGED.reason, expected)
    assert stored(RecorderState.from_dict(stored(restored))) == stored(restored)


def test_the_last_record_counts_with_the_first_expectation_and_forecast() -> None:
    state = RecorderState()
    state.record(START, CHARGED)
    later = Expectation(cost=9, grid_kwh=9, soc=0.9)
    state.record(START, IntervalRecord(ActionKind.HOLD, None, later, ForecastEnergies(9, 9)))
    state.close((metered(START),))
    assert state.pending[0].record == IntervalRecord(ActionKind.HOLD, None, EXPECTED, FORECAST)
    assert state.records == {}


def test_the_oldest_pending_intervals_are_dropped() -> None:
    state = RecorderState()
    count = LONGEST_WAIT // QUARTER + 2
    state.close(tuple(metered(START + number * QUARTER) for number in range(count)))
    assert state.pending[0].metered.start == START + 2 * QUARTER


def test_the_highest_import_is_that_since_a_time() -> None:
    state = RecorderState()
    state.close((metered(START, 2.0), metered(START + QUARTER, 1.5)))
    assert state.highest_import(START) == pytest.approx(8.0)
    assert state.highest_import(START + QUARTER) == pytest.approx(6.0)
    assert state.highest_import(START + timedelta(days=1)) == 0


@pytest.mark.parametrize("damage", [{"deeds": {"yesterday": {}}}, {"unbooked": [{}]}, {"meter": {"seconds": "many"}}])
def test_damaged_state_is_an_error(damage: dict[str, Any]) -> None:
    with pytest.raises(MeterStateError):
        RecorderState.from_dict(stored(RecorderState()) | damage)
