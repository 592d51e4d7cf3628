"""A house without a history: days whose energy is all that is known, and what is expected of them."""

from datetime import date, timedelta
import math
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.cold_start import Location, household, sun
from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import ABSURD_KW, PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quality import pv_quality
from custom_components.nattery.core.forecast.quarters import day_edges, moment, quarter, wall
from scripts.benchmarks.houses import ZONE

BERLIN, DAY = Location(52.5, 13.4), 96
SPRING, AUTUMN, JUNE = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 25)  # of 23, 25 and 24 hours
LAST = [JUNE - timedelta(days=back) for back in range(1, 8)]
NOW = quarter(moment(day_edges((JUNE - date(1970, 1, 1)).days, ZONE)[0]))
SUN = sun(dict.fromkeys(LAST, 24.0), ZONE, BERLIN)
LOAD = household(dict.fromkeys(LAST, 12.0), ZONE)


def kwh(power, numbers=None):
    return math.fsum(power.values() if numbers is None else (power[number] for number in numbers)) / 4


def edges(day, zone=ZONE):
    return range(*day_edges((day - date(1970, 1, 1)).days, zone))


def learn(load, pv, record=None, now=NOW):
    return Forecaster.learn(moment(now), ZONE, load, pv, record or ForecastLog())


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (JUNE, 24)])
def test_a_day_keeps_its_energy_whatever_its_length(day, hours) -> None:
    for power in (sun({day: 17.3}, ZONE, BERLIN), household({day: 17.3}, ZONE)):
        assert power.keys() == set(edges(day))
        assert len(power) == 4 * hours
        assert kwh(power) == pytest.approx(17.3, rel=1e-12)
        assert min(power.values()) >= 0


@given(
    days=st.dictionaries(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.floats(0.1, 60), max_size=7),
    latitude=st.floats(-60, 60),
    zone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"]),
)
def test_every_day_keeps_its_energy_everywhere(days, latitude, zone) -> None:
    zone = ZoneInfo(zone)
    for power in (sun(days, zone, Location(latitude, 13.0)), household(days, zone)):
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
def test_the_sun_shines_while_it_is_up(day, latitude, hours) -> None:
    """As long as the almanac says (geometrically), around noon, and most at noon."""
    power = sun({day: 10.0}, ZoneInfo("UTC"), Location(latitude, 0.0))
    up = [number for number, kw in power.items() if kw > 0]
    assert len(up) / 4 == pytest.approx(hours, abs=0.5)
    assert up == [*range(up[0], up[-1] + 1)]
    noon = edges(day, ZoneInfo("UTC"))[0] + 48
    assert (up[0] + up[-1] + 1) / 2 == noon
    assert power[noon] == pytest.approx(power[noon - 1], rel=1e-3)
    assert power[noon] == pytest.approx(max(power.values()), rel=1e-3)


@pytest.mark.parametrize(("longitude", "hour"), [(-7.5, 12.5), (7.5, 11.5), (-120.0, 20.0), (172.5, 0.5)])
def test_noon_is_where_the_house_is(longitude, hour) -> None:
    power = sun({JUNE: 10.0}, ZoneInfo("UTC"), Location(40.0, longitude))
    brightest = max(power, key=power.__getitem__)
    assert abs(brightest % DAY / 4 - hour) <= 0.25


def test_where_the_sun_does_not_rise_there_is_nothing() -> None:
    assert sun({date(2026, 12, 21): 3.0}, ZONE, Location(70.0, 20.0)) == {}


@pytest.mark.parametrize("energy", [0.0, -1.0, math.nan, math.inf, 6553.5])
def test_empty_and_impossible_days_are_left_out(energy) -> None:
    days = {JUNE: energy, SPRING: 9.0}
    for power in (sun(days, ZONE, BERLIN), household(days, ZONE)):
        assert power.keys() == set(edges(SPRING))
        assert max(power.values()) < ABSURD_KW


def test_the_house_lives_by_the_wall_clock_and_later_on_sundays() -> None:
    days = [household({day: 10.0}, ZONE) for day in (date(2026, 6, 22), date(2026, 6, 21))]
    monday, sunday = ({wall(number, ZONE) % DAY / 4: kw for number, kw in day.items()} for day in days)
    assert monday[19.0] > 2 * monday[3.0]
    assert monday[6.5] > sunday[6.5]
    assert monday[11.0] < sunday[11.0]


# --- what is expected of it


def test_a_house_without_a_history_expects_its_last_days() -> None:
    told = learn(PowerHistory({}).assuming(LOAD), PowerHistory({}).assuming(SUN)).forecast(moment(NOW), DAY)
    assert told.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert [(note.key, note.values) for note in told.notes] == [
        ("note_first_days", {"days": 7}),
        ("note_no_provider", {"days": 7}),
    ]
    assert sum(told.pv_kw) / 4 == pytest.approx(24.0, rel=0.01)
    assert sum(told.load_kw) / 4 == pytest.approx(12.0, rel=0.01)
    for quantile, share in ((told.load_p90_kw, 2.0), (told.pv_p90_kw, 1.4), (told.pv_p10_kw, 0.4)):
        of = told.load_kw if share == 2.0 else told.pv_kw
        assert quantile == pytest.approx([share * kw for kw in of], rel=0.05), "a shape is no evidence"


