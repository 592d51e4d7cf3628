"""Forecasts of synthetic households beat simple baselines; `scripts/bench` prints by how much."""

import pytest

from scripts.benchmarks.forecasts import LOAD_BASELINES, PV_BASELINES, load_errors, now_errors, pv_errors
from scripts.benchmarks.houses import HOUSES


@pytest.mark.parametrize("house", HOUSES)
def test_the_load_forecast_beats_every_baseline(house) -> None:
    runs = [load_errors(house, seed=seed, evenings=12) for seed in (1, 2, 3)]
    errors = {name: sum(errors[name] for errors in runs) for name in runs[0]}
    assert {baseline for baseline in LOAD_BASELINES if errors["ours"] >= 0.95 * errors[baseline]} == set()


def test_recent_errors_help_where_they_persist_and_do_no_harm_elsewhere() -> None:
    for house in HOUSES:
        with_recent, without = now_errors(house, seed=11, moments=25)
        assert with_recent <= (0.85 if house == "no_routine" else 1.04) * without


@pytest.mark.parametrize("month", [3, 6, 11])
def test_the_pv_forecast_beats_every_baseline(month) -> None:
    errors = pv_errors(month, seed=11)
    assert {baseline for baseline in PV_BASELINES if errors["ours"] >= 0.95 * errors[baseline]} == set()
    assert errors["history"] < errors["yesterday"]


def test_about_nine_hours_in_ten_stay_below_p90() -> None:
    for house in HOUSES:
        errors = load_errors(house, seed=11, evenings=12)
        assert 0.8 <= errors["below p90"] <= 0.97
