from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import quarter
from custom_components.nattery.core.forecast.solar import Correction, PvHistoryModel
from scripts.benchmarks.houses import ZONE, pv_system

FIRST = quarter(datetime(2026, 6, 1, tzinfo=UTC))
DAY = 96
HOURS = [0, 0, 0, 0, 0.1, 0.5, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0.5, 0.1, 0, 0, 0, 0, 0, 0]


def days(count, actual_at, forecast_at=lambda day, hour: HOURS[hour]):
    """Return the provider's forecast by hour and the measured history of some days."""
    power: dict[int, float] = {}
    forecast: dict[int, float] = {}
    for day in range(count):
        for hour in range(24):
            start = FIRST + day * DAY + hour * 4
            forecast[start] = forecast_at(day, hour)
            power |= dict.fromkeys(range(start, start + 4), actual_at(day, hour))
    return forecast, PowerHistory(power)


def learned(count, *functions):
    forecast, actual = days(count, *functions)
    return Correction.learn(forecast, actual, ZONE, FIRST + count * DAY)


def test_without_comparison_nothing_is_corrected() -> None:
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


def test_one_outlier_day_does_not_change_the_factors() -> None:
    """Such as a day of snow, an inverter switched off, or a meter error."""
    found = learned(20, lambda day, hour: 0.0 if day == 10 else HOURS[hour])
    assert found.factors[10] == pytest.approx(1.0)


def test_shading_is_learned_by_hour() -> None:
    found = learned(30, lambda _, hour: HOURS[hour] * (0.5 if hour < 9 else 1.0))
    assert found.factors[7] < 0.65
    assert found.factors[12] > 0.93
    assert found.factors[2] == found.factors[22]  # the night has no forecast to compare


def test_an_accurate_provider_has_narrower_quantiles() -> None:
    chance = Random(1)
    accurate = learned(30, lambda _, hour: HOURS[hour] * chance.uniform(0.95, 1.05)).apply(FIRST + 44, 5.0)
    erratic = learned(30, lambda _, hour: HOURS[hour] * chance.uniform(0.3, 1.7)).apply(FIRST + 44, 5.0)
    assert accurate.p90 - accurate.p10 < 0.4 * (erratic.p90 - erratic.p10)


def test_overcast_forecasts_have_wider_quantiles_than_clear_ones() -> None:
    def cloud_factor(day):
        return 0.2 if day % 2 else 1.0

    chance = Random(2)
    found = learned(
        30,
        lambda day, hour: HOURS[hour] * (1.0 if day % 2 == 0 else chance.uniform(0.02, 0.6)),
        lambda day, hour: HOURS[hour] * cloud_factor(day),
    )
    clear, overcast = found.apply(FIRST + 44, 5.0), found.apply(FIRST + 44, 1.0)
    assert clear.p90 / clear.expected < 1.2
    assert overcast.p90 / overcast.expected > 1.8


def test_hours_not_ended_or_not_measured_are_not_compared() -> None:
    forecast, actual = days(4, lambda _, hour: HOURS[hour])
    assert Correction.learn(forecast, actual, ZONE, FIRST + 2 * DAY).days == 2
    gappy = PowerHistory({number: kw for number, kw in actual.power.items() if number % 4})
    assert Correction.learn(forecast, gappy, ZONE, FIRST + 4 * DAY).days == 0


def test_the_history_model_weights_recent_days_most() -> None:
    power, _ = pv_system(3, FIRST, 21)
    model = PvHistoryModel(PowerHistory(power), FIRST + 21 * DAY)
    hours = model.predict(FIRST + 21 * DAY, FIRST + 22 * DAY)
    assert model.days == 21
    for number, found in hours.items():
        before = [power[number - back * DAY] for back in range(1, 22)]
        assert (found.expected > 0) == any(before) or max(before) < 0.2
        assert found.expected <= 1.15 * max(before) + 0.1
    noon = hours[FIRST + 21 * DAY + 52]
    assert noon.p10 < 0.7 * noon.expected < noon.p90
    fading = days(10, lambda day, hour: HOURS[hour] * (1 if day < 5 else 0.2))[1]
    late = PvHistoryModel(fading, FIRST + 10 * DAY).predict(FIRST + 10 * DAY, FIRST + 11 * DAY)
    assert late[FIRST + 10 * DAY + 42].expected < 2.5  # a plain mean is 3


def test_measurement_noise_at_night_is_ignored() -> None:
    model = PvHistoryModel(days(10, lambda _, hour: HOURS[hour] or 0.01)[1], FIRST + 10 * DAY)
    assert model.predict(FIRST + 10 * DAY, FIRST + 10 * DAY + 8)[FIRST + 10 * DAY + 4].expected == 0


def test_without_pv_the_forecast_is_zero() -> None:
    model = PvHistoryModel(PowerHistory({}), FIRST)
    assert model.days == 0
    assert {found.p90 for found in model.predict(FIRST, FIRST + DAY).values()} == {0.0}


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10**6), st.integers(0, 95))
def test_quantiles_are_ordered_and_zero_at_night(count, seed, into) -> None:
    chance = Random(seed)
    forecast, actual = days(
        count, lambda _, hour: HOURS[hour] * chance.uniform(0, 2), lambda _, hour: HOURS[hour] * chance.random()
    )
    now = FIRST + count * DAY + into
    history = PvHistoryModel(actual, now).predict(now, now + 2 * DAY)
    correction = Correction.learn(forecast, actual, ZONE, now)
    for number in range(now, now + 2 * DAY):
        for found in (history[number], correction.apply(number, HOURS[number // 4 % 24])):
            assert 0 <= found.p10 <= found.expected <= found.p90
            assert HOURS[number // 4 % 24] or found.p90 == 0
