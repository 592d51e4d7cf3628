"""PV forecasts from cloud cover, on synthetic roofs."""

from datetime import UTC, datetime
import math
from random import Random
from statistics import fmean

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.cloud_cover import CloudLog
from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.forecast.solar import PvHistoryModel
from custom_components.nattery.core.forecast.sun import clear_sky
from custom_components.nattery.core.forecast.weather import LocalWeather, PvWeatherModel
from scripts.benchmarks.weather import HOME, ROOFS, cloud_errors

DAY = 96
FIRST = quarter(datetime(2026, 5, 1, tzinfo=UTC))
DAYS = 20
NOW = FIRST + DAYS * DAY + 44  # 11:00 UTC
TOMORROW = range(FIRST + (DAYS + 1) * DAY, FIRST + (DAYS + 2) * DAY)


def measured(*, until=NOW, gain=lambda _: 5.0):
    """Return the PV of clear and overcast days in turn."""
    return {
        number: gain(number // 4 % 24) * clear_sky(number, HOME) * (0.25 if is_overcast(number) else 1.0)
        for number in range(FIRST, until)
    }


def is_overcast(number):
    return (number - FIRST) // DAY % 2 == 1


def log_of(cover=lambda number: float(is_overcast(number)), until=NOW, horizon=48):
    """Return the log of forecasts that were issued every six hours."""
    log = CloudLog()
    for issued in range(FIRST, until + 1, 24):
        log.add(issued, {hour: cover(4 * hour) for hour in range(issued // 4, issued // 4 + horizon)})
    return log


def models(log, pv=None, now=NOW):
    history = PowerHistory(pv or measured(until=now))
    baseline = PvHistoryModel(history, now)
    return PvWeatherModel(history, LocalWeather(HOME, log), baseline, now), baseline


def kwh(forecast, numbers=TOMORROW):
    return sum(forecast[number].expected for number in numbers) / 4


def actual(numbers=TOMORROW):
    power = measured(until=numbers.stop)
    return sum(power[number] for number in numbers) / 4


@pytest.mark.parametrize("roof", ROOFS)
def test_an_informative_cover_beats_the_history(roof) -> None:
    runs = [cloud_errors(roof, month, seed=seed) for month, seed in ((1, 1), (4, 2), (7, 3), (10, 4))]
    assert fmean(run.with_clouds for run in runs) < 0.6 * fmean(run.history for run in runs)
    assert max(run.with_clouds / run.history for run in runs) < 0.75
    assert 0.74 <= fmean(run.covered for run in runs) <= 0.88


def test_a_vague_cover_still_helps() -> None:
    runs = [cloud_errors("south", 4, seed=seed, error=1.2) for seed in (1, 2, 3)]
    assert fmean(run.with_clouds for run in runs) < 0.85 * fmean(run.history for run in runs)
    assert 0.7 <= fmean(run.covered for run in runs) <= 0.9


def test_a_cover_that_explains_nothing_does_no_harm() -> None:
    runs = [cloud_errors(roof, 4, seed=seed, error=math.inf) for roof in ROOFS for seed in (1, 2, 3)]
    assert fmean(run.with_clouds for run in runs) < 1.02 * fmean(run.history for run in runs)
    assert max(run.with_clouds / run.history for run in runs) < 1.08


def test_a_few_days_are_enough() -> None:
    runs = [cloud_errors(roof, 4, seed=seed, learned=1, days=9) for roof in ROOFS for seed in (1, 2, 3)]
    assert fmean(run.with_clouds for run in runs) < 0.85 * fmean(run.history for run in runs)


def test_orientation_and_shading_are_learned() -> None:
    pv = measured(gain=lambda hour: 4.0 if hour < 12 else 1.0)
    model, _ = models(log_of(), pv)
    forecast = model.predict(TOMORROW.start, TOMORROW.stop)
    at_ten, at_fourteen = (forecast[TOMORROW.start + 4 * hour + 2] for hour in (9, 13))
    assert at_ten.expected > 3 * at_fourteen.expected


def test_hours_without_cover_have_the_forecast_of_the_history() -> None:
    model, baseline = models(log_of(horizon=8))
    assert not model.covers(TOMORROW.start + 50)
    tomorrow = (TOMORROW.start, TOMORROW.stop)
    assert model.predict(*tomorrow) == baseline.predict(*tomorrow)
    assert model.covers(NOW + 8)


def test_gaps_in_the_weather_are_bridged() -> None:
    chance = Random(1)
    log = log_of()
    for covers in (log.latest, log.day_ahead):
        for hour in [hour for hour in covers if hour < NOW // 4 and chance.random() < 0.5]:
            del covers[hour]
    model, baseline = models(log)
    assert kwh(model.predict(TOMORROW.start, TOMORROW.stop)) == pytest.approx(actual(), rel=0.15)
    assert kwh(baseline.predict(TOMORROW.start, TOMORROW.stop)) > 1.5 * actual()


def test_a_weather_entity_that_is_silent_does_no_harm() -> None:
    model, baseline = models(log_of(until=NOW - 2 * DAY))
    tomorrow = (TOMORROW.start, TOMORROW.stop)
    assert model.predict(*tomorrow) == baseline.predict(*tomorrow)


def test_a_weather_entity_that_is_stuck_does_no_harm() -> None:
    log = log_of(lambda number: 0.0 if number > NOW - 3 * DAY else float(is_overcast(number)))
    model, baseline = models(log)
    tomorrow = (TOMORROW.start, TOMORROW.stop)
    assert model.predict(*tomorrow) == baseline.predict(*tomorrow)
    assert not model.covers(TOMORROW.start)


def test_a_cover_in_other_units_or_upside_down_is_learned() -> None:
    for cover in (lambda number: is_overcast(number) / 4, lambda number: 1.0 - is_overcast(number)):
        model, _ = models(log_of(cover))
        assert kwh(model.predict(TOMORROW.start, TOMORROW.stop)) == pytest.approx(actual(), rel=0.25)


def test_a_meter_error_and_a_dead_day_change_little() -> None:
    pv = measured()
    for number in range(FIRST + 12 * DAY + 40, FIRST + 12 * DAY + 44):
        pv[number] = 80.0
    for number in range(FIRST + 9 * DAY, FIRST + 10 * DAY):
        pv[number] = 0.0
    model, _ = models(log_of(), pv)
    assert kwh(model.predict(TOMORROW.start, TOMORROW.stop)) == pytest.approx(actual(), rel=0.2)


def test_nothing_is_learned_from_nothing() -> None:
    history = PowerHistory({})
    model = PvWeatherModel(history, LocalWeather(HOME, log_of()), PvHistoryModel(history, NOW), NOW)
    assert model.days == 0
    assert not model.covers(NOW)
    assert {one.p90 for one in model.predict(NOW, NOW + DAY).values()} == {0.0}


def test_a_roof_that_gives_nothing_is_forecast_to_give_nothing() -> None:
    model, _ = models(log_of(), dict.fromkeys(range(FIRST, NOW), 0.0))
    assert {one.p90 for one in model.predict(NOW, NOW + DAY).values()} == {0.0}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 8), st.integers(0, 10**6), st.integers(0, 95))
def test_quantiles_are_ordered_and_zero_at_night(days, seed, into) -> None:
    chance = Random(seed)
    now = FIRST + days * DAY + into
    pv = {number: clear_sky(number, HOME) * chance.uniform(0, 8) for number in range(FIRST, now)}
    log = log_of(lambda _: chance.random(), until=now)
    model, _ = models(log, pv or {FIRST - 1: 0.0}, now)
    for number, found in model.predict(now, now + 2 * DAY).items():
        assert 0 <= found.p10 <= found.expected <= found.p90
        assert found.p90 < 40
        if not any(clear_sky(other, HOME) for other in range(number - 8, number + 9)):
            assert found.p90 == 0


def forecaster(log=None, pv=None):
    found = Forecaster.learn(moment(NOW), UTC, PowerHistory({}), PowerHistory(pv or measured()), ForecastLog())
    return found.with_weather(LocalWeather(HOME, log or log_of()))


def test_the_forecast_names_its_source() -> None:
    forecast = forecaster().forecast(moment(NOW), DAY)
    assert forecast.sources["pv"] is ForecastSource.WEATHER
    assert [(note.key, dict(note.values)) for note in forecast.notes if "load" not in note.key] == [
        ("note_clouds", {"days": DAYS + 1})
    ]
    silent = forecaster(log_of(until=NOW - 4 * DAY)).forecast(moment(NOW), DAY)
    assert silent.sources["pv"] is ForecastSource.HISTORY
    assert "note_no_provider" in {note.key for note in silent.notes}


def test_a_provider_takes_precedence() -> None:
    provider = ProviderForecast(dict.fromkeys(range(NOW, NOW + DAY), 1.0))
    covered = forecaster().forecast(moment(NOW), DAY, provider)
    assert covered.sources["pv"] is ForecastSource.PROVIDER
    assert set(covered.pv_kw) == {1.0}
    mixed = forecaster().forecast(moment(NOW), DAY + 40, provider)
    assert mixed.sources["pv"] is ForecastSource.MIXED
    assert [note.key for note in mixed.notes if "load" not in note.key] == ["note_provider_ends_clouds"]


def test_the_nowcast_compares_with_the_cover_of_today() -> None:
    """Today is clear, which the cover has told: nothing is left to correct."""
    assert not is_overcast(NOW)
    known = forecaster()
    forecast = known.forecast(moment(NOW), 16)
    assert known.revise(forecast).pv_kw == pytest.approx(forecast.pv_kw, rel=0.15)
    dull = measured() | {number: 0.3 * kw for number, kw in measured().items() if number >= NOW - 44}
    found = forecaster(pv=dull)
    revised = found.revise(found.forecast(moment(NOW), 16))
    assert sum(revised.pv_kw) < 0.8 * sum(found.forecast(moment(NOW), 16).pv_kw)
