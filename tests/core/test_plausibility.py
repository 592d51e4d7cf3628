from datetime import date

import pytest

from custom_components.nattery.core.inverter.plausibility import Plausibility
from custom_components.nattery.core.inverter.registers import BY_KEY

SOC, VOLTS, POWER = BY_KEY["battery_soc"], BY_KEY["battery_voltage"], BY_KEY["output_power"]
TOTAL, TODAY = BY_KEY["pv_energy"], BY_KEY["pv_energy_today"]
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.mark.parametrize(
    ("register", "words"),
    [(SOC, [200]), (VOLTS, [0xFFFF]), (POWER, [0x7FFF]), (POWER, [0x8000]), (BY_KEY["status"], [9])],
)
def test_what_cannot_be_is_held_counted_and_in_the_end_unknown(register, words) -> None:
    plausibility = Plausibility()
    good = plausibility.accept(register, [1], 0)
    assert good is not None
    assert [plausibility.accept(register, words, second) for second in range(1, 7)] == [good] * 4 + [None] * 2
    assert plausibility.held[register.key] == 6
    assert plausibility.accept(register, [1], 8) == good


def test_the_first_value_must_be_possible_too() -> None:
    assert Plausibility().accept(SOC, [101], 0) is None


def test_minus_one_is_no_sentinel_where_signs_are_allowed() -> None:
    assert Plausibility().accept(POWER, [0xFFFF], 0) == -1


def test_a_jump_is_believed_when_it_stays() -> None:
    plausibility = Plausibility()
    assert [plausibility.accept(SOC, [soc], second) for second, soc in enumerate((50, 90, 50, 90, 90, 91))] == [
        50,
        50,
        50,
        50,
        90,
        91,
    ]
    assert plausibility.held["battery_soc"] == 2


def test_after_a_long_silence_any_state_of_charge_is_believed() -> None:
    plausibility = Plausibility()
    plausibility.accept(SOC, [50], 0)
    assert plausibility.accept(SOC, [90], 3600) == 90


def test_totals_never_step_back_for_a_torn_read() -> None:
    plausibility = Plausibility()
    reads = [[1000, 1], [1001, 0], [1002, 1], [1003, 0], [1004, 1]]
    shown = [plausibility.accept(TOTAL, words, 60 * minute, MONDAY) for minute, words in enumerate(reads)]
    assert shown == sorted(shown)
    assert shown[-1] == (65536 + 1004) / 10


def test_totals_do_not_leap_for_a_torn_read() -> None:
    plausibility = Plausibility()
    plausibility.accept(TOTAL, [1000, 0], 0)
    assert plausibility.accept(TOTAL, [1000, 1], 60) == 100.0
    assert plausibility.accept(TOTAL, [1001, 0], 120) == 100.1


def test_cleared_statistics_are_believed_in_the_end() -> None:
    plausibility = Plausibility()
    plausibility.accept(TOTAL, [1000, 0], 0)
    shown = [plausibility.accept(TOTAL, [minute, 0], 60 * minute) for minute in range(1, 8)]
    assert shown == [100.0] * 5 + [0.6, 0.7]


def test_midnight_resets_the_day_but_nothing_else_does() -> None:
    plausibility = Plausibility()
    plausibility.accept(TODAY, [250], 0, MONDAY)
    assert plausibility.accept(TODAY, [10], 60, MONDAY) == 25.0
    assert plausibility.accept(TODAY, [0], 120, TUESDAY) == 0.0


def test_around_midnight_the_day_is_unknown_and_a_reset_is_believed() -> None:
    plausibility = Plausibility()
    plausibility.accept(TODAY, [250], 0, MONDAY)
    assert plausibility.accept(TODAY, [0], 60, None) == 0.0


def test_a_value_that_was_just_written_is_taken_as_it_comes() -> None:
    plausibility = Plausibility()
    plausibility.accept(SOC, [50], 0)
    plausibility.forget(["battery_soc"])
    assert plausibility.accept(SOC, [90], 1) == 90


def test_a_clock_that_was_never_set_is_unknown_and_no_fault() -> None:
    plausibility = Plausibility()
    assert plausibility.accept(BY_KEY["clock"], [0, 0, 0], 0) is None
    assert not plausibility.held
