from datetime import datetime, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.forecast.forecast import Forecaster, ForecastSource
from custom_components.nattery.core.forecast.forecast_log import ForecastLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.provider import ProviderForecast
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.sentences import english_sentences
from scripts.benchmarks.houses import ZONE, family, roof

FIRST = quarter(datetime(2026, 5, 4, tzinfo=ZONE))
DAY = 96
LOAD = family(1, FIRST, 30)
SUN, SAID = roof(1, FIRST, 34)
NOW = FIRST + 28 * DAY + 50
MOMENT = moment(NOW) + timedelta(minutes=7)


def forecaster(load=LOAD, sun=SUN, record=None, now=MOMENT):
    return Forecaster.learn(now, ZONE, PowerHistory(load), PowerHistory(sun), record or ForecastLog())


def sentences(told):
    """The notes in English."""
    return [english_sentences("EUR", ZONE).sentence(note, MOMENT) for note in told.notes]


def production(*days):
    said = [SAID[min(SAID) + 28 + day] for day in days]
    return ProviderForecast.of([{start: wh for day in said for start, wh in day.items()}], ZONE)


def test_it_is_what_the_planning_problem_wants() -> None:
    told = forecaster().forecast(MOMENT, 130, production(0, 1))
    rows = (told.load_kw, told.load_p90_kw, told.pv_kw, told.pv_p10_kw, told.pv_p90_kw, told.said_kw)
    assert {len(row) for row in rows} == {130}
    assert (told.start, told.slot_minutes) == (MOMENT, 15)
    assert told.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.PROVIDER}
    assert told.notes == ()


def test_a_slot_that_has_begun_has_the_mean_of_all_of_it() -> None:
    told = forecaster(now=moment(NOW))
    assert told.forecast(MOMENT, 4, production(0)).load_kw == told.forecast(moment(NOW), 4, production(0)).load_kw


