"""Revised forecasts: measured quarter-hours replace the forecast, and the nowcast corrects the next hours' PV."""

from datetime import datetime, timedelta

import pytest

from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import moment, quarter
from scripts.benchmarks.houses import ZONE

DAY = 96
MIDNIGHT = quarter(datetime(2026, 5, 25, tzinfo=ZONE))
NOW = MIDNIGHT + 44  # 11:00
NOWCAST_HORIZON = range(NOW, NOW + 32)  # the horizon of the nowcast


def sun(number):
    """Return the same PV power on every day, from 06:00 to 20:00."""
    return 4.0 if 24 <= (number - MIDNIGHT) % DAY < 80 else 0.0


def past(today=1.0, days=14):
    """Return equal days, and today up to now at a share of their power."""
    power = {number: sun(number) for number in range(MIDNIGHT - days * DAY, MIDNIGHT)}
    return PowerHistory(power | {number: today * sun(number) for number in range(MIDNIGHT, NOW)})


def load(kw=0.5):
    return PowerHistory(
        dict.fromkeys(range(MIDNIGHT - 14 * DAY, MIDNIGHT), 0.4) | dict.fromkeys(range(MIDNIGHT, NOW), kw)
    )


def learn(pv, log=None):
    return Forecaster.learn(moment(NOW), ZONE, load(), pv, log or ForecastLog())


def provider(*, first=MIDNIGHT, factor=1.0):
    return ProviderForecast({number: factor * sun(number) for number in range(first, MIDNIGHT + 2 * DAY)})


def day(forecaster, provider_forecast=None, first=MIDNIGHT, slots=DAY):
    """Return the PV of the day as forecast and as revised, by number of the quarter-hour."""
    forecast = forecaster.forecast(moment(first), slots, provider_forecast)
    revised = forecaster.revise(forecast, provider_forecast)
    return [dict(enumerate(one.pv_kw, first)) for one in (forecast, revised)]


@pytest.mark.parametrize("provider_forecast", [None, provider()], ids=["history", "provider"])
def test_a_dull_morning_lowers_the_forecast_of_noon(provider_forecast) -> None:
    forecast, revised = day(learn(past(0.4)), provider_forecast)
    changes = [revised[number] / forecast[number] for number in NOWCAST_HORIZON]
    assert changes[0] == pytest.approx(0.45, abs=0.08)
    assert changes == sorted(changes)
    assert revised[NOW + 32] == forecast[NOW + 32]


@pytest.mark.parametrize("provider_forecast", [None, provider()], ids=["history", "provider"])
def test_a_correct_forecast_is_unchanged(provider_forecast) -> None:
    forecast, revised = day(learn(past()), provider_forecast)
    assert [revised[number] for number in NOWCAST_HORIZON] == pytest.approx(
        [forecast[number] for number in NOWCAST_HORIZON], rel=0.02
    )


def test_measurements_replace_the_forecast_except_in_gaps() -> None:
    pv = past(0.4)
    gap = range(NOW - 8, NOW - 4)
    forecaster = learn(PowerHistory({number: kw for number, kw in pv.power.items() if number not in gap}))
    forecast, revised = day(forecaster, provider())
    assert {number: revised[number] for number in gap} == {number: forecast[number] for number in gap}
    assert [revised[number] for number in range(MIDNIGHT, NOW) if number not in gap] == [
        pv.power[number] for number in range(MIDNIGHT, NOW) if number not in gap
    ]
    whole = forecaster.revise(forecaster.forecast(moment(MIDNIGHT), DAY, provider()), provider())
    assert whole.load_kw[:44] == whole.load_p90_kw[:44] == (0.5,) * 44
    assert max(whole.load_kw[44:]) < 0.5


def test_quantiles_are_scaled_like_the_expected_value() -> None:
    forecaster = learn(past(0.4))
    forecast = forecaster.forecast(moment(NOW), 48, provider())
    revised = forecaster.revise(forecast, provider())
    for name in ("pv_p10_kw", "pv_p90_kw"):
        ratios = [new / old for old, new in zip(getattr(forecast, name), getattr(revised, name), strict=True) if old]
        usual = [new / old for old, new in zip(forecast.pv_kw, revised.pv_kw, strict=True) if old]
        assert ratios == pytest.approx(usual)
    assert (revised.load_kw, revised.provider_kw, revised.notes) == (
        forecast.load_kw,
        forecast.provider_kw,
        forecast.notes,
    )


def test_a_change_made_by_the_provider_is_not_applied_twice() -> None:
    log = ForecastLog()
    day_ahead = {number: sun(number) for number in range(MIDNIGHT, MIDNIGHT + DAY)}
    log.add(MIDNIGHT - 1, ZONE, day_ahead, day_ahead, day_ahead)
    _, revised = day(learn(past(0.4), log), provider(factor=0.4))
    assert [revised[number] for number in NOWCAST_HORIZON] == pytest.approx(
        [0.4 * sun(number) for number in NOWCAST_HORIZON], rel=0.1
    )


def test_the_logged_forecast_is_used_where_the_provider_has_dropped_the_morning() -> None:
    log = ForecastLog()
    day_ahead = {number: sun(number) for number in range(MIDNIGHT, MIDNIGHT + DAY)}
    log.add(MIDNIGHT - 1, ZONE, day_ahead, day_ahead, day_ahead)
    provider_from_now = provider(first=NOW)
    for log_or_empty, factor in ((ForecastLog(), 1.0), (log, 0.45)):
        forecast, revised = day(learn(past(0.4), log_or_empty), provider_from_now)
        assert revised[NOW] / forecast[NOW] == pytest.approx(factor, abs=0.08)


def test_past_quarter_hours_do_not_affect_the_source() -> None:
    forecaster = learn(past())
    forecast = forecaster.forecast(moment(MIDNIGHT), DAY, provider(first=NOW))
    assert forecast.sources["pv"] is ForecastSource.PROVIDER
    assert forecast.notes == ()
    assert forecaster.forecast(moment(MIDNIGHT), 44, provider()).sources["pv"] is ForecastSource.PROVIDER


def test_without_measurements_the_forecast_is_unchanged() -> None:
    forecaster = Forecaster.learn(moment(NOW), ZONE, PowerHistory({}), PowerHistory({}), ForecastLog())
    forecast = forecaster.forecast(moment(MIDNIGHT), DAY, provider())
    assert forecaster.revise(forecast, provider()) == forecast
    tomorrow = forecaster.forecast(moment(NOW) + timedelta(days=1), 8, provider())
    assert forecaster.revise(tomorrow, provider()) == tomorrow