def test_what_was_measured_counts_before_what_was_made_up() -> None:
    measured = range(NOW - 2 * DAY, NOW)
    load = PowerHistory(dict.fromkeys(measured, 1.0)).assuming(LOAD)
    pv = PowerHistory(dict.fromkeys(measured, 0.0)).assuming(SUN)
    assert not (load.made_up.keys() | pv.made_up.keys()) & set(measured)
    assert load.power == dict.fromkeys(measured, 1.0)
    knows = learn(load, pv)
    told, alone = (
        knows.forecast(moment(NOW), DAY),
        learn(PowerHistory({}).assuming(LOAD), PowerHistory({}).assuming(SUN)),
    )
    assert ("note_first_days", {"days": 5}) in [(note.key, note.values) for note in told.notes]
    before = alone.forecast(moment(NOW), DAY)
    assert 12.0 < sum(told.load_kw) / 4 < 24.0
    assert sum(told.pv_kw) < 0.7 * sum(before.pv_kw)


def test_an_hour_that_was_measured_in_part_is_no_evidence() -> None:
    """Its other quarters are made up."""
    noon = NOW - 44
    part = PowerHistory({noon: 9.0}).assuming(SUN)
    told = learn(PowerHistory({}), part).forecast(moment(NOW), DAY)
    plain = learn(PowerHistory({}), PowerHistory({}).assuming(SUN)).forecast(moment(NOW), DAY)
    assert told.pv_kw[52] > plain.pv_kw[52]
    assert told.pv_p10_kw[52] <= 0.41 * told.pv_kw[52]


def test_a_week_of_history_needs_nothing_made_up() -> None:
    week = PowerHistory(dict.fromkeys(range(NOW - 7 * DAY, NOW), 1.0))
    assert not week.short
    assert week.assuming(LOAD) is week
    assert PowerHistory(dict.fromkeys(range(NOW - 7 * DAY + 1, NOW), 1.0)).short


def test_filling_in_a_measured_quarter_leaves_the_rest_made_up() -> None:
    history = PowerHistory({}).assuming(SUN).filled({NOW - 44: 2.0})
    assert history.power == {NOW - 44: 2.0}
    assert sum(learn(PowerHistory({}), history).forecast(moment(NOW), DAY).pv_kw) / 4 == pytest.approx(24.0, rel=0.1)


def test_nothing_is_judged_or_corrected_by_what_was_made_up() -> None:
    """A provider that has said twice too much of each of the last days, of which nothing was measured."""
    record = ForecastLog()
    said = ProviderForecast({number: 2 * kw for number, kw in SUN.items()})
    for back in range(7, 0, -1):
        eve = NOW - back * DAY - 4
        learn(PowerHistory({}), PowerHistory({}), record, eve).forecast(moment(eve), DAY + 4, said).keep(record, ZONE)
    made_up, real = PowerHistory({}).assuming(SUN), PowerHistory(SUN)
    assert len(record) == 7
    assert pv_quality(record, made_up, moment(NOW)) is None
    assert pv_quality(record, real, moment(NOW)) is not None
    ahead = ProviderForecast({number + 7 * DAY: 2 * kw for number, kw in SUN.items()})
    told = learn(PowerHistory({}).assuming(LOAD), made_up, record).forecast(moment(NOW), DAY, ahead)
    assert told.pv_kw == pytest.approx([kw or 0.0 for kw in told.said_kw])
    assert [note.key for note in told.notes] == ["note_first_days"]
    judged = learn(PowerHistory({}), real, record).forecast(moment(NOW), DAY, ahead)
    assert sum(judged.pv_kw) < 0.8 * sum(told.pv_kw)
    sunny = learn(PowerHistory({}), made_up, record).forecast(moment(NOW), DAY, ahead)
    assert "note_first_days" not in {note.key for note in sunny.notes}, "the provider speaks of all of it"


def test_the_first_morning_sets_the_first_noon_right() -> None:
    """Half of what was made up of the last mornings makes half a noon; what has passed is as it came."""
    now = NOW + 44
    morning = {number: 0.5 * SUN[number - DAY] for number in range(NOW, now)}
    knows = learn(PowerHistory({}), PowerHistory(morning).assuming(SUN), now=now)
    told = knows.forecast(moment(NOW), DAY)
    revised = knows.revised(told)
    assert list(revised.pv_kw[:44]) == pytest.approx(list(morning.values()))
    assert 0.45 < revised.pv_kw[48] / told.pv_kw[48] < 0.7
