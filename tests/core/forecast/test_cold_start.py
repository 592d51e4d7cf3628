"""The cold start: profiles made from daily energies, and the forecasts learned from them."""

from datetime import date, timedelta
import math
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.cold_start import load_from_daily_energy, pv_from_daily_energy
from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import MAX_PLAUSIBLE_KW, PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quality import pv_quality
from custom_components.nattery.core.forecast.quarters import day_edges, local_quarter, moment, quarter
from custom_components.nattery.core.forecast.sun import Location
from scripts.benchmarks.houses import ZONE

BERLIN, DAY = Location(52.5, 13.4), 96
SPRING, AUTUMN, JUNE = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 25)  # of 23, 25 and 24 hours
LAST = [JUNE - timedelta(days=back) for back in range(1, 8)]
NOW = quarter(moment(day_edges((JUNE - date(1970, 1, 1)).days, ZONE)[0]))
SUN = pv_from_daily_energy(dict.fromkeys(LAST, 24.0), ZONE, BERLIN)
LOAD = load_from_daily_energy(dict.fromkeys(LAST, 12.0), ZONE)


def kwh(power, numbers=None):
    return math.fsum(power.values() if numbers is None else (power[number] for number in numbers)) / 4


def edges(day, zone=ZONE):
    return range(*day_edges((day - date(1970, 1, 1)).days, zone))


def learn(load, pv, log=None, now=NOW):
    return Forecaster.learn(moment(now), ZONE, load, pv, log or ForecastLog())


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (JUNE, 24)])
def test_a_day_of_any_length_keeps_its_energy(day, hours) -> None:
    for power in (pv_from_daily_energy({day: 17.3}, ZONE, BERLIN), load_from_daily_energy({day: 17.3}, ZONE)):
        assert power.keys() == set(edges(day))
        assert len(power) == 4 * hours
        assert kwh(power) == pytest.approx(17.3, rel=1e-12)
        assert min(power.values()) >= 0


@given(
    days=st.dictionaries(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.floats(0.1, 60), max_size=7),
    latitude=st.floats(-60, 60),
    zone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"]),
)
def test_every_day_keeps_its_energy_at_any_location(days, latitude, zone) -> None:
    zone = ZoneInfo(zone)
    for power in (pv_from_daily_energy(days, zone, Location(latitude, 13.0)), load_from_daily_energy(days, zone)):
        assert len(power) == sum(len(edges(day, zone)) for day in days)
        for day, energy in days.items():
            assert kwh(power, edges(day, zone)) == pytest.approx(energy, rel=1e-9)


@pytest.mark.parametrize(
    ("day", "latitude", "hours"),
    [
        (date(2026, 6, 21), 52.5, 16.6),
        (date(2026, 12, 21), 52.5, 7.5),
        (date(2026, 12, 21), -33.9, 14.2),
        (date(2026, 3, 20), 0.0, 12.0),
        (date(2026, 9, 23), 65.0, 12.1),
        (date(2026, 6, 21), 70.0, 24.0),
    ],
)
def test_pv_power_is_positive_from_sunrise_to_sunset(day, latitude, hours) -> None:
    """Day lengths are those of an almanac, without refraction; the power is symmetric around noon."""
    power = pv_from_daily_energy({day: 10.0}, ZoneInfo("UTC"), Location(latitude, 0.0))
    up = [number for number, kw in power.items() if kw > 0]
    assert len(up) / 4 == pytest.approx(hours, abs=0.5)
    assert up == [*range(up[0], up[-1] + 1)]
    noon = edges(day, ZoneInfo("UTC"))[0] + 48
    assert (up[0] + up[-1] + 1) / 2 == noon
    assert power[noon] == pytest.approx(power[noon - 1], rel=1e-3)
    assert power[noon] == pytest.approx(max(power.values()), rel=1e-3)


@pytest.mark.parametrize(("longitude", "noon"), [(-7.5, 12.5), (7.5, 11.5), (-120.0, 20.0), (172.5, 0.5)])
def test_solar_noon_follows_the_longitude(longitude, noon) -> None:
    power = pv_from_daily_energy({JUNE: 10.0}, ZoneInfo("UTC"), Location(40.0, longitude))
    brightest = max(power, key=power.__getitem__)
    assert abs(brightest % DAY / 4 - noon) <= 0.25


def test_a_day_without_sunrise_is_left_out() -> None:
    assert pv_from_daily_energy({date(2026, 12, 21): 3.0}, ZONE, Location(70.0, 20.0)) == {}


@pytest.mark.parametrize("energy", [0.0, -1.0, math.nan, math.inf, 6553.5])
def test_days_without_energy_or_with_implausible_energy_are_left_out(energy) -> None:
    days = {JUNE: energy, SPRING: 9.0}
    for power in (pv_from_daily_energy(days, ZONE, BERLIN), load_from_daily_energy(days, ZONE)):
        assert power.keys() == set(edges(SPRING))
        assert max(power.values()) < MAX_PLAUSIBLE_KW


def test_the_load_profile_follows_the_local_clock_and_starts_later_on_sundays() -> None:
    days = [load_from_daily_energy({day: 10.0}, ZONE) for day in (date(2026, 6, 22), date(2026, 6, 21))]
    monday, sunday = ({local_quarter(number, ZONE) % DAY / 4: kw for number, kw in day.items()} for day in days)
    assert monday[19.0] > 2 * monday[3.0]
    assert monday[6.5] > sunday[6.5]
    assert monday[11.0] < sunday[11.0]


