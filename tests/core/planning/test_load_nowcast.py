"""The correction of the load forecast by what the last day missed."""

from random import Random

from custom_components.nattery.core.forecast.quarters import PER_DAY
from custom_components.nattery.core.planning.load_nowcast import HORIZON_QUARTERS, LoadNowcast

NOW = 2_000_000
DAYS = 20


def persistent_misses(share: float, days: int = DAYS) -> dict[int, float]:
    """Return misses of which a share is there in the next quarter-hour too."""
    chance, miss, misses = Random(1), 0.0, {}
    for number in range(NOW - days * PER_DAY, NOW):
        miss = share * miss + chance.gauss(0, 0.3)
        misses[number] = miss
    return misses


def learned(misses: dict[int, float]) -> LoadNowcast:
    nowcast = LoadNowcast.learn(misses, NOW)
    assert nowcast is not None
    return nowcast


def test_a_miss_that_usually_lasts_is_carried_forward_and_decays() -> None:
    misses = persistent_misses(0.9)
    found = learned(misses).corrections({**misses, NOW - 1: 2.0}, NOW, HORIZON_QUARTERS)
    assert len(found) == HORIZON_QUARTERS
    assert 1.0 < found[0] < 1.8
    assert 0.3 < found[4] < found[0]
    assert abs(found[-1]) < 0.3


def test_misses_of_pure_chance_correct_little() -> None:
    misses = persistent_misses(0.0)
    found = learned(misses).corrections({**misses, NOW - 1: 2.0}, NOW, HORIZON_QUARTERS)
    assert max(map(abs, found)) < 0.2


def test_what_yesterday_missed_at_the_same_time_is_expected_again() -> None:
    """The same peak each noon: the correction knows when it comes, and not only that the load was high."""
    misses = {number: 1.0 if number % PER_DAY in range(40, 44) else 0.0 for number in persistent_misses(0.0)}
    now = NOW - NOW % PER_DAY + 30 - PER_DAY
    found = learned(misses).corrections(misses, now, HORIZON_QUARTERS)
    assert found.index(max(found)) in range(8, 16)
    assert max(found) > 0.3


def test_misses_that_are_all_zero_correct_nothing() -> None:
    misses = dict.fromkeys(persistent_misses(0.0), 0.0)
    assert learned(misses).corrections(misses, NOW, 8) == [0.0] * 8


def test_too_short_a_past_teaches_nothing() -> None:
    assert LoadNowcast.learn({}, NOW) is None
    assert LoadNowcast.learn(persistent_misses(0.9, days=1), NOW) is None
    assert LoadNowcast.learn({NOW + back: 1.0 for back in range(PER_DAY)}, NOW) is None


def test_gaps_count_as_no_miss() -> None:
    misses = persistent_misses(0.9)
    holes = {number: kw for number, kw in misses.items() if number % 7}
    assert learned(holes).corrections({}, NOW, 4) == [0.0] * 4
    assert learned(holes).corrections({NOW - 1: 1.0}, NOW, 1)[0] > 0.3
    every_other = {number: kw for number, kw in misses.items() if number % 2}
    assert learned(every_other).corrections({NOW - 1: 1.0}, NOW, 1) == [0.0], "no next quarter-hour was measured"
