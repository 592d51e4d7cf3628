from datetime import datetime
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.forecast_log import KEPT_DAYS, ForecastLog, ForecastLogError
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quality import load_quality, pv_quality
from custom_components.nattery.core.forecast.quarters import day_edges, local_quarter, moment, quarter
from scripts.benchmarks.houses import ZONE

FIRST = quarter(datetime(2026, 6, 1, tzinfo=ZONE))
DAY = 96


def constant(start, count, kw):
    return dict.fromkeys(range(start, start + count), kw)


def log_of(*loads, pv=1.0, provider=2.0):
    """Return a log of one forecast each evening, with these loads (kW)."""
    log = ForecastLog()
    for day, kw in enumerate(loads):
        now = FIRST + day * DAY - 1
        powers = (constant(now, DAY + 1, value) for value in (kw, pv, provider))
        log.add(now, ZONE, *powers)
    return log


def test_daily_errors_in_kwh_and_as_shares() -> None:
    log, actual = log_of(1.0, 1.0), PowerHistory(constant(FIRST, DAY, 0.5) | constant(FIRST + DAY, DAY, 2.0))
    quality = load_quality(log, actual, moment(FIRST + 2 * DAY))
    assert (quality.days, quality.mean_absolute_error, quality.bias) == (2, pytest.approx(18), pytest.approx(-6))
    assert (quality.relative_error, quality.relative_bias) == (pytest.approx(36 / 60), pytest.approx(-12 / 60))
    assert quality.hourly_error == pytest.approx(36 / 60)


def test_load_and_pv_are_judged_separately() -> None:
    log, actual = log_of(1.0, pv=2.0), PowerHistory(constant(FIRST, DAY, 1.0))
    later = moment(FIRST + DAY)
    assert [judge(log, actual, later).bias for judge in (load_quality, pv_quality)] == [0, 24]


def test_hourly_errors_do_not_cancel_out() -> None:
    actual = PowerHistory({FIRST + n: 2.0 if n < 48 else 0.0 for n in range(DAY)})
    quality = load_quality(log_of(1.0), actual, moment(FIRST + DAY))
    assert (quality.mean_absolute_error, quality.hourly_error) == (0, 1.0)


def test_only_measured_days_that_have_ended_are_judged() -> None:
    log = log_of(1.0, 1.0)
    power = constant(FIRST, 2 * DAY, 1.0)
    assert load_quality(log, PowerHistory(power), moment(FIRST + DAY - 1)) is None
    assert load_quality(log, PowerHistory(power), moment(FIRST + 2 * DAY - 1)).days == 1
    few = {number: kw for number, kw in power.items() if number - FIRST not in range(40, 57)}
    assert load_quality(log, PowerHistory(few), moment(FIRST + 2 * DAY)).days == 1
    enough = {number: kw for number, kw in power.items() if number - FIRST not in range(40, 56)}
    quality = load_quality(log, PowerHistory(enough), moment(FIRST + 2 * DAY))
    assert (quality.days, quality.bias) == (2, 0)  # an unmeasured hour is left out of the forecast too
    assert load_quality(ForecastLog(), PowerHistory(power), moment(FIRST + 2 * DAY)) is None
    assert load_quality(log, PowerHistory(power), moment(FIRST + 2 * DAY), days=1).days == 1


def test_shares_of_zero_energy_are_none() -> None:
    quality = load_quality(log_of(1.0), PowerHistory(constant(FIRST, DAY, 0.0)), moment(FIRST + DAY))
    assert (quality.bias, quality.relative_error, quality.relative_bias, quality.hourly_error) == (24, None, None, None)


def test_the_last_forecast_before_the_day_is_kept() -> None:
    log = ForecastLog()
    for now, kw in ((FIRST - 50, 1.0), (FIRST - 1, 2.0), (FIRST, 3.0), (FIRST + 20, 4.0)):
        log.add(now, ZONE, constant(now, 200, kw), constant(now, 200, kw), {})
    assert [logged.load[0] for logged in log if logged.start == FIRST] == [2.0]


def test_a_partly_forecast_day_is_not_logged() -> None:
    log = ForecastLog()
    log.add(FIRST - 10, ZONE, constant(FIRST - 10, 105, 1.0), constant(FIRST - 10, 106, 1.0), {})
    assert len(log) == 0
    log.add(FIRST - 10, ZONE, constant(FIRST - 10, 106, 1.0), constant(FIRST - 10, 106, 1.0), {})
    assert [(logged.start, logged.end, len(logged.load)) for logged in log] == [(FIRST, FIRST + DAY, 24)]


def test_the_log_is_limited_in_size() -> None:
    log = log_of(*[0.123456789] * 100)
    assert len(log) == KEPT_DAYS
    assert min(logged.start for logged in log) == FIRST + 40 * DAY
    assert len(json.dumps(log.to_dict())) < 100_000


@pytest.mark.parametrize("noon", [datetime(2026, 3, 29, 12, tzinfo=ZONE), datetime(2026, 10, 25, 12, tzinfo=ZONE)])
def test_days_of_23_and_25_hours_are_logged(noon) -> None:
    start, end = day_edges(local_quarter(quarter(noon), ZONE) // DAY, ZONE)
    log = ForecastLog()
    log.add(start - 1, ZONE, *(constant(start - 1, 110, 1.0) for _ in range(3)))
    (logged,) = log
    assert len(logged.load) == (end - start) // 4 == len(list(logged.hours()))
    quality = load_quality(log, PowerHistory(constant(start, end - start, 2.0)), moment(end))
    assert quality.bias == -(end - start) / 4


@given(st.lists(st.floats(0, 30), min_size=1, max_size=5))
def test_a_log_survives_json(loads) -> None:
    log = log_of(*loads)
    assert list(ForecastLog.from_dict(json.loads(json.dumps(log.to_dict())))) == list(log)


def test_days_stored_by_hours_are_read() -> None:
    """Version 1 stored the kWh of each hour."""
    stored = {"start": 0, "end": 6, "load": [1.0, 0.5], "pv": [2.0, 1.0], "said": [2.5, 1.5]}
    (day,) = ForecastLog.from_dict({"version": 1, "days": [stored]})
    assert day.load_kw == (1.0, 1.0, 1.0, 1.0, 0.5, 0.5)
    assert day.pv_kw == (2.0, 2.0, 2.0, 2.0, 1.0, 1.0)
    assert (day.load, day.provider) == ((1.0, 0.25), (2.5, 1.5))


def test_the_rest_of_today_is_logged_again_when_prices_are_published() -> None:
    log, start = ForecastLog(), FIRST
    numbers = range(start, start + DAY)
    log.add(start - 8, ZONE, dict.fromkeys(numbers, 1.0), dict.fromkeys(numbers, 2.0), {})
    for hour, load in ((11, 5.0), (13, 3.0), (14, 7.0)):
        now = start + 4 * hour
        rest = range(now, start + DAY)
        log.add(now, ZONE, dict.fromkeys(rest, load), dict.fromkeys(rest, 2 * load), {})
    (day,) = log
    assert day.load_kw == (1.0,) * 52 + (3.0,) * 44
    assert day.pv_kw == (2.0,) * 52 + (6.0,) * 44
    log.add(start - DAY + 52, ZONE, {}, {}, {})  # a day that is not in the log
    assert [*log] == [day]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {},
        {"version": 3, "days": []},
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
def test_invalid_data_is_rejected(broken) -> None:
    with pytest.raises(ForecastLogError, match=r"forecast log"):
        ForecastLog.from_dict(broken)
