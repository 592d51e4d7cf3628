from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.core.forecast.solar import Correction, RoofModel
from scripts.benchmarks.houses import ZONE, roof

FIRST = quarter(datetime(2026, 6, 1, tzinfo=UTC))
DAY = 96
HOURS = [0, 0, 0, 0, 0.1, 0.5, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0.5, 0.1, 0, 0, 0, 0, 0, 0]


def days(count, actual_of, said_of=lambda day, hour: HOURS[hour]):
    """What a provider said of each hour and what came, of some days."""
    power: dict[int, float] = {}
    said: dict[int, float] = {}
    for day in range(count):
        for hour in range(24):
            start = FIRST + day * DAY + hour * 4
            said[start] = said_of(day, hour)
            power |= dict.fromkeys(range(start, start + 4), actual_of(day, hour))
    return said, PowerHistory(power)


def learned(count, *of):
    said, actual = days(count, *of)
    return Correction.learn(said, actual, ZONE, FIRST + count * DAY)


def test_with_nothing_to_compare_nothing_is_changed() -> None:
    plain = Correction.learn({}, PowerHistory({}), ZONE, FIRST)
    assert plain == Correction()
    found = plain.apply(FIRST + 40, 2.0)
    assert (found.p10, found.expected, found.p90) == pytest.approx((0.8, 2.0, 2.8))


def test_a_bias_is_learned_slowly_and_within_bounds() -> None:
    factors = [learned(count, lambda _, hour: 0.8 * HOURS[hour]).factors[10] for count in (1, 4, 12, 40)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] > 0.94
    assert 0.8 < factors[-1] < 0.83
    assert min(learned(40, lambda *_: 0.0).factors) == 0.5
    assert max(learned(40, lambda _, hour: 9 * HOURS[hour]).factors) == 1.6


def test_one_bad_day_is_no_bias() -> None:
    """An inverter that was off for a day, snow, or a broken counter."""
    found = learned(20, lambda day, hour: 0.0 if day == 10 else HOURS[hour])
    assert found.factors[10] == pytest.approx(1.0)


def test_shade_is_learned_by_the_hour() -> None:
    found = learned(30, lambda _, hour: HOURS[hour] * (0.5 if hour < 9 else 1.0))
    assert found.factors[7] < 0.65
    assert found.factors[12] > 0.93
    assert found.factors[2] == found.factors[22]  # nothing is known of the night


def test_a_sure_provider_is_trusted_more_than_a_wild_one() -> None:
    chance = Random(1)
    sure = learned(30, lambda _, hour: HOURS[hour] * chance.uniform(0.95, 1.05)).apply(FIRST + 44, 5.0)
    wild = learned(30, lambda _, hour: HOURS[hour] * chance.uniform(0.3, 1.7)).apply(FIRST + 44, 5.0)
    assert sure.p90 - sure.p10 < 0.4 * (wild.p90 - wild.p10)


def test_a_dull_forecast_is_less_sure_than_a_clear_one() -> None:
    def sky(day):
        return 0.2 if day % 2 else 1.0

    chance = Random(2)
    found = learned(
        30,
        lambda day, hour: HOURS[hour] * (1.0 if day % 2 == 0 else chance.uniform(0.02, 0.6)),
        lambda day, hour: HOURS[hour] * sky(day),
    )
    clear, dull = found.apply(FIRST + 44, 5.0), found.apply(FIRST + 44, 1.0)
    assert clear.p90 / clear.expected < 1.2
    assert dull.p90 / dull.expected > 1.8


def test_what_is_not_over_or_not_known_is_not_compared() -> None:
    said, actual = days(4, lambda _, hour: HOURS[hour])
    assert Correction.learn(said, actual, ZONE, FIRST + 2 * DAY).days == 2
    gappy = PowerHistory({number: kw for number, kw in actual.power.items() if number % 4})
    assert Correction.learn(said, gappy, ZONE, FIRST + 4 * DAY).days == 0


def test_the_roofs_own_days_by_the_hour_the_latest_counting_most() -> None:
    power, _ = roof(3, FIRST, 21)
    model = RoofModel(PowerHistory(power), FIRST + 21 * DAY)
    told = model.between(FIRST + 21 * DAY, FIRST + 22 * DAY)
    assert model.days == 21
    for number, found in told.items():
        before = [power[number - back * DAY] for back in range(1, 22)]
        assert (found.expected > 0) == any(before) or max(before) < 0.2
        assert found.expected <= 1.15 * max(before) + 0.1
    noon = told[FIRST + 21 * DAY + 52]
    assert noon.p10 < 0.7 * noon.expected < noon.p90
    fading = days(10, lambda day, hour: HOURS[hour] * (1 if day < 5 else 0.2))[1]
    late = RoofModel(fading, FIRST + 10 * DAY).between(FIRST + 10 * DAY, FIRST + 11 * DAY)
    assert late[FIRST + 10 * DAY + 42].expected < 2.5  # a plain mean is 3


def test_a_meters_noise_at_night_is_no_sun() -> None:
    model = RoofModel(days(10, lambda _, hour: HOURS[hour] or 0.01)[1], FIRST + 10 * DAY)
    assert model.between(FIRST + 10 * DAY, FIRST + 10 * DAY + 8)[FIRST + 10 * DAY + 4].expected == 0


def test_no_roof_gives_nothing() -> None:
    model = RoofModel(PowerHistory({}), FIRST)
    assert model.days == 0
    assert {found.p90 for found in model.between(FIRST, FIRST + DAY).values()} == {0.0}


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10**6), st.integers(0, 95))
def test_quantiles_are_ordered_and_the_night_is_zero(count, seed, into) -> None:
    chance = Random(seed)
    said, actual = days(
        count, lambda _, hour: HOURS[hour] * chance.uniform(0, 2), lambda _, hour: HOURS[hour] * chance.random()
    )
    now = FIRST + count * DAY + into
    roofs = RoofModel(actual, now).between(now, now + 2 * DAY)
    correction = Correction.learn(said, actual, ZONE, now)
    for number in range(now, now + 2 * DAY):
        for found in (roofs[number], correction.apply(number, HOURS[number // 4 % 24])):
            assert 0 <= found.p10 <= found.expected <= found.p90
            assert HOURS[number // 4 % 24] or found.p90 == 0
