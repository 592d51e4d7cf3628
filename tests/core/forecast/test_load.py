from datetime import date, datetime
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.history import IntervalEnergy, PowerHistory
from custom_components.nattery.core.forecast.load import LoadModel
from custom_components.nattery.core.forecast.quantiles import autocorrelation, weighted_quantiles
from custom_components.nattery.core.forecast.quarters import local_quarter, moment, quarter
from scripts.benchmarks.houses import ZONE

FIRST = quarter(datetime(2026, 1, 5, tzinfo=ZONE))  # a Monday
DAY, WEEK = 96, 7 * 96


def learn(power, now, *, fine=True, **more):
    return LoadModel(PowerHistory(power, frozenset(power) if fine else frozenset()), ZONE, moment(now), **more)


def every_day(days, kw_of_slot, first=FIRST):
    return {number: kw_of_slot(local_quarter(number, ZONE)) for number in range(first, first + days * DAY)}


def test_without_a_history_the_load_is_flat_with_wide_quantiles() -> None:
    model = learn({}, FIRST, daily_kwh=12)
    assert model.days == 0
    quantiles = [model.predict(FIRST + index) for index in range(DAY)]
    assert {quantiles.expected for quantiles in quantiles} == {0.5}
    assert all(quantiles.p10 < 0.3 and quantiles.p90 >= 1.0 for quantiles in quantiles)


