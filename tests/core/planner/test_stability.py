"""A plan does not flip for nothing."""

from datetime import timedelta
from random import Random

import pytest

from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem_document import problem_from

from .problems import CANONICAL, ENGLISH, at, canonical, plan_of, small
from .referee import judge

NEXT = timedelta(hours=2)


def wobbled(document, seed, size=0.01):
    chance = Random(seed)
    series = ("import_price", "export_price", "pv_kw", "load_kw")
    return document | {key: [value * (1 + chance.uniform(-size, size)) for value in document[key]] for key in series}


def later(document, slots):
    """The same problem, begun so many slots later, from the same SOC."""
    series = ("import_price", "export_price", "pv_kw", "load_kw")
    start = (at(0) + slots * timedelta(minutes=15)).isoformat()
    return document | {"start": start} | {key: document[key][slots:] for key in series}


def soon(plan):
    return [slot.action for slot in plan if slot.start < plan.slots[0].start + NEXT]


@pytest.mark.parametrize("hour", [0, 8, 12, 31, 35, 40])
def test_inputs_that_change_by_less_than_a_hundredth_flip_no_action_in_the_next_two_hours(solver, hour) -> None:
    document = later(CANONICAL, 4 * hour)
    plan = plan_of(document)
    flips = 0
    for seed in range(6):
        again = wobbled(document, seed)
        new = plan_of(again, previous=plan)
        assert soon(new) == soon(plan)
        cost, _ = judge(again, new.as_document(ENGLISH))
        assert cost == pytest.approx(new.cost, abs=1e-6)
        free = plan_of(again)
        flips += soon(free) != soon(plan)
        assert new.cost <= free.cost + 0.03
    if hour in {31, 35, 40}:
        assert flips  # without the plan before, it would have flipped: the test has something to hold


def test_the_same_problem_again_is_the_same_plan_at_the_same_cost() -> None:
    plan = plan_of(canonical())
    again = plan_of(canonical(), previous=plan)
    assert [slot.action for slot in again] == [slot.action for slot in plan]
    assert again.cost == pytest.approx(plan.cost, abs=1e-4)
    assert not again.kept


def test_a_change_that_pays_is_made() -> None:
    document = later(CANONICAL, 76)
    plan = plan_of(document)
    dear = document | {
        "import_price": [0.05] * 8 + document["import_price"][8:],
        "export_price": [0.0] * 8 + document["export_price"][8:],
    }
    assert soon(plan_of(dear, previous=plan)) == soon(plan_of(dear)) != soon(plan)


def test_what_is_kept_is_told() -> None:
    document = later(CANONICAL, 124)
    plan = plan_of(document)
    kept = next(new for seed in range(20) if (new := plan_of(wobbled(document, seed), previous=plan)).kept)
    reason = kept.slots[0].reason
    assert reason.key == "plan_steady" or reason.values["kept"]
    assert "previous plan" in ENGLISH.whole(reason, at(0))
    assert "kept" not in kept.slots[10].reason.values


@pytest.mark.parametrize("form", ["slots", "names"])
def test_the_plan_before_may_come_in_the_document(form) -> None:
    document = later(CANONICAL, 124)
    plan = plan_of(document)
    slots = plan.as_document(ENGLISH)["slots"]
    previous = slots if form == "slots" else [slot["action"] for slot in slots]
    for seed in range(4):
        assert soon(plan_of(wobbled(document, seed) | {"previous": previous})) == soon(plan)


def test_a_plan_before_that_is_over_or_impossible_is_no_burden() -> None:
    document = small([0.1, 0.4], battery={"soc_start": 1.0})
    settled = document | {"pv_p90_kw": [9, 9], "grid": {"import_kw": 1, "export_kw": 1}}
    assert plan_of(settled | {"previous": ["discharge", "hold"]}).exact  # not possible in every scenario
    old = [{"start": "2025-01-01T00:00:00Z", "action": "charge", "charge_kw": 5}]
    free = make_plan(problem_from(document))
    for previous in (old, ["charge", "charge"]):
        plan = plan_of(document | {"previous": previous})
        assert plan.cost <= free.cost + 1e-2
        judge(document, plan.as_document(ENGLISH))
