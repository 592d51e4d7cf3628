from datetime import UTC, datetime, timedelta, timezone
import math
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.history import IntervalEnergy, PowerHistory
from custom_components.nattery.core.forecast.quarters import day_edges, local_quarter, moment, quarter, weekday

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = quarter(NOON)
BERLIN = ZoneInfo("Europe/Berlin")


def row(minutes, hours, kwh):
    return IntervalEnergy(NOON + timedelta(minutes=minutes), hours, kwh)


def test_rows_of_different_lengths_become_mean_powers() -> None:
    history = PowerHistory.from_rows([row(0, 1.0, 2.0), row(60, 0.25, 0.1), row(120, 0.5, 0.3)])
    assert [history.power.get(FIRST + index) for index in range(11)] == [
        *[2.0] * 4,
        0.4,
        None,
        None,
        None,
        0.6,
        0.6,
        None,
    ]
    assert history.quarter_hourly == {FIRST + 4}
    assert (len(history), history.dropped) == (7, 0)


@pytest.mark.parametrize("flip", [False, True])
def test_shorter_intervals_take_precedence_then_later_rows(flip) -> None:
    rows = [row(0, 1.0, 1.0), row(15, 0.25, 1.0)]
    assert PowerHistory.from_rows(rows[::-1] if flip else rows).kwh(FIRST, FIRST + 4) == 1.75
    assert PowerHistory.from_rows([row(0, 1.0, 1.0), row(0, 1.0, 3.0)]).kwh(FIRST, FIRST + 4) == 3.0


@pytest.mark.parametrize(
    "broken",
    [
        row(0, 1.0, -0.01),
        row(0, 1.0, math.nan),
        row(0, 1.0, math.inf),
        row(0, 0.25, 25.1),
        row(7, 0.25, 0.1),
        row(0, 2.0, 0.1),
        row(0, math.nan, 0.1),
        IntervalEnergy(datetime(2026, 3, 2, 12), 1.0, 1.0),
    ],
)
def test_invalid_rows_are_dropped_and_counted(broken) -> None:
    history = PowerHistory.from_rows([broken, row(60, 1.0, 1.0)])
    assert (history.dropped, len(history)) == (1, 4)


def test_energy_over_a_gap_is_unknown() -> None:
    history = PowerHistory.from_rows([row(0, 0.25, 0.1), row(30, 0.25, 0.1)])
    assert history.kwh(FIRST, FIRST + 1) == 0.1
    assert history.kwh(FIRST, FIRST + 3) is None


@given(st.integers(-(10**6), 4 * 10**6), st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]))
def test_local_quarters_follow_the_clock_of_the_zone(number, name) -> None:
    zone = ZoneInfo(name)
    local = moment(number).astimezone(zone)
    day, slot = divmod(local_quarter(number, zone), 96)
    assert datetime(1970, 1, 1) + timedelta(days=day, minutes=15 * slot) == local.replace(
        tzinfo=None, second=0, microsecond=0, minute=local.minute // 15 * 15
    )
    assert weekday(day) == local.weekday()


@pytest.mark.parametrize(("day", "length"), [((2026, 3, 29), 92), ((2026, 10, 25), 100), ((2026, 6, 1), 96)])
def test_day_edges_with_a_clock_change(day, length) -> None:
    number = (datetime(*day) - datetime(1970, 1, 1)).days
    start, end = day_edges(number, BERLIN)
    assert end - start == length
    assert {local_quarter(at, BERLIN) // 96 for at in range(start, end)} == {number}
    assert moment(start).astimezone(BERLIN).hour == 0


def test_a_naive_datetime_is_rejected() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        quarter(datetime(2026, 1, 1))
    assert quarter(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == quarter(
        datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_only_gaps_are_filled() -> None:
    history = PowerHistory({1: 0.5, 2: 0.6, 4: 0.7}, frozenset({4}), 3)
    filled = history.with_gaps_filled({2: 9.0, 3: 0.8, 4: 9.0})
    assert filled == PowerHistory({1: 0.5, 2: 0.6, 3: 0.8, 4: 0.7}, frozenset({3, 4}), 3)
    assert len(history) == 3
