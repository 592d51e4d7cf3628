from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.nowcast import apply_nowcast

POWER = st.floats(0, 20)


def test_a_correct_forecast_is_unchanged() -> None:
    assert apply_nowcast([1.0, 2.0], [1.0, 2.0], [3.0, 4.0]) == [3.0, 4.0]


def test_the_correction_decays_with_distance() -> None:
    forecast, actual = [2.0] * 20, [1.0] * 20
    upcoming = apply_nowcast(forecast, actual, [2.0] * 32)
    assert upcoming[0] == pytest.approx(1.04, abs=0.03)
    assert upcoming == sorted(upcoming)
    assert upcoming[-1] < 1.7
    bright = apply_nowcast(actual, forecast, [1.0] * 32)
    assert bright == sorted(bright, reverse=True)
    assert bright[0] == pytest.approx(1.94, abs=0.05)


def test_a_small_forecast_gives_a_small_correction() -> None:
    assert apply_nowcast([0.0] * 30 + [0.05], [0.0] * 30 + [0.0], [4.0])[0] > 3.8


def test_recent_errors_count_more() -> None:
    lately = apply_nowcast([2.0] * 20, [2.0] * 10 + [1.0] * 10, [2.0])[0]
    before = apply_nowcast([2.0] * 20, [1.0] * 10 + [2.0] * 10, [2.0])[0]
    assert lately < before < 2


def test_a_forecast_without_past_or_of_the_night_is_unchanged() -> None:
    assert apply_nowcast([], [], [1.0]) == [1.0]
    assert apply_nowcast([0.0], [0.0], [0.0, 0.0]) == [0.0, 0.0]
    assert apply_nowcast([], [], []) == []


@given(st.lists(st.tuples(POWER, POWER), max_size=40), st.lists(POWER, max_size=40))
def test_never_negative_and_zero_stays_zero(past, upcoming) -> None:
    found = apply_nowcast([forecast for forecast, _ in past], [actual for _, actual in past], upcoming)
    assert len(found) == len(upcoming)
    assert all(value >= 0 and (forecast or not value) for value, forecast in zip(found, upcoming, strict=True))
