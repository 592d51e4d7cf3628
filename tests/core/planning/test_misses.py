"""Outcomes of PV and load, from the misses of the home's own forecasts."""

from random import Random
from statistics import correlation, fmean
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import PER_DAY, day_edges
from custom_components.nattery.core.planning.misses import MISSED_DAYS, ForecastMisses, Powers

ZONE = ZoneInfo("Europe/Berlin")
FIRST_DAY = 20_500  # in February 2026, without a clock change within the next weeks
LOAD, SUN = 0.5, 2.0


def learned(days: int, miss=lambda day, slot: (0.0, 0.0), rest: int = 0) -> tuple[ForecastMisses, int]:
    """Return what is learned from some days with the same forecast, and the number of the present quarter-hour."""
    log, load, pv = ForecastLog(), {}, {}
    for day in range(days + 1):
        start, end = day_edges(FIRST_DAY + day, ZONE)
        numbers = range(start, end)
        sun = {number: SUN if 32 <= number - start < 64 else 0.0 for number in numbers}
        log.add(start - 8, ZONE, dict.fromkeys(numbers, LOAD), sun, {})
        for number in numbers:
            more_sun, more_load = miss(day, number - start)
            pv[number], load[number] = max(sun[number] + more_sun, 0.0), LOAD + more_load
    now = day_edges(FIRST_DAY + days, ZONE)[0] + rest
    known = [{number: kw for number, kw in powers.items() if number < now} for powers in (load, pv)]
    return ForecastMisses.learn(log, PowerHistory(known[0]), PowerHistory(known[1]), ZONE, now), now


def outcomes(
    misses: ForecastMisses, now: int, slot: int, pv: float = SUN, load: float = LOAD
) -> list[tuple[float, ...]]:
    """Return weight, PV and load of each outcome of a later quarter-hour."""
    return [(one.weight, one.pv_kw[0], one.load_kw[0]) for one in misses.outcomes(now, [now + slot], [pv], [load])]


def test_without_a_past_the_outcomes_are_assumed() -> None:
    misses, now = learned(0)
    found = outcomes(misses, now, 40)
    assert sum(weight for weight, _, _ in found) == pytest.approx(1)
    assert fmean([found[0][1], found[2][1]]) < SUN < found[2][1]
    assert min(load for _, _, load in found) < LOAD < max(load for _, _, load in found)


def test_the_misses_of_a_day_stay_together_and_are_of_the_same_time() -> None:
    """Each day has its own miss of the sun, and a load that goes with it."""
    misses, now = learned(MISSED_DAYS, lambda day, _: (-0.1 * (day % 7), 0.1 * (day % 7)))
    found = outcomes(misses, now, 40)
    assert len(found) == MISSED_DAYS
    assert correlation([pv for _, pv, _ in found], [load for _, _, load in found]) < -0.9


def test_half_of_a_bias_is_expected_to_last() -> None:
    chance = Random(1)
    misses, now = learned(MISSED_DAYS, lambda _, slot: (0.0, 0.4 + 0.01 * chance.uniform(-1, 1)))
    loads = [load for _, _, load in outcomes(misses, now, 90)]
    assert fmean(loads) == pytest.approx(LOAD + 0.2, abs=0.02)


def test_the_present_miss_is_known_and_narrows_the_next_hours() -> None:
    """A load that is off for a whole day: its miss is known, so that little is left of the uncertainty."""
    misses, now = learned(MISSED_DAYS, lambda day, _: (0.0, 0.3 * (day % 3)), rest=40)
    assert misses.persistence.load_kw == pytest.approx(0.95)
    soon, later = (
        max(load for _, _, load in found) - min(load for _, _, load in found)
        for found in (outcomes(misses, now, 0), outcomes(misses, now, 50))
    )
    assert soon < 0.1
    assert later > 0.5
    surprise = misses.nowcast(now, Powers(0.0, LOAD + 0.4))
    assert surprise is not None
    assert surprise.load_kw == pytest.approx(LOAD + 0.38)
    assert misses.nowcast(now, None) == misses.expected[now]
    assert misses.nowcast(now + 5 * PER_DAY, Powers(0.0, 1.0)) is None


def test_the_load_of_the_next_hours_is_corrected_by_what_the_last_ones_missed() -> None:
    """A load that is higher for half a day, on some days: it stays high when it has begun, up to the horizon."""
    misses, now = learned(20, lambda day, slot: (0.0, 0.8 * (day % 2 and slot >= 32)), rest=8)
    numbers = range(now, now + 60)
    forecast = [LOAD] * len(numbers)
    high = {now + back: LOAD + 0.8 * (back >= -8) for back in range(-100, 0)}
    found = misses.corrected_load(now, numbers, forecast, high)
    assert LOAD + 0.4 < found[0] < LOAD + 1
    assert found[0] > found[20]
    assert found[32:] == forecast[32:]
    usual = misses.corrected_load(now, numbers, forecast, dict.fromkeys(high, LOAD))
    assert usual[0] == pytest.approx(LOAD, abs=0.01)


def test_the_load_is_not_corrected_without_a_measurement_or_a_past() -> None:
    misses, now = learned(20, lambda day, slot: (0.0, 0.8 * (day % 2 and slot >= 32)), rest=8)
    assert misses.corrected_load(now, [now], [LOAD], {now - 2: 3.0}) == [LOAD]
    unlogged = now + 30 * PER_DAY
    assert misses.corrected_load(unlogged, [unlogged], [LOAD], {unlogged - 1: 3.0}) == [LOAD]
    young, now = learned(0)
    assert young.corrected_load(now, [now], [LOAD], {now - 1: 3.0}) == [LOAD]


def test_a_corrected_load_is_never_negative() -> None:
    misses, now = learned(20, lambda day, _: (0.0, -0.45 * (day % 2)), rest=40)
    low = {now + back: 0.0 for back in range(-100, 0)}
    assert min(misses.corrected_load(now, range(now, now + 8), [LOAD] * 8, low)) >= 0.02


def test_no_outcome_is_impossible() -> None:
    """PV stays between zero and the most that this time of the day has seen, load above what no home is below."""
    chance = Random(2)
    misses, now = learned(MISSED_DAYS, lambda *_: (chance.uniform(-5, 1), chance.uniform(-2, 2)))
    for slot in range(PER_DAY):
        for _, pv, load in outcomes(misses, now, slot, pv=1.5):
            assert 0 <= pv <= SUN + 1
            assert load >= 0.02


def test_errors_that_are_all_zero_leave_one_outcome() -> None:
    misses, now = learned(MISSED_DAYS)
    assert {(pv, load) for _, pv, load in outcomes(misses, now, 40)} == {(SUN, LOAD)}


def test_a_sensor_that_is_stuck_for_a_day_is_one_outcome_of_many() -> None:
    misses, now = learned(MISSED_DAYS, lambda day, _: (0.0, 3.0) if day == 5 else (0.0, 0.0))
    loads = sorted(load for _, _, load in outcomes(misses, now, 90))
    assert loads[-2] < LOAD + 0.2 < LOAD + 2 < loads[-1]


def test_quarter_hours_that_nobody_measured_repeat_what_is_known() -> None:
    misses, now = learned(3, lambda day, slot: (0.0, 0.1 * day))
    found = outcomes(misses, now, 20)
    assert len(found) == 3 + 3  # measured, and assumed
    empty = outcomes(ForecastMisses.learn(ForecastLog(), PowerHistory({}), PowerHistory({}), ZONE, now), now, 20)
    assert len(empty) == 3
