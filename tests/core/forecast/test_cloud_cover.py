"""Cloud cover of weather forecasts, and its log."""

from datetime import UTC, datetime
import json

import pytest

from custom_components.nattery.core.forecast.cloud_cover import (
    AHEAD_HOURS,
    KEPT_HOURS,
    CloudLog,
    CloudLogError,
    HourlyCover,
)
from custom_components.nattery.core.forecast.quarters import quarter

NOON = quarter(datetime(2026, 5, 4, 12, tzinfo=UTC))
HOUR = NOON // 4


def item(hour, **values):
    return {"datetime": datetime.fromtimestamp((HOUR + hour) * 3600, UTC).isoformat(), **values}


def cover(items):
    return {hour - HOUR: share for hour, share in HourlyCover.from_items(items).by_hour.items()}


def test_percentages_take_precedence_over_conditions() -> None:
    items = [item(0, cloud_coverage=40, condition="pouring"), item(1, condition="pouring"), item(2, cloud_coverage=0.0)]
    assert cover(items) == {0: 0.4, 1: 1.0, 2: 0.0}
    assert HourlyCover.from_items(items).has_percentages
    assert not HourlyCover.from_items(items[1:2]).has_percentages


def test_more_clouds_have_more_cover() -> None:
    conditions = ("sunny", "partlycloudy", "cloudy", "rainy", "snowy")
    found = cover([item(hour, condition=condition) for hour, condition in enumerate(conditions)])
    assert list(found.values()) == sorted(set(found.values()))


def test_an_item_stands_for_three_hours_at_most() -> None:
    items = [item(0, cloud_coverage=10), item(3, cloud_coverage=20), item(9, cloud_coverage=30)]
    assert cover(items) == {0: 0.1, 1: 0.1, 2: 0.1, 3: 0.2, 4: 0.2, 5: 0.2, 9: 0.3}


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        "cloudy",
        item(1),
        item(1, condition="exceptional"),
        item(1, condition=["cloudy"]),
        item(1, cloud_coverage=True),
        item(1, cloud_coverage="much"),
        item(1, cloud_coverage=float("nan")),
        item(1, cloud_coverage=-1),
        item(1, cloud_coverage=101),
        {"cloud_coverage": 50},
        {"datetime": 12, "cloud_coverage": 50},
        {"datetime": "soon", "cloud_coverage": 50},
        {"datetime": "2026-05-04T13:00:00", "cloud_coverage": 50},
    ],
    ids=str,
)
def test_an_invalid_item_is_a_gap(broken) -> None:
    assert cover([item(0, cloud_coverage=10), broken, item(2, cloud_coverage=30)]) | {1: 0.1} == {
        0: 0.1,
        1: 0.1,
        2: 0.3,
    }


@pytest.mark.parametrize("items", [None, {}, "cloudy", 7, []], ids=str)
def test_no_items_have_no_cover(items) -> None:
    assert HourlyCover.from_items(items) == ({}, False)


def test_the_last_forecast_stands_for_an_hour_that_has_passed() -> None:
    log = CloudLog()
    for passed in range(3):
        log.add(NOON + 4 * passed, dict.fromkeys(range(HOUR - 1, HOUR + 30), passed / 10))
    assert log.latest == {HOUR: 0.0, HOUR + 1: 0.1} | dict.fromkeys(range(HOUR + 2, HOUR + 30), 0.2)
    assert log.day_ahead[HOUR + AHEAD_HOURS] == 0.0
    assert log.day_ahead[HOUR + AHEAD_HOURS + 2] == 0.2
    assert HOUR + AHEAD_HOURS - 1 not in log.day_ahead


def test_a_forecast_that_is_known_already_is_no_news() -> None:
    log = CloudLog()
    assert not log
    assert log.add(NOON, {HOUR: 0.5, HOUR + 1: 0.5})
    assert not log.add(NOON + 1, {HOUR: 0.5, HOUR + 1: 0.5})
    assert not log.add(NOON + 4, {HOUR: 0.9, HOUR + 1: 0.5})
    assert log.add(NOON + 4, {HOUR + 1: 0.4})
    assert log


def test_it_keeps_a_month() -> None:
    log = CloudLog()
    for passed in range(KEPT_HOURS + 100):
        log.add(NOON + 4 * passed, dict.fromkeys(range(HOUR + passed, HOUR + passed + 48), 0.25))
    assert len(log.latest) == KEPT_HOURS + 48
    assert len(log.day_ahead) == KEPT_HOURS + 48
    assert len(json.dumps(log.to_dict())) < 40_000


def test_it_outlives_json() -> None:
    log = CloudLog()
    log.add(NOON, {HOUR + hour: hour / 30 for hour in range(30)})
    again = CloudLog.from_dict(json.loads(json.dumps(log.to_dict())))
    assert again.latest == pytest.approx(log.latest, abs=0.005)
    assert again.day_ahead == pytest.approx(log.day_ahead, abs=0.005)
    copy = again.copy()
    copy.add(NOON, {HOUR: 1.0})
    assert again.latest[HOUR] == 0.0


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"version": 2, "latest": [], "day_ahead": []},
        {"version": 1, "latest": []},
        {"version": 1, "latest": [[1, 0.5, 3]], "day_ahead": []},
        {"version": 1, "latest": [["one", 0.5]], "day_ahead": []},
        {"version": 1, "latest": 7, "day_ahead": []},
        {"version": 1, "latest": [[1, 1.5]], "day_ahead": []},
        {"version": 1, "latest": [], "day_ahead": [[1, float("nan")]]},
    ],
    ids=str,
)
def test_other_data_is_rejected(data) -> None:
    with pytest.raises(CloudLogError):
        CloudLog.from_dict(data)


def test_one_value_for_two_days_is_stuck() -> None:
    log = CloudLog()
    log.add(NOON, dict.fromkeys(range(HOUR, HOUR + 96), 0.4))
    assert not log.is_stuck(NOON + 4 * 40)
    assert log.is_stuck(NOON + 4 * 50)
    log.add(NOON + 4 * 50, {HOUR + 90: 0.5})
    assert not log.is_stuck(NOON + 4 * 50)
    assert not CloudLog().is_stuck(NOON)
