from datetime import date
import json

import pytest

from custom_components.nattery.core.inverter.write_counter import (
    REFUSE_AT,
    WARN_AT,
    WriteCounter,
    WriteLimitError,
    WriteOrigin,
)

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def counter_with_writes(times: int) -> WriteCounter:
    counter = WriteCounter()
    for _ in range(times):
        counter.record("max_charge_current", MONDAY)
    return counter


def test_warning_precedes_the_limit() -> None:
    assert counter_with_writes(WARN_AT - 1).frequently_written(MONDAY) == {}
    assert counter_with_writes(WARN_AT).frequently_written(MONDAY) == {"max_charge_current": WARN_AT}
    counter_with_writes(REFUSE_AT - 1).check("max_charge_current", WriteOrigin.AUTOMATION, MONDAY)


def test_only_users_may_exceed_the_limit() -> None:
    counter = counter_with_writes(REFUSE_AT)
    with pytest.raises(WriteLimitError, match=f"written {REFUSE_AT} times today"):
        counter.check("max_charge_current", WriteOrigin.AUTOMATION, MONDAY)
    counter.check("max_charge_current", WriteOrigin.USER, MONDAY)
    counter.check("grid_active_power", WriteOrigin.AUTOMATION, MONDAY)


def test_new_day_resets_only_the_daily_counts() -> None:
    counter = counter_with_writes(REFUSE_AT)
    counter.check("max_charge_current", WriteOrigin.AUTOMATION, TUESDAY)
    assert counter.writes_today(TUESDAY) == 0
    assert counter.total["max_charge_current"] == REFUSE_AT


def test_counts_are_restored() -> None:
    counter = counter_with_writes(3)
    restored = WriteCounter.from_dict(json.loads(json.dumps(counter.as_dict())))
    assert restored == counter
    assert WriteCounter.from_dict(None) == WriteCounter()
