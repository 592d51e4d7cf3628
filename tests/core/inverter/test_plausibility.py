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
def test_invalid_values_are_rejected_and_finally_unknown(register, words) -> None:
    plausibility_filter = PlausibilityFilter()
    good = plausibility_filter.filter(register, [1], 0)
    assert good is not None
    assert [plausibility_filter.filter(register, words, second) for second in range(1, 7)] == [good] * 4 + [None] * 2
    assert plausibility_filter.rejected[register.key] == 6
    assert plausibility_filter.filter(register, [1], 8) == good


def test_first_value_must_be_valid() -> None:
    assert PlausibilityFilter().filter(SOC, [101], 0) is None


def test_minus_one_is_valid_for_signed_registers() -> None:
    assert PlausibilityFilter().filter(POWER, [0xFFFF], 0) == -1


def test_confirmed_jump_is_accepted() -> None:
    plausibility_filter = PlausibilityFilter()
    assert [plausibility_filter.filter(SOC, [soc], second) for second, soc in enumerate((50, 90, 50, 90, 90, 91))] == [
        50,
        50,
        50,
        50,
        90,
        91,
    ]
    assert plausibility_filter.rejected["battery_soc"] == 2


def test_any_soc_is_accepted_after_a_long_gap() -> None:
    plausibility_filter = PlausibilityFilter()
    plausibility_filter.filter(SOC, [50], 0)
    assert plausibility_filter.filter(SOC, [90], 3600) == 90


def test_inconsistent_words_do_not_decrease_a_total() -> None:
    plausibility_filter = PlausibilityFilter()
    reads = [[1000, 1], [1001, 0], [1002, 1], [1003, 0], [1004, 1]]
    shown = [plausibility_filter.filter(TOTAL, words, 60 * minute, MONDAY) for minute, words in enumerate(reads)]
    assert shown == sorted(shown)
    assert shown[-1] == (65536 + 1004) / 10


def test_inconsistent_words_do_not_raise_a_total() -> None:
    plausibility_filter = PlausibilityFilter()
    plausibility_filter.filter(TOTAL, [1000, 0], 0)
    assert plausibility_filter.filter(TOTAL, [1000, 1], 60) == 100.0
    assert plausibility_filter.filter(TOTAL, [1001, 0], 120) == 100.1


def test_reset_of_a_total_is_accepted_after_confirmation() -> None:
    plausibility_filter = PlausibilityFilter()
    plausibility_filter.filter(TOTAL, [1000, 0], 0)
    shown = [plausibility_filter.filter(TOTAL, [minute, 0], 60 * minute) for minute in range(1, 8)]
    assert shown == [100.0] * 5 + [0.6, 0.7]


def test_daily_counter_resets_only_at_midnight() -> None:
    plausibility_filter = PlausibilityFilter()
    plausibility_filter.filter(TODAY, [250], 0, MONDAY)
    assert plausibility_filter.filter(TODAY, [10], 60, MONDAY) == 25.0
    assert plausibility_filter.filter(TODAY, [0], 120, TUESDAY) == 0.0


def test_reset_is_accepted_near_midnight() -> None:
    plausibility_filter = PlausibilityFilter()
    plausibility_filter.filter(TODAY, [250], 0, MONDAY)
    assert plausibility_filter.filter(TODAY, [0], 60, None) == 0.0


def test_value_after_a_write_is_accepted() -> None:
    plausibility_filter = PlausibilityFilter()
    plausibility_filter.filter(SOC, [50], 0)
    plausibility_filter.reset(["battery_soc"])
    assert plausibility_filter.filter(SOC, [90], 1) == 90


def test_unset_clock_is_unknown_and_not_rejected() -> None:
    plausibility_filter = PlausibilityFilter()
    assert plausibility_filter.filter(BY_KEY["clock"], [0, 0, 0], 0) is None
    assert not plausibility_filter.rejected