def test_without_a_history_the_last_daily_energies_are_forecast() -> None:
    forecast = learn(PowerHistory({}).with_assumed(LOAD), PowerHistory({}).with_assumed(SUN)).forecast(moment(NOW), DAY)
    assert forecast.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert [(note.key, note.values) for note in forecast.notes] == [
        ("note_first_days", {"days": 7}),
        ("note_no_provider", {"days": 7}),
    ]
    assert sum(forecast.pv_kw) / 4 == pytest.approx(24.0, rel=0.01)
    assert sum(forecast.load_kw) / 4 == pytest.approx(12.0, rel=0.01)
    for quantile, share in ((forecast.load_p90_kw, 2.0), (forecast.pv_p90_kw, 1.4), (forecast.pv_p10_kw, 0.4)):
        expected = forecast.load_kw if share == 2.0 else forecast.pv_kw
        assert quantile == pytest.approx([share * kw for kw in expected], rel=0.05), (
            "an assumed profile does not narrow the quantiles"
        )


def test_measurements_take_precedence_over_assumptions() -> None:
    measured = range(NOW - 2 * DAY, NOW)
    load = PowerHistory(dict.fromkeys(measured, 1.0)).with_assumed(LOAD)
    pv = PowerHistory(dict.fromkeys(measured, 0.0)).with_assumed(SUN)
    assert not (load.assumed.keys() | pv.assumed.keys()) & set(measured)
    assert load.power == dict.fromkeys(measured, 1.0)
    forecaster = learn(load, pv)
    forecast, without_measurements = (
        forecaster.forecast(moment(NOW), DAY),
        learn(PowerHistory({}).with_assumed(LOAD), PowerHistory({}).with_assumed(SUN)),
    )
    assert ("note_first_days", {"days": 5}) in [(note.key, note.values) for note in forecast.notes]
    assumed_only = without_measurements.forecast(moment(NOW), DAY)
    assert 12.0 < sum(forecast.load_kw) / 4 < 24.0
    assert sum(forecast.pv_kw) < 0.7 * sum(assumed_only.pv_kw)


def test_a_partly_measured_hour_does_not_narrow_the_quantiles() -> None:
    noon = NOW - 44
    part = PowerHistory({noon: 9.0}).with_assumed(SUN)
    forecast = learn(PowerHistory({}), part).forecast(moment(NOW), DAY)
    unmeasured = learn(PowerHistory({}), PowerHistory({}).with_assumed(SUN)).forecast(moment(NOW), DAY)
    assert forecast.pv_kw[52] > unmeasured.pv_kw[52]
    assert forecast.pv_p10_kw[52] <= 0.41 * forecast.pv_kw[52]


def test_a_week_of_history_takes_no_assumptions() -> None:
    week = PowerHistory(dict.fromkeys(range(NOW - 7 * DAY, NOW), 1.0))
    assert not week.is_short
    assert week.with_assumed(LOAD) is week
    assert PowerHistory(dict.fromkeys(range(NOW - 7 * DAY + 1, NOW), 1.0)).is_short


def test_filling_a_gap_keeps_the_other_assumptions() -> None:
    history = PowerHistory({}).with_assumed(SUN).with_gaps_filled({NOW - 44: 2.0})
    assert history.power == {NOW - 44: 2.0}
    assert sum(learn(PowerHistory({}), history).forecast(moment(NOW), DAY).pv_kw) / 4 == pytest.approx(24.0, rel=0.1)


def test_assumptions_neither_judge_nor_correct_a_forecast() -> None:
    """The provider's forecasts of the last days were twice the assumed PV, and nothing was measured."""
    log = ForecastLog()
    provider = ProviderForecast({number: 2 * kw for number, kw in SUN.items()})
    for back in range(7, 0, -1):
        eve = NOW - back * DAY - 4
        learn(PowerHistory({}), PowerHistory({}), log, eve).forecast(moment(eve), DAY + 4, provider).log_to(log, ZONE)
    assumed, real = PowerHistory({}).with_assumed(SUN), PowerHistory(SUN)
    assert len(log) == 7
    assert pv_quality(log, assumed, moment(NOW)) is None
    assert pv_quality(log, real, moment(NOW)) is not None
    ahead = ProviderForecast({number + 7 * DAY: 2 * kw for number, kw in SUN.items()})
    forecast = learn(PowerHistory({}).with_assumed(LOAD), assumed, log).forecast(moment(NOW), DAY, ahead)
    assert forecast.pv_kw == pytest.approx([kw or 0.0 for kw in forecast.provider_kw])
    assert [note.key for note in forecast.notes] == ["note_first_days"]
    judged = learn(PowerHistory({}), real, log).forecast(moment(NOW), DAY, ahead)
    assert sum(judged.pv_kw) < 0.8 * sum(forecast.pv_kw)
    sunny = learn(PowerHistory({}), assumed, log).forecast(moment(NOW), DAY, ahead)
    assert "note_first_days" not in {note.key for note in sunny.notes}, "the provider covers the whole forecast"


def test_the_nowcast_works_on_the_first_day() -> None:
    """A morning at half of the assumed PV lowers the forecast of noon; the morning is replaced by measurements."""
    now = NOW + 44
    morning = {number: 0.5 * SUN[number - DAY] for number in range(NOW, now)}
    forecaster = learn(PowerHistory({}), PowerHistory(morning).with_assumed(SUN), now=now)
    forecast = forecaster.forecast(moment(NOW), DAY)
    revised = forecaster.revise(forecast)
    assert list(revised.pv_kw[:44]) == pytest.approx(list(morning.values()))
    assert 0.45 < revised.pv_kw[48] / forecast.pv_kw[48] < 0.7
