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


def written(times: int) -> WriteCounter:
    book = WriteCounter()
    for _ in range(times):
        book.record("max_charge_current", MONDAY)
    return book


def test_it_warns_before_it_refuses() -> None:
    assert written(WARN_AT - 1).frequently_written(MONDAY) == {}
    assert written(WARN_AT).frequently_written(MONDAY) == {"max_charge_current": WARN_AT}
    written(REFUSE_AT - 1).check("max_charge_current", WriteOrigin.AUTOMATION, MONDAY)


def test_beyond_the_limit_only_a_person_may_go_on() -> None:
    book = written(REFUSE_AT)
    with pytest.raises(WriteLimitError, match=f"written {REFUSE_AT} times today"):
        book.check("max_charge_current", WriteOrigin.AUTOMATION, MONDAY)
    book.check("max_charge_current", WriteOrigin.USER, MONDAY)
    book.check("grid_active_power", WriteOrigin.AUTOMATION, MONDAY)


def test_a_new_day_is_a_new_page_and_the_total_goes_on() -> None:
    book = written(REFUSE_AT)
    book.check("max_charge_current", WriteOrigin.AUTOMATION, TUESDAY)
    assert book.writes_today(TUESDAY) == 0
    assert book.total["max_charge_current"] == REFUSE_AT


def test_the_book_survives_a_restart() -> None:
    book = written(3)
    kept = WriteCounter.from_dict(json.loads(json.dumps(book.as_dict())))
    assert kept == book
    assert WriteCounter.from_dict(None) == WriteCounter()
