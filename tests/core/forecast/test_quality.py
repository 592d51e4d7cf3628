from datetime import datetime
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.forecast_log import KEPT_DAYS, ForecastLog, ForecastLogError
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quality import load_quality, pv_quality, said_quality
from custom_components.nattery.core.forecast.quarters import day_edges, moment, quarter, wall
from scripts.benchmarks.houses import ZONE

FIRST = quarter(datetime(2026, 6, 1, tzinfo=ZONE))
DAY = 96


def flat(start, count, kw):
    return dict.fromkeys(range(start, start + count), kw)


def kept(*loads, pv=1.0, said=2.0):
    """A record of one forecast each evening, with these loads."""
    record = ForecastLog()
    for day, kw in enumerate(loads):
        now = FIRST + day * DAY - 1
        powers = (flat(now, DAY + 1, value) for value in (kw, pv, said))
        record.note(now, ZONE, *powers)
    return record


def test_errors_of_days_in_kwh_and_shares() -> None:
    record, actual = kept(1.0, 1.0), PowerHistory(flat(FIRST, DAY, 0.5) | flat(FIRST + DAY, DAY, 2.0))
    found = load_quality(record, actual, moment(FIRST + 2 * DAY))
    assert (found.days, found.mean_absolute_error, found.bias) == (2, pytest.approx(18), pytest.approx(-6))
    assert (found.relative_error, found.relative_bias) == (pytest.approx(36 / 60), pytest.approx(-12 / 60))
    assert found.hourly_error == pytest.approx(36 / 60)


def test_load_pv_and_what_the_provider_said_are_judged_apart() -> None:
    record, actual = kept(1.0), PowerHistory(flat(FIRST, DAY, 1.0))
    later = moment(FIRST + DAY)
    judged = [judge(record, actual, later).bias for judge in (load_quality, pv_quality, said_quality)]
    assert judged == [0, 0, 24]
    silent = kept(1.0)
    silent.note(FIRST - 1, ZONE, flat(FIRST - 1, 97, 1.0), flat(FIRST - 1, 97, 1.0), {})
    assert said_quality(silent, actual, later) is None
    assert pv_quality(silent, actual, later).days == 1


def test_errors_of_hours_do_not_cancel_out() -> None:
    actual = PowerHistory({FIRST + n: 2.0 if n < 48 else 0.0 for n in range(DAY)})
    found = load_quality(kept(1.0), actual, moment(FIRST + DAY))
    assert (found.mean_absolute_error, found.hourly_error) == (0, 1.0)


def test_only_whole_days_that_are_over_and_known_are_judged() -> None:
    record = kept(1.0, 1.0)
    power = flat(FIRST, 2 * DAY, 1.0)
    assert load_quality(record, PowerHistory(power), moment(FIRST + DAY - 1)) is None
    assert load_quality(record, PowerHistory(power), moment(FIRST + 2 * DAY - 1)).days == 1
    few = {number: kw for number, kw in power.items() if number - FIRST not in range(40, 57)}
    assert load_quality(record, PowerHistory(few), moment(FIRST + 2 * DAY)).days == 1
    enough = {number: kw for number, kw in power.items() if number - FIRST not in range(40, 56)}
    found = load_quality(record, PowerHistory(enough), moment(FIRST + 2 * DAY))
    assert (found.days, found.bias) == (2, 0)  # the hours that are missing are missing on both sides
    assert load_quality(ForecastLog(), PowerHistory(power), moment(FIRST + 2 * DAY)) is None
    assert load_quality(record, PowerHistory(power), moment(FIRST + 2 * DAY), days=1).days == 1


def test_nothing_that_came_has_no_shares() -> None:
    found = load_quality(kept(1.0), PowerHistory(flat(FIRST, DAY, 0.0)), moment(FIRST + DAY))
    assert (found.bias, found.relative_error, found.relative_bias, found.hourly_error) == (24, None, None, None)


def test_the_last_forecast_before_a_day_begins_is_the_one_that_counts() -> None:
    record = ForecastLog()
    for now, kw in ((FIRST - 50, 1.0), (FIRST - 1, 2.0), (FIRST, 3.0), (FIRST + 20, 4.0)):
        record.note(now, ZONE, flat(now, 200, kw), flat(now, 200, kw), {})
    assert [made.load[0] for made in record if made.start == FIRST] == [2.0]


def test_a_day_that_is_not_wholly_forecast_is_not_kept() -> None:
    record = ForecastLog()
    record.note(FIRST - 10, ZONE, flat(FIRST - 10, 105, 1.0), flat(FIRST - 10, 106, 1.0), {})
    assert len(record) == 0
    record.note(FIRST - 10, ZONE, flat(FIRST - 10, 106, 1.0), flat(FIRST - 10, 106, 1.0), {})
    assert [(made.start, made.end, len(made.load)) for made in record] == [(FIRST, FIRST + DAY, 24)]


def test_the_record_stays_small() -> None:
    record = kept(*[0.123456789] * 100)
    assert len(record) == KEPT_DAYS
    assert min(made.start for made in record) == FIRST + 40 * DAY
    assert len(json.dumps(record.to_dict())) < 40_000


@pytest.mark.parametrize("noon", [datetime(2026, 3, 29, 12, tzinfo=ZONE), datetime(2026, 10, 25, 12, tzinfo=ZONE)])
def test_days_of_23_and_25_hours(noon) -> None:
    start, end = day_edges(wall(quarter(noon), ZONE) // DAY, ZONE)
    record = ForecastLog()
    record.note(start - 1, ZONE, *(flat(start - 1, 110, 1.0) for _ in range(3)))
    (made,) = record
    assert len(made.load) == (end - start) // 4 == len(list(made.hours()))
    found = load_quality(record, PowerHistory(flat(start, end - start, 2.0)), moment(end))
    assert found.bias == -(end - start) / 4


@given(st.lists(st.floats(0, 30), min_size=1, max_size=5))
def test_a_record_comes_back_from_json_as_it_was(loads) -> None:
    record = kept(*loads)
    assert list(ForecastLog.from_dict(json.loads(json.dumps(record.to_dict())))) == list(record)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"version": 2, "days": []},
        {"version": 1, "days": {}},
        {"version": 1, "days": [None]},
        {"version": 1, "days": [{"start": 1}]},
        {"version": 1, "days": [{"start": 0, "end": 8, "load": [1], "pv": [1], "said": []}]},
        {"version": 1, "days": [{"start": 0, "end": -4, "load": [], "pv": [], "said": []}]},
        {"version": 1, "days": [{"start": 0, "end": 4, "load": [-1], "pv": [1], "said": []}]},
        {"version": 1, "days": [{"start": 0, "end": 4, "load": ["x"], "pv": [1], "said": []}]},
        {"version": 1, "days": [{"start": 0, "end": float("inf"), "load": [1], "pv": [1], "said": []}]},
    ],
)
def test_what_is_no_record_is_refused_in_one_sentence(broken) -> None:
    with pytest.raises(ForecastLogError, match=r"record"):
        ForecastLog.from_dict(broken)
