"""Hysteresis: a plan keeps previous actions unless a change pays."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem_document import problem_from, read_problem

from .problems import CANONICAL, ENGLISH, at, canonical, plan_of, small
from .reference_solver import check_plan

STABILITY_WINDOW = timedelta(hours=2)


def perturbed(document, seed, size=0.01):
    chance = Random(seed)
    series = ("import_price", "export_price", "pv_kw", "load_kw")
    return document | {key: [value * (1 + chance.uniform(-size, size)) for value in document[key]] for key in series}


def started_later(document, slots):
    """Return the same problem, started some slots later with the same SOC."""
    series = ("import_price", "export_price", "pv_kw", "load_kw")
    start = (at(0) + slots * timedelta(minutes=15)).isoformat()
    return document | {"start": start} | {key: document[key][slots:] for key in series}


def early_actions(plan):
    return [slot.action for slot in plan if slot.start < plan.slots[0].start + STABILITY_WINDOW]


@pytest.mark.parametrize("hour", [0, 8, 12, 31, 35, 40])
def test_inputs_that_change_by_less_than_a_percent_change_no_action_of_the_next_two_hours(solver, hour) -> None:
    document = started_later(CANONICAL, 4 * hour)
    plan = plan_of(document)
    changes = 0
    for seed in range(6):
        changed = perturbed(document, seed)
        new = plan_of(changed, previous=plan)
        assert early_actions(new) == early_actions(plan)
        cost, _ = check_plan(changed, new.as_document(ENGLISH))
        assert cost == pytest.approx(new.cost, abs=1e-6)
        unconstrained = plan_of(changed)
        changes += early_actions(unconstrained) != early_actions(plan)
        assert new.cost <= unconstrained.cost + 0.03
    if hour in {31, 35, 40}:
        assert changes  # without hysteresis an action would have changed, so the test is not vacuous


def test_the_same_problem_again_is_the_same_plan_at_the_same_cost() -> None:
    plan = plan_of(canonical())
    changed = plan_of(canonical(), previous=plan)
    assert [slot.action for slot in changed] == [slot.action for slot in plan]
    assert changed.cost == pytest.approx(plan.cost, abs=1e-4)
    assert not changed.kept


def test_a_change_that_exceeds_the_switching_cost_is_made() -> None:
    document = started_later(CANONICAL, 76)
    plan = plan_of(document)
    cheap_start = document | {
        "import_price": [0.05] * 8 + document["import_price"][8:],
        "export_price": [0.0] * 8 + document["export_price"][8:],
    }
    assert (
        early_actions(plan_of(cheap_start, previous=plan)) == early_actions(plan_of(cheap_start)) != early_actions(plan)
    )


def test_kept_actions_are_reported() -> None:
    document = started_later(CANONICAL, 124)
    plan = plan_of(document)
    kept = next(new for seed in range(20) if (new := plan_of(perturbed(document, seed), previous=plan)).kept)
    reason = kept.slots[0].reason
    assert reason.key == "plan_steady" or reason.values["kept"]
    assert "previous plan" in ENGLISH.whole(reason, at(0))
    assert "kept" not in kept.slots[10].reason.values


@pytest.mark.parametrize("form", ["slots", "names"])
def test_the_document_may_contain_the_previous_plan(form) -> None:
    document = started_later(CANONICAL, 124)
    plan = plan_of(document)
    slots = plan.as_document(ENGLISH)["slots"]
    previous = slots if form == "slots" else [slot["action"] for slot in slots]
    for seed in range(4):
        assert early_actions(plan_of(perturbed(document, seed) | {"previous": previous})) == early_actions(plan)


def test_a_previous_plan_that_is_over_or_infeasible_is_ignored() -> None:
    document = small([0.1, 0.4], battery={"soc_start": 1.0})
    infeasible = document | {"pv_p90_kw": [9, 9], "grid": {"import_kw": 1, "export_kw": 1}}
    assert plan_of(infeasible | {"previous": ["discharge", "hold"]}).exact  # infeasible in one scenario
    outdated = [{"start": "2025-01-01T00:00:00Z", "action": "charge", "charge_kw": 5}]
    unconstrained = make_plan(problem_from(document))
    for previous in (outdated, ["charge", "charge"]):
        plan = plan_of(document | {"previous": previous})
        assert plan.cost <= unconstrained.cost + 1e-2
        check_plan(document, plan.as_document(ENGLISH))


def test_of_plans_that_cost_the_same_the_calmest_is_taken() -> None:
    """The trial of an export that is dearer than the import all day: ten changes cost as much as four."""
    trial = Path(__file__).parents[1] / "fixtures" / "trials" / "flat-export.json"
    plan = make_plan(read_problem(trial.read_bytes()))
    kinds = [slot.action for slot in plan]
    assert plan.cost == pytest.approx(-0.67937, abs=1e-5)
    assert sum(one is not other for one, other in pairwise(kinds)) <= 4