def test_a_few_hours_move_the_default_by_their_share_of_a_day() -> None:
    model = learn(dict.fromkeys(range(FIRST, FIRST + DAY // 4), 2.0), FIRST + DAY // 4, daily_kwh=12)
    assert model.predict(FIRST + DAY // 2).expected == pytest.approx(0.5 + 0.25 * 1.5)
    assert model.predict(FIRST + DAY).expected == pytest.approx(2.0)


def test_one_day_is_repeated_with_wide_quantiles() -> None:
    model = learn(every_day(1, lambda at: 1.0 + at % DAY // 48), FIRST + DAY)
    morning, evening = model.predict(FIRST + DAY + 10), model.predict(FIRST + DAY + 90)
    assert (morning.expected, evening.expected) == pytest.approx((1.0, 2.0))
    assert morning.p90 > 1.3
    assert learn(every_day(42, lambda _: 1.0), FIRST + 42 * DAY).predict(FIRST + 42 * DAY).p90 < 1.1


def test_one_week_separates_workdays_from_weekends() -> None:
    model = learn(
        every_day(7, lambda at: 3.0 if at // DAY % 7 in {2, 3} else 1.0), FIRST + WEEK
    )  # 1970 began on Thursday
    days = [model.predict(FIRST + WEEK + day * DAY + 40).expected for day in range(7)]
    assert days == pytest.approx([1.0] * 5 + [3.0] * 2, abs=0.35)


def test_days_off_are_forecast_as_sundays() -> None:
    power = every_day(28, lambda at: 3.0 if at // DAY % 7 == 3 else 1.0)
    now = FIRST + 4 * WEEK
    without, off = learn(power, now), learn(power, now, days_off=[date(2026, 2, 3)])
    assert off.predict(now + DAY + 40).expected > 2 * without.predict(now + DAY + 40).expected
    assert off.predict(now + 2 * DAY + 40).expected == pytest.approx(without.predict(now + 2 * DAY + 40).expected)


def test_recent_weeks_count_more() -> None:
    power = every_day(56, lambda _: 1.0)
    for number in range(FIRST + 42 * DAY, FIRST + 56 * DAY):
        power[number] = 2.0
    assert learn(power, FIRST + 56 * DAY).predict(FIRST + 56 * DAY).expected > 1.5


def test_a_rare_outlier_does_not_change_the_forecast() -> None:
    power = every_day(56, lambda _: 0.5)
    usual = learn(power, FIRST + 56 * DAY).predict(FIRST + 57 * DAY + 40)
    for number in range(FIRST + 30 * DAY + 36, FIRST + 30 * DAY + 44):
        power[number] = 60.0
    assert learn(power, FIRST + 56 * DAY).predict(FIRST + 57 * DAY + 40) == usual


def test_a_weekly_load_is_expected_on_its_weekday() -> None:
    power = every_day(56, lambda at: 11.0 if at // DAY % 7 == 5 and 72 <= at % DAY < 80 else 0.5)  # Tuesdays
    model = learn(power, FIRST + 56 * DAY)
    tuesday, thursday = (model.predict(FIRST + 56 * DAY + day * DAY + 76) for day in (1, 3))
    assert tuesday.expected > 4 > 1.5 * thursday.expected
    assert tuesday.p90 == pytest.approx(11.0, rel=0.1)


def test_quarter_hours_shape_an_hour_and_keep_its_energy() -> None:
    power = every_day(28, lambda at: 4.0 if at % 4 == 3 else 0.4)
    now = FIRST + 28 * DAY
    shaped, flat = (
        [learn(power, now, fine=fine).predict(now + DAY + n).expected for n in range(4)] for fine in (True, False)
    )
    assert sum(shaped) == pytest.approx(sum(flat)) == pytest.approx(5.2)
    assert shaped[3] > 3 * shaped[0]
    assert max(flat) == pytest.approx(min(flat))


def test_hourly_statistics_are_enough() -> None:
    rows = [IntervalEnergy(moment(FIRST + hour * 4), 1.0, 1.0 + hour % 24 / 24) for hour in range(28 * 24)]
    model = LoadModel(PowerHistory.from_rows(rows), ZONE, moment(FIRST + 28 * DAY))
    assert model.predict(FIRST + 29 * DAY + 12 * 4).expected == pytest.approx(1.5)


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, tzinfo=ZONE), datetime(2026, 10, 25, tzinfo=ZONE)])
def test_patterns_follow_the_local_clock_through_a_clock_change(change) -> None:
    day = quarter(change)
    power = every_day(28, lambda at: 3.0 if 72 <= at % DAY < 76 else 0.3, first=day - 28 * DAY)
    model = learn({number: kw for number, kw in power.items() if number < day}, day)
    high = [moment(n).astimezone(ZONE).hour for n in range(day, day + 2 * DAY) if model.predict(n).expected > 2]
    assert high == [18] * 8


def test_only_persistent_errors_are_carried_forward() -> None:
    """A drifting level is followed; a household of short peaks hardly reacts to one."""
    chance = Random(3)
    drifting, level = {}, 0.0
    peaks = {}
    for number in range(FIRST, FIRST + 42 * DAY):
        level = 0.97 * level + chance.gauss(0, 0.05)
        drifting[number] = max(1 + level, 0)
        peaks[number] = 0.4 + (2.0 if chance.random() < 0.1 else 0.0)
    now = FIRST + 42 * DAY
    for power, low, high in ((drifting, 0.4, 1.0), (peaks, 0.0, 0.25)):
        before = learn(power, now).predict(now).expected
        raised = {**power, **{number: power[number] + 1 for number in range(now - 4, now)}}
        model = learn(raised, now)
        assert low <= model.predict(now).expected - before <= high
        assert model.predict(now + 32).expected - learn(power, now).predict(now + 32).expected < 0.2


def test_later_measurements_are_ignored() -> None:
    power = every_day(28, lambda _: 1.0)
    now = FIRST + 20 * DAY
    outliers = {**power, **{number: 50.0 for number in power if number >= now}}
    assert learn(outliers, now).predict(now + 5) == learn(power, now).predict(now + 5)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_quantiles_are_ordered_and_nothing_is_negative(data) -> None:
    days = data.draw(st.integers(0, 12))
    kws = data.draw(st.lists(st.floats(0, 20), min_size=1, max_size=50))
    gap = data.draw(st.integers(1, 300))
    power = {FIRST + n: kws[n * 7 % len(kws)] for n in range(days * DAY) if n % 400 > gap}
    now = FIRST + days * DAY + data.draw(st.integers(0, 95))
    model = learn(power, now, fine=data.draw(st.booleans()))
    for number in range(now - 3, now + 2 * DAY, 7):
        quantiles = model.predict(number)
        assert 0 <= quantiles.p10 <= quantiles.expected <= quantiles.p90 < 1000


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0.001, 10)), min_size=1))
def test_weighted_quantiles_are_ordered_and_within_the_values(pairs) -> None:
    pairs.sort()
    values = [value for value, _ in pairs]
    quantiles = weighted_quantiles(values, [weight for _, weight in pairs])
    assert values[0] <= quantiles.p10 <= quantiles.p90 <= values[-1]
    assert quantiles.p10 - 1e-9 <= quantiles.expected <= quantiles.p90 + 1e-9
    assert 0.99 <= quantiles.effective_sample_size <= len(pairs) + 0.01
    wide = quantiles.widened(0.5, 2.0)
    assert wide.p10 <= quantiles.p10
    assert wide.p90 >= quantiles.p90


def test_quantiles_of_nothing_and_autocorrelation() -> None:
    assert weighted_quantiles([], []) is None
    assert autocorrelation([], 1) == 0
    assert autocorrelation([(1, 0.5), (-2, -1)], 1) == 0.5
    assert autocorrelation([(1, 3)], 0.8) == 0.8
    assert autocorrelation([(1, -1)], 0.8) == 0
