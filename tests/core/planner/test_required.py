"""Overrides as constraints of the planning problem: the plan contains them, and the rest of the plan adapts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.planner import planner
from custom_components.nattery.core.planner.planner import make_plan
from custom_components.nattery.core.planner.problem import Problem, RequiredAction
from custom_components.nattery.core.planner.problem_document import problem_from
from custom_components.nattery.core.planner.strategies import (
    Arbitrage,
    Manual,
    Optimise,
    PeakShaving,
    SelfConsumption,
    Strategy,
)

from .problems import canonical
from .test_stochastic import outcomes_of

STRATEGIES: list[Strategy] = [Optimise(), Arbitrage(), PeakShaving(4.0), SelfConsumption(), Manual()]
FIRST, LAST = 8, 12


def problem(*, outcomes: bool, **changes: object) -> Problem:
    certain: Problem = replace(problem_from(canonical()), **changes)
    return replace(certain, outcomes=outcomes_of(certain)) if outcomes else certain


def required(certain: Problem, kind: ActionKind, power_kw: float = 0.0, first: int = FIRST, end: int = LAST) -> Problem:
    edges = certain.edges
    return replace(certain, required=(RequiredAction(edges[first], edges[end], kind, power_kw, "7"),))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.key)
@pytest.mark.parametrize("outcomes", [False, True])
@pytest.mark.parametrize(
    ("kind", "power_kw"),
    [(ActionKind.CHARGE, 1.3), (ActionKind.DISCHARGE, 0.7), (ActionKind.HOLD, 0.0), (ActionKind.SELF_CONSUME, 0.0)],
)
def test_a_plan_contains_the_override_in_every_strategy(strategy, outcomes, kind, power_kw) -> None:
    task = required(problem(outcomes=outcomes), kind, power_kw)
    plan = make_plan(task, strategy)
    slots = plan.slots[FIRST:LAST]
    assert {(slot.action, slot.power_kw, slot.override) for slot in slots} == {(kind, power_kw, "7")}
    assert {slot.reason.key for slot in slots} == {"control_override"}
    assert {slot.reason.values["until"] for slot in slots} == {task.edges[LAST]}
    others = (*plan.slots[:FIRST], *plan.slots[LAST:])
    assert {slot.override for slot in others} == {None}
    assert "control_override" not in {slot.reason.key for slot in others}
    for slot in slots:
        room = 1e-6 < slot.soc_end < task.battery.soc_max - 1e-6 and slot.soc_end > task.battery.soc_min + 1e-6
        if kind is ActionKind.CHARGE and room:
            assert slot.charge_kw == pytest.approx(power_kw)
        if kind is ActionKind.DISCHARGE and room:
            assert slot.discharge_kw == pytest.approx(power_kw)
    assert [run.override for run in plan.runs].count("7") == 1


@pytest.mark.parametrize("outcomes", [False, True])
def test_an_override_costs_at_least_nothing_and_the_rest_adapts(outcomes) -> None:
    """An action that the plan has anyway costs nothing; another one costs, but less than if nothing adapted."""
    free = problem(outcomes=outcomes)
    best = make_plan(required(free, ActionKind.SELF_CONSUME, first=0, end=1))  # by the same solver
    sold = make_plan(required(free, ActionKind.DISCHARGE, 3.0, 0, 12))
    assert sold.cost > best.cost + 0.01
    later = [slot.action for slot in sold.slots[12:]]
    assert later != [slot.action for slot in best.slots[12:]]
    assert sold.slots[11].soc_end < best.slots[11].soc_end


def test_of_overlapping_overrides_the_last_counts_from_the_middle_of_a_slot() -> None:
    task = problem(outcomes=True)
    edge, minute = task.edges[4], timedelta(minutes=1)
    task = replace(
        task,
        required=(
            RequiredAction(edge, task.edges[8], ActionKind.HOLD, override="1"),
            RequiredAction(edge + 7 * minute, edge + 23 * minute, ActionKind.CHARGE, 1.0, "2"),
        ),
    )
    assert [slot.override for slot in make_plan(task).slots[3:9]] == [None, "2", "2", "1", "1", None]


def test_a_power_above_the_battery_is_done_as_far_as_it_can() -> None:
    task = required(problem(outcomes=True), ActionKind.CHARGE, 50.0, 0, 1)
    (slot, *_) = make_plan(task)
    assert slot.charge_kw <= task.battery.charge_kw + 1e-9
    assert slot.charge_kw > 0


def test_a_capacity_tariff_and_an_override() -> None:
    task = problem(outcomes=True, peak_price_per_kw=5.0)
    free, held = make_plan(task), make_plan(required(task, ActionKind.CHARGE, 2.0, 0, 8))
    assert held.slots[0].charge_kw == pytest.approx(2.0)
    assert held.cost > free.cost


@pytest.mark.parametrize("strategy", [Optimise(), SelfConsumption()])
def test_without_numpy_overrides_are_in_the_plan_too(monkeypatch, strategy) -> None:
    monkeypatch.setattr(planner, "_load_uncertain", lambda: None)
    task = required(problem(outcomes=True), ActionKind.CHARGE, 1.0)
    plan = make_plan(task, strategy)
    assert {slot.override for slot in plan.slots[FIRST:LAST]} == {"7"}
    assert plan.slots[FIRST].charge_kw == pytest.approx(1.0)


def test_the_previous_plan_is_no_memory_of_an_override() -> None:
    task = problem(outcomes=True)
    fresh = make_plan(task)
    after = make_plan(task, previous=make_plan(required(task, ActionKind.HOLD, first=0, end=8)))
    assert [slot.action for slot in after] == [slot.action for slot in fresh]