@pytest.mark.parametrize("minutes", [30, 60])
def test_longer_slots_are_means_of_quarters(minutes) -> None:
    knows = forecaster()
    count = minutes // 15
    start = moment(NOW // count * count)
    quarters = knows.forecast(start, 48, production(0, 1))
    told = knows.forecast(start + timedelta(minutes=minutes - 1), 48 // count, production(0, 1), minutes)
    for name in ("load_kw", "load_p90_kw", "pv_kw", "pv_p10_kw", "pv_p90_kw", "said_kw"):
        parts = getattr(quarters, name)
        means = [sum(parts[at : at + count]) / count for at in range(0, 48, count)]
        assert getattr(told, name) == pytest.approx(tuple(means))


@pytest.mark.parametrize(("slots", "minutes"), [(0, 15), (-1, 15), (1345, 15), (337, 60), (4, 20), (4, 0)])
def test_nonsense_is_refused_in_one_sentence(slots, minutes) -> None:
    with pytest.raises(ValueError, match=r"not allowed; .* are$"):
        forecaster().forecast(MOMENT, slots, None, minutes)


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        forecaster().forecast(datetime(2026, 6, 1), 4)


def test_a_new_home_is_told_what_is_not_known() -> None:
    told = forecaster({}, {}).forecast(MOMENT, 96)
    assert told.sources == {"load": ForecastSource.DEFAULT, "pv": ForecastSource.NONE}
    assert sentences(told) == [
        "There is no history of your household yet: assuming 10 kWh a day, spread evenly.",
        "There is no solar forecast and no history yet: no sun is expected.",
    ]
    assert (set(told.load_kw), set(told.pv_p90_kw), set(told.said_kw)) == ({10 / 24}, {0.0}, {None})


def test_few_days_and_the_roof_are_said() -> None:
    few = {number: kw for number, kw in LOAD.items() if number >= NOW - 2 * DAY}
    told = forecaster(few).forecast(MOMENT, 96)
    assert told.sources == {"load": ForecastSource.HISTORY, "pv": ForecastSource.HISTORY}
    assert sentences(told) == [
        "Still learning your household: using 2 days of history so far.",
        "There is no solar forecast: using the mean of the last 21 days.",
    ]


def test_where_the_provider_ends_the_roof_goes_on() -> None:
    told = forecaster().forecast(MOMENT, 192, production(0))
    assert told.sources["pv"] is ForecastSource.MIXED
    assert sentences(told)[0] == (
        "The solar forecast ends at Tuesday 00:00. After that, the mean of the last 21 days is used."
    )
    assert told.said_kw[DAY - 50 - 1] is not None
    assert told.said_kw[DAY - 50] is None
    assert max(told.pv_kw[DAY - 50 :]) > 1
    hourly = forecaster().forecast(MOMENT, 48, production(0), 60)
    assert hourly.said_kw.count(None) == 48 - (DAY - 48) // 4


def test_what_is_kept_is_what_is_learned_from() -> None:
    """A provider that says a quarter too much is corrected after some weeks, and the note says so."""
    record = ForecastLog()
    for day in range(27):
        eve = moment(FIRST + day * DAY + 90)
        tomorrow = ProviderForecast.of([SAID[min(SAID) + day] | SAID[min(SAID) + day + 1]], ZONE)
        Forecaster.learn(eve, ZONE, PowerHistory(LOAD), PowerHistory(SUN), ForecastLog()).forecast(
            eve, 110, tomorrow
        ).keep(record, ZONE)
    assert len(record) == 27
    told = forecaster(record=record).forecast(MOMENT, 130, production(0, 1))
    assert 0.6 < sum(told.pv_kw) / sum(told.said_kw) < 0.9
    (sentence,) = sentences(told)
    assert sentence.startswith("The solar forecast is multiplied by 0.")
    assert sentence.endswith("as the last 27 days have shown.")


def test_a_record_of_hourly_slots_is_that_of_quarters() -> None:
    records = []
    for minutes in (15, 60):
        record = ForecastLog()
        forecaster().forecast(MOMENT, 200 * 15 // minutes, production(0, 1, 2), minutes).keep(record, ZONE)
        records.append(record)
    fine, coarse = ([made.load for made in record] for record in records)
    assert len(fine) == 1
    assert coarse[0] == pytest.approx(fine[0], abs=0.002)


@pytest.mark.parametrize(
    ("midnight", "length"), [(datetime(2026, 3, 29, tzinfo=ZONE), 92), (datetime(2026, 10, 25, tzinfo=ZONE), 100)]
)
def test_the_days_on_which_the_clocks_change(midnight, length) -> None:
    first = quarter(midnight) - 28 * DAY
    load, (sun, said) = family(1, first, 31), roof(1, first, 31)
    told = Forecaster.learn(midnight, ZONE, PowerHistory(load), PowerHistory(sun), ForecastLog()).forecast(
        midnight, length, ProviderForecast.of([said[(midnight.date() - datetime(1970, 1, 1).date()).days]], ZONE)
    )
    record = ForecastLog()
    Forecaster.learn(midnight, ZONE, PowerHistory(load), PowerHistory(sun), ForecastLog()).forecast(
        midnight - timedelta(minutes=15), length + 1
    ).keep(record, ZONE)
    assert told.sources["pv"] is ForecastSource.PROVIDER
    assert None not in told.said_kw
    assert [made.end - made.start for made in record] == [length]
    evening = [moment(quarter(midnight) + n).astimezone(ZONE).hour for n in range(length) if told.load_kw[n] > 1]
    assert {18, 19} <= set(evening)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 30 * DAY), st.integers(1, 300), st.sampled_from([15, 30, 60]), st.integers(0, 3))
def test_quantiles_are_ordered_at_any_moment(into, slots, minutes, days) -> None:
    start = moment(FIRST + into)
    said = {key: wh for day in range(days) for key, wh in SAID.get(min(SAID) + into // DAY + day, {}).items()}
    told = forecaster(now=start).forecast(start, slots, ProviderForecast.of([said], ZONE), minutes)
    assert all(0 <= usual <= high for usual, high in zip(told.load_kw, told.load_p90_kw, strict=True))
    for low, usual, high in zip(told.pv_p10_kw, told.pv_kw, told.pv_p90_kw, strict=True):
        assert 0 <= low <= usual * (1 + 1e-9)
        assert usual <= high * (1 + 1e-9)
