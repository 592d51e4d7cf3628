from datetime import datetime, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.sentences import english_sentences
from scripts.benchmarks.houses import ZONE, family, pv_system

FIRST = quarter(datetime(2026, 5, 4, tzinfo=ZONE))
DAY = 96
LOAD = family(1, FIRST, 30)
SUN, PROVIDER_WH = pv_system(1, FIRST, 34)
NOW = FIRST + 28 * DAY + 50
MOMENT = moment(NOW) + timedelta(minutes=7)


def learn(load=LOAD, sun=SUN, log=None, now=MOMENT):
    return Forecaster.learn(now, ZONE, PowerHistory(load), PowerHistory(sun), log or ForecastLog())


def sentences(forecast):
    """Return the notes in English."""
    return [english_sentences("EUR", ZONE).sentence(note, MOMENT) for note in forecast.notes]


def provider(*days):
    provider_wh = [PROVIDER_WH[min(PROVIDER_WH) + 28 + day] for day in days]
    return ProviderForecast.from_arrays([{start: wh for day in provider_wh for start, wh in day.items()}], ZONE)


def test_a_forecast_has_one_value_per_slot() -> None:
    forecast = learn().forecast(MOMENT, 130, provider(0, 1))
    rows = (
        forecast.load_kw,
        forecast.load_p90_kw,
        forecast.pv_kw,
        forecast.pv_p10_kw,
        forecast.pv_p90_kw,
        forecast.provider_kw,
    )
    assert {len(row) for row in rows} == {130}
    assert (forecast.start, forecast.slot_minutes) == (MOMENT, 15)
    assert forecast.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.PROVIDER}
    assert forecast.notes == ()


def test_a_slot_that_has_begun_has_the_mean_of_the_whole_slot() -> None:
    forecaster = learn(now=moment(NOW))
    assert (
        forecaster.forecast(MOMENT, 4, provider(0)).load_kw == forecaster.forecast(moment(NOW), 4, provider(0)).load_kw
    )


