"""On made-up houses the forecasts beat what anybody could say without them; `scripts/bench` prints by how much."""

import pytest

from scripts.benchmarks.forecasts import LOAD_RIVALS, PV_RIVALS, load_errors, now_errors, pv_errors
from scripts.benchmarks.houses import HOUSES


@pytest.mark.parametrize("house", HOUSES)
def test_the_load_of_the_next_day_beats_every_rival(house) -> None:
    found = [load_errors(house, seed=seed, evenings=12) for seed in (1, 2, 3)]
    errors = {name: sum(errors[name] for errors in found) for name in found[0]}
    assert {rival for rival in LOAD_RIVALS if errors["ours"] >= 0.95 * errors[rival]} == set()


def test_the_house_that_lasts_is_followed_and_no_other_is_disturbed() -> None:
    for house in HOUSES:
        with_now, without = now_errors(house, seed=11, moments=25)
        assert with_now <= (0.85 if house == "no_routine" else 1.04) * without


@pytest.mark.parametrize("month", [3, 6, 11])
def test_the_sun_of_the_next_day_beats_every_rival(month) -> None:
    errors = pv_errors(month, seed=11)
    assert {rival for rival in PV_RIVALS if errors["ours"] >= 0.95 * errors[rival]} == set()
    assert errors["roof"] < errors["yesterday"]


def test_nine_days_in_ten_stay_below_the_ninetieth_percentile() -> None:
    for house in HOUSES:
        errors = load_errors(house, seed=11, evenings=12)
        assert 0.8 <= errors["below p90"] <= 0.97
