from datetime import date

import pytest

from custom_components.nattery.core.inverter.plausibility import PlausibilityFilter
from custom_components.nattery.core.inverter.registers import BY_KEY

SOC, VOLTS, POWER = BY_KEY["battery_soc"], BY_KEY["battery_voltage"], BY_KEY["output_power"]
TOTAL, TODAY = BY_KEY["pv_energy"], BY_KEY["pv_energy_today"]
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.mark.parametrize(
    ("register", "words"),
    [(SOC, [200]), (VOLTS, [0xFFFF]), (POWER, [0x7FFF]), (POWER, [0x8000]), (BY_KEY["status"], [9])],
)
def test_what_cannot_be_is_held_counted_and_in_the_end_unknown(register, words) -> None:
    plausibility = PlausibilityFilter()
    good = plausibility.filter(register, [1], 0)
    assert good is not None
    assert [plausibility.filter(register, words, second) for second in range(1, 7)] == [good] * 4 + [None] * 2
    assert plausibility.rejected[register.key] == 6
    assert plausibility.filter(register, [1], 8) == good


def test_the_first_value_must_be_possible_too() -> None:
    assert PlausibilityFilter().filter(SOC, [101], 0) is None


def test_minus_one_is_no_sentinel_where_signs_are_allowed() -> None:
    assert PlausibilityFilter().filter(POWER, [0xFFFF], 0) == -1


def test_a_jump_is_believed_when_it_stays() -> None:
    plausibility = PlausibilityFilter()
    assert [plausibility.filter(SOC, [soc], second) for second, soc in enumerate((50, 90, 50, 90, 90, 91))] == [
        50,
        50,
        50,
        50,
        90,
        91,
    ]
    assert plausibility.rejected["battery_soc"] == 2


def test_after_a_long_silence_any_state_of_charge_is_believed() -> None:
    plausibility = PlausibilityFilter()
    plausibility.filter(SOC, [50], 0)
    assert plausibility.filter(SOC, [90], 3600) == 90


def test_totals_never_step_back_for_a_torn_read() -> None:
    plausibility = PlausibilityFilter()
    reads = [[1000, 1], [1001, 0], [1002, 1], [1003, 0], [1004, 1]]
    shown = [plausibility.filter(TOTAL, words, 60 * minute, MONDAY) for minute, words in enumerate(reads)]
    assert shown == sorted(shown)
    assert shown[-1] == (65536 + 1004) / 10


def test_totals_do_not_leap_for_a_torn_read() -> None:
    plausibility = PlausibilityFilter()
    plausibility.filter(TOTAL, [1000, 0], 0)
    assert plausibility.filter(TOTAL, [1000, 1], 60) == 100.0
    assert plausibility.filter(TOTAL, [1001, 0], 120) == 100.1


def test_cleared_statistics_are_believed_in_the_end() -> None:
    plausibility = PlausibilityFilter()
    plausibility.filter(TOTAL, [1000, 0], 0)
    shown = [plausibility.filter(TOTAL, [minute, 0], 60 * minute) for minute in range(1, 8)]
    assert shown == [100.0] * 5 + [0.6, 0.7]


def test_midnight_resets_the_day_but_nothing_else_does() -> None:
    plausibility = PlausibilityFilter()
    plausibility.filter(TODAY, [250], 0, MONDAY)
    assert plausibility.filter(TODAY, [10], 60, MONDAY) == 25.0
    assert plausibility.filter(TODAY, [0], 120, TUESDAY) == 0.0


def test_around_midnight_the_day_is_unknown_and_a_reset_is_believed() -> None:
    plausibility = PlausibilityFilter()
    plausibility.filter(TODAY, [250], 0, MONDAY)
    assert plausibility.filter(TODAY, [0], 60, None) == 0.0


def test_a_value_that_was_just_written_is_taken_as_it_comes() -> None:
    plausibility = PlausibilityFilter()
    plausibility.filter(SOC, [50], 0)
    plausibility.reset(["battery_soc"])
    assert plausibility.filter(SOC, [90], 1) == 90


def test_a_clock_that_was_never_set_is_unknown_and_no_fault() -> None:
    plausibility = PlausibilityFilter()
    assert plausibility.filter(BY_KEY["clock"], [0, 0, 0], 0) is None
    assert not plausibility.rejected
