from hypothesis import given, strategies as st
import pytest

from custom_components.nattery.core.forecast.nowcast import set_right

POWER = st.floats(0, 20)


def test_a_forecast_that_came_true_stands() -> None:
    assert set_right([1.0, 2.0], [1.0, 2.0], [3.0, 4.0]) == [3.0, 4.0]


def test_a_dull_morning_makes_a_duller_noon_the_less_the_further_ahead() -> None:
    said, came = [2.0] * 20, [1.0] * 20
    ahead = set_right(said, came, [2.0] * 32)
    assert ahead[0] == pytest.approx(1.04, abs=0.03)
    assert ahead == sorted(ahead)
    assert ahead[-1] < 1.7
    bright = set_right(came, said, [1.0] * 32)
    assert bright == sorted(bright, reverse=True)
    assert bright[0] == pytest.approx(1.94, abs=0.05)


def test_the_first_light_says_little() -> None:
    assert set_right([0.0] * 30 + [0.05], [0.0] * 30 + [0.0], [4.0])[0] > 3.8


def test_what_was_long_ago_says_less() -> None:
    lately = set_right([2.0] * 20, [2.0] * 10 + [1.0] * 10, [2.0])[0]
    before = set_right([2.0] * 20, [1.0] * 10 + [2.0] * 10, [2.0])[0]
    assert lately < before < 2


def test_nights_and_beginnings() -> None:
    assert set_right([], [], [1.0]) == [1.0]
    assert set_right([0.0], [0.0], [0.0, 0.0]) == [0.0, 0.0]
    assert set_right([], [], []) == []


@given(st.lists(st.tuples(POWER, POWER), max_size=40), st.lists(POWER, max_size=40))
def test_never_negative_and_zero_stays_zero(past, ahead) -> None:
    found = set_right([said for said, _ in past], [came for _, came in past], ahead)
    assert len(found) == len(ahead)
    assert all(value >= 0 and (said or not value) for value, said in zip(found, ahead, strict=True))