@pytest.mark.parametrize("minutes", [30, 60])
def test_longer_slots_are_means_of_quarter_hours(minutes) -> None:
    forecaster = learn()
    count = minutes // 15
    start = moment(NOW // count * count)
    quarters = forecaster.forecast(start, 48, provider(0, 1))
    forecast = forecaster.forecast(start + timedelta(minutes=minutes - 1), 48 // count, provider(0, 1), minutes)
    for name in ("load_kw", "load_p90_kw", "pv_kw", "pv_p10_kw", "pv_p90_kw", "provider_kw"):
        parts = getattr(quarters, name)
        means = [sum(parts[at : at + count]) / count for at in range(0, 48, count)]
        assert getattr(forecast, name) == pytest.approx(tuple(means))


@pytest.mark.parametrize(("slots", "minutes"), [(0, 15), (-1, 15), (1345, 15), (337, 60), (4, 20), (4, 0)])
def test_invalid_slots_are_rejected(slots, minutes) -> None:
    with pytest.raises(ValueError, match=r"not allowed; .* are$"):
        learn().forecast(MOMENT, slots, None, minutes)


def test_a_naive_start_is_rejected() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        learn().forecast(datetime(2026, 6, 1), 4)


def test_a_home_without_history_gets_defaults_and_notes() -> None:
    forecast = learn({}, {}).forecast(MOMENT, 96)
    assert forecast.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert sentences(forecast) == [
        "There is no history of your household yet: assuming 10 kWh a day, spread evenly.",
        "There is no solar forecast and no history yet: no sun is expected.",
    ]
    assert (set(forecast.load_kw), set(forecast.pv_p90_kw), set(forecast.provider_kw)) == ({10 / 24}, {0.0}, {None})


def test_a_short_history_and_a_missing_provider_get_notes() -> None:
    few = {number: kw for number, kw in LOAD.items() if number >= NOW - 2 * DAY}
    forecast = learn(few).forecast(MOMENT, 96)
    assert forecast.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert sentences(forecast) == [
        "Still learning your household: using 2 days of history so far.",
        "There is no solar forecast: using the mean of the last 21 days.",
    ]


def test_beyond_the_provider_the_pv_history_is_used() -> None:
    forecast = learn().forecast(MOMENT, 192, provider(0))
    assert forecast.sources["pv"] is ForecastSource.MIXED
    assert sentences(forecast)[0] == (
        "The solar forecast ends at Tuesday 00:00. After that, the mean of the last 21 days is used."
    )
    assert forecast.provider_kw[DAY - 50 - 1] is not None
    assert forecast.provider_kw[DAY - 50] is None
    assert max(forecast.pv_kw[DAY - 50 :]) > 1
    hourly = learn().forecast(MOMENT, 48, provider(0), 60)
    assert hourly.provider_kw.count(None) == 48 - (DAY - 48) // 4


def test_a_correction_is_learned_from_the_log() -> None:
    """A provider that forecasts a quarter too much is corrected after some weeks, with a note."""
    log = ForecastLog()
    for day in range(27):
        eve = moment(FIRST + day * DAY + 90)
        tomorrow = ProviderForecast.from_arrays(
            [PROVIDER_WH[min(PROVIDER_WH) + day] | PROVIDER_WH[min(PROVIDER_WH) + day + 1]], ZONE
        )
        Forecaster.learn(eve, ZONE, PowerHistory(LOAD), PowerHistory(SUN), ForecastLog()).forecast(
            eve, 110, tomorrow
        ).log_to(log, ZONE)
    assert len(log) == 27
    forecast = learn(log=log).forecast(MOMENT, 130, provider(0, 1))
    assert 0.6 < sum(forecast.pv_kw) / sum(forecast.provider_kw) < 0.9
    (sentence,) = sentences(forecast)
    assert sentence.startswith("The solar forecast is multiplied by 0.")
    assert sentence.endswith("as the last 27 days have shown.")


def test_a_log_of_hourly_slots_equals_one_of_quarter_hours() -> None:
    logs = []
    for minutes in (15, 60):
        log = ForecastLog()
        learn().forecast(MOMENT, 200 * 15 // minutes, provider(0, 1, 2), minutes).log_to(log, ZONE)
        logs.append(log)
    quarter_hourly, hourly = ([logged.load for logged in log] for log in logs)
    assert len(quarter_hourly) == 1
    assert hourly[0] == pytest.approx(quarter_hourly[0], abs=0.002)


@pytest.mark.parametrize(
    ("midnight", "length"), [(datetime(2026, 3, 29, tzinfo=ZONE), 92), (datetime(2026, 10, 25, tzinfo=ZONE), 100)]
)
def test_days_with_a_clock_change(midnight, length) -> None:
    first = quarter(midnight) - 28 * DAY
    load, (sun, provider_wh) = family(1, first, 31), pv_system(1, first, 31)
    forecast = Forecaster.learn(midnight, ZONE, PowerHistory(load), PowerHistory(sun), ForecastLog()).forecast(
        midnight,
        length,
        ProviderForecast.from_arrays([provider_wh[(midnight.date() - datetime(1970, 1, 1).date()).days]], ZONE),
    )
    log = ForecastLog()
    Forecaster.learn(midnight, ZONE, PowerHistory(load), PowerHistory(sun), ForecastLog()).forecast(
        midnight - timedelta(minutes=15), length + 1
    ).log_to(log, ZONE)
    assert forecast.sources["pv"] is ForecastSource.PROVIDER
    assert None not in forecast.provider_kw
    assert [logged.end - logged.start for logged in log] == [length]
    evening = [moment(quarter(midnight) + n).astimezone(ZONE).hour for n in range(length) if forecast.load_kw[n] > 1]
    assert {18, 19} <= set(evening)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30 * DAY), st.integers(1, 300), st.sampled_from([15, 30, 60]), st.integers(0, 3))
def test_quantiles_are_ordered_at_any_time(into, slots, minutes, days) -> None:
    start = moment(FIRST + into)
    provider_wh = {
        key: wh for day in range(days) for key, wh in PROVIDER_WH.get(min(PROVIDER_WH) + into // DAY + day, {}).items()
    }
    forecast = learn(now=start).forecast(start, slots, ProviderForecast.from_arrays([provider_wh], ZONE), minutes)
    assert all(0 <= usual <= high for usual, high in zip(forecast.load_kw, forecast.load_p90_kw, strict=True))
    for low, usual, high in zip(forecast.pv_p10_kw, forecast.pv_kw, forecast.pv_p90_kw, strict=True):
        assert 0 <= low <= usual * (1 + 1e-9)
        assert usual <= high * (1 + 1e-9)
