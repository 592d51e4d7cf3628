from datetime import date, datetime
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.history import IntervalEnergy, PowerHistory
from custom_components.nattery.core.forecast.load import LoadModel
from custom_components.nattery.core.forecast.quarters import moment, quarter, wall
from custom_components.nattery.core.forecast.spread import persistence, spread
from scripts.benchmarks.houses import ZONE

FIRST = quarter(datetime(2026, 1, 5, tzinfo=ZONE))  # a Monday
DAY, WEEK = 96, 7 * 96


def model(power, now, *, fine=True, **more):
    return LoadModel(PowerHistory(power, frozenset(power) if fine else frozenset()), ZONE, moment(now), **more)


def every_day(days, kw_of_slot, first=FIRST):
    return {number: kw_of_slot(wall(number, ZONE)) for number in range(first, first + days * DAY)}


def test_nothing_known_is_a_flat_guess_that_is_wide() -> None:
    told = model({}, FIRST, daily_kwh=12)
    assert told.days == 0
    spreads = [told.at(FIRST + index) for index in range(DAY)]
    assert {found.expected for found in spreads} == {0.5}
    assert all(found.p10 < 0.3 and found.p90 >= 1.0 for found in spreads)


def test_a_few_hours_move_the_guess_by_their_share_of_a_day() -> None:
    told = model(dict.fromkeys(range(FIRST, FIRST + DAY // 4), 2.0), FIRST + DAY // 4, daily_kwh=12)
    assert told.at(FIRST + DAY // 2).expected == pytest.approx(0.5 + 0.25 * 1.5)
    assert told.at(FIRST + DAY).expected == pytest.approx(2.0)


def test_one_day_is_repeated_but_not_trusted() -> None:
    told = model(every_day(1, lambda at: 1.0 + at % DAY // 48), FIRST + DAY)
    morning, evening = told.at(FIRST + DAY + 10), told.at(FIRST + DAY + 90)
    assert (morning.expected, evening.expected) == pytest.approx((1.0, 2.0))
    assert morning.p90 > 1.3
    assert model(every_day(42, lambda _: 1.0), FIRST + 42 * DAY).at(FIRST + 42 * DAY).p90 < 1.1


def test_one_week_knows_workdays_from_weekends() -> None:
    told = model(
        every_day(7, lambda at: 3.0 if at // DAY % 7 in {2, 3} else 1.0), FIRST + WEEK
    )  # 1970 began on Thursday
    days = [told.at(FIRST + WEEK + day * DAY + 40).expected for day in range(7)]
    assert days == pytest.approx([1.0] * 5 + [3.0] * 2, abs=0.35)


def test_days_off_are_sundays() -> None:
    power = every_day(28, lambda at: 3.0 if at // DAY % 7 == 3 else 1.0)
    now = FIRST + 4 * WEEK
    plain, off = model(power, now), model(power, now, days_off=[date(2026, 2, 3)])
    assert off.at(now + DAY + 40).expected > 2 * plain.at(now + DAY + 40).expected
    assert off.at(now + 2 * DAY + 40).expected == pytest.approx(plain.at(now + 2 * DAY + 40).expected)


def test_recent_weeks_count_more() -> None:
    power = every_day(56, lambda _: 1.0)
    for number in range(FIRST + 42 * DAY, FIRST + 56 * DAY):
        power[number] = 2.0
    assert model(power, FIRST + 56 * DAY).at(FIRST + 56 * DAY).expected > 1.5


def test_a_lump_that_is_rare_does_not_move_what_is_expected() -> None:
    power = every_day(56, lambda _: 0.5)
    usual = model(power, FIRST + 56 * DAY).at(FIRST + 57 * DAY + 40)
    for number in range(FIRST + 30 * DAY + 36, FIRST + 30 * DAY + 44):
        power[number] = 60.0
    assert model(power, FIRST + 56 * DAY).at(FIRST + 57 * DAY + 40) == usual


def test_what_happens_every_week_is_expected_on_its_day() -> None:
    power = every_day(56, lambda at: 11.0 if at // DAY % 7 == 5 and 72 <= at % DAY < 80 else 0.5)  # Tuesdays
    told = model(power, FIRST + 56 * DAY)
    tuesday, thursday = (told.at(FIRST + 56 * DAY + day * DAY + 76) for day in (1, 3))
    assert tuesday.expected > 4 > 1.5 * thursday.expected
    assert tuesday.p90 == pytest.approx(11.0, rel=0.1)


def test_quarters_give_an_hour_its_shape_and_keep_its_energy() -> None:
    power = every_day(28, lambda at: 4.0 if at % 4 == 3 else 0.4)
    now = FIRST + 28 * DAY
    shaped, flat = (
        [model(power, now, fine=fine).at(now + DAY + n).expected for n in range(4)] for fine in (True, False)
    )
    assert sum(shaped) == pytest.approx(sum(flat)) == pytest.approx(5.2)
    assert shaped[3] > 3 * shaped[0]
    assert max(flat) == pytest.approx(min(flat))


def test_hourly_statistics_are_enough() -> None:
    rows = [IntervalEnergy(moment(FIRST + hour * 4), 1.0, 1.0 + hour % 24 / 24) for hour in range(28 * 24)]
    told = LoadModel(PowerHistory.of(rows), ZONE, moment(FIRST + 28 * DAY))
    assert told.at(FIRST + 29 * DAY + 12 * 4).expected == pytest.approx(1.5)


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, tzinfo=ZONE), datetime(2026, 10, 25, tzinfo=ZONE)])
def test_habits_follow_the_wall_clock_through_a_change(change) -> None:
    day = quarter(change)
    power = every_day(28, lambda at: 3.0 if 72 <= at % DAY < 76 else 0.3, first=day - 28 * DAY)
    told = model({number: kw for number, kw in power.items() if number < day}, day)
    high = [moment(n).astimezone(ZONE).hour for n in range(day, day + 2 * DAY) if told.at(n).expected > 2]
    assert high == [18] * 8


def test_what_lasts_is_carried_on_and_what_does_not_is_not() -> None:
    """A level that wanders is followed; a house of short lumps is not made nervous by one."""
    chance = Random(3)
    lasting, level = {}, 0.0
    lumps = {}
    for number in range(FIRST, FIRST + 42 * DAY):
        level = 0.97 * level + chance.gauss(0, 0.05)
        lasting[number] = max(1 + level, 0)
        lumps[number] = 0.4 + (2.0 if chance.random() < 0.1 else 0.0)
    now = FIRST + 42 * DAY
    for power, low, high in ((lasting, 0.4, 1.0), (lumps, 0.0, 0.25)):
        before = model(power, now).at(now).expected
        raised = {**power, **{number: power[number] + 1 for number in range(now - 4, now)}}
        told = model(raised, now)
        assert low <= told.at(now).expected - before <= high
        assert told.at(now + 32).expected - model(power, now).at(now + 32).expected < 0.2


def test_the_future_is_not_looked_at() -> None:
    power = every_day(28, lambda _: 1.0)
    now = FIRST + 20 * DAY
    mad = {**power, **{number: 50.0 for number in power if number >= now}}
    assert model(mad, now).at(now + 5) == model(power, now).at(now + 5)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_quantiles_are_ordered_and_nothing_is_negative(data) -> None:
    days = data.draw(st.integers(0, 12))
    kws = data.draw(st.lists(st.floats(0, 20), min_size=1, max_size=50))
    gap = data.draw(st.integers(1, 300))
    power = {FIRST + n: kws[n * 7 % len(kws)] for n in range(days * DAY) if n % 400 > gap}
    now = FIRST + days * DAY + data.draw(st.integers(0, 95))
    told = model(power, now, fine=data.draw(st.booleans()))
    for number in range(now - 3, now + 2 * DAY, 7):
        found = told.at(number)
        assert 0 <= found.p10 <= found.expected <= found.p90 < 1000


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0.001, 10)), min_size=1))
def test_a_spread_is_ordered_and_within_its_values(pairs) -> None:
    pairs.sort()
    values = [value for value, _ in pairs]
    found = spread(values, [weight for _, weight in pairs])
    assert values[0] <= found.p10 <= found.p90 <= values[-1]
    assert found.p10 - 1e-9 <= found.expected <= found.p90 + 1e-9
    assert 0.99 <= found.evidence <= len(pairs) + 0.01
    wide = found.doubted(0.5, 2.0)
    assert wide.p10 <= found.p10
    assert wide.p90 >= found.p90


def test_spread_of_nothing_and_persistence() -> None:
    assert spread([], []) is None
    assert persistence([], 1) == 0
    assert persistence([(1, 0.5), (-2, -1)], 1) == 0.5
    assert persistence([(1, 3)], 0.8) == 0.8
    assert persistence([(1, -1)], 0.8) == 0
