"""The stochastic dynamic programme: its model is that of the simulation, and its decisions are the best ones."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.planner.flows import (
    SELF_CONSUME,
    Dispatch,
    SlotInputs,
    battery_power,
    simulate_slot,
    slot_flows,
    slot_money,
)
from custom_components.nattery.core.planner.planner import make_plan, self_consumption
from custom_components.nattery.core.planner.prepared import PreparedProblem
from custom_components.nattery.core.planner.problem import Outcome, PastAction, Problem, ProblemError, Target
from custom_components.nattery.core.planner.problem_document import problem_from, read_problem
from custom_components.nattery.core.planner.stochastic import DemandCharge, SlotPrices, StochasticModel, slot_outcomes
from custom_components.nattery.core.planner.strategies import Arbitrage, PeakShaving, SelfConsumption
from custom_components.nattery.core.planner.uncertain import stochastic_policy

from .problems import CANONICAL, ENGLISH, canonical, documents, plan_of, small
from .random_problems import random_problem

TRIALS = Path(__file__).parents[1] / "fixtures" / "trials"


def outcomes_of(problem: Problem, count: int = 4, seed: int = 1) -> tuple[Outcome, ...]:
    chance = Random(seed)
    return tuple(
        Outcome(
            chance.choice((0.5, 1.0)),
            tuple(chance.uniform(0, 2) * kw for kw in problem.pv_kw),
            tuple(chance.uniform(0.3, 2) * kw for kw in problem.load_kw),
        )
        for _ in range(count)
    )


def uncertain(document, count: int = 4, seed: int = 1) -> Problem:
    problem = problem_from(document)
    return replace(problem, outcomes=outcomes_of(problem, count, seed))


# --- the model


@settings(max_examples=60, deadline=None)
@given(documents(), st.floats(0, 1), st.integers(0, 99))
def test_the_model_is_that_of_the_simulation(document, share, seed) -> None:
    """For each action and each outcome: power, money, penalty and stored energy as `flows` simulates them."""
    problem = uncertain(document, 3, seed)
    prepared = PreparedProblem.of(problem)
    bounds, limits = prepared.bounds, prepared.bounds.limits
    model = StochasticModel(bounds)
    stored = bounds.min_kwh + share * (bounds.max_kwh - bounds.min_kwh)
    for one in problem.outcomes:
        transitions = model.transitions(SlotPrices.of(problem), slot_outcomes([one]), np.array([stored]))
        ends = np.concatenate([(part.level + part.share)[..., 0] for part in transitions.landings], axis=-1)
        for slot, action in product(range(len(problem)), range(len(model.actions))):
            inputs = SlotInputs(
                one.pv_kw[slot], one.load_kw[slot], problem.hours[slot], problem.import_price[slot],
                problem.export_price[slot],
            )  # fmt: skip
            power = battery_power(model.actions[action], bounds, stored, inputs)
            flows = slot_flows(power, limits, stored, inputs)
            money = slot_money(flows, inputs, limits.wear)
            excess = max(flows.grid_kw - limits.import_kw, -flows.grid_kw - limits.export_kw, 0.0)
            found = transitions.money
            place = (slot, 0, action)
            total = found.import_cost[place] - found.export_revenue[place] + found.wear[place]
            assert total == pytest.approx(money.total, abs=1e-6)
            assert found.penalty[place] == pytest.approx(excess * inputs.hours * limits.penalty, abs=1e-6)
            end = bounds.min_kwh + ends[place] * model.step_kwh
            assert end == pytest.approx(flows.stored_kwh, abs=1e-6)


def test_a_certain_outcome_costs_as_much_as_the_optimum() -> None:
    """The candidate powers and the levels cost less than one percent of what the battery brings."""
    problem = problem_from(CANONICAL)
    certain = replace(problem, outcomes=(Outcome(1.0, problem.pv_kw, problem.load_kw),))
    optimum, gain = make_plan(problem).cost, self_consumption(problem).cost - make_plan(problem).cost
    plan = make_plan(certain)
    assert plan.solver == "stochastic"
    assert optimum - 0.001 <= plan.cost <= optimum + 0.02 * gain
    assert self_consumption(certain).cost == pytest.approx(self_consumption(problem).cost, abs=0.01)


# --- the decisions


def cheapest_first_action(problem: Problem) -> dict[Dispatch, float]:
    """Return the least expected cost after each first action, by trying all actions of all slots and outcomes."""
    prepared = PreparedProblem.of(problem)
    policy = stochastic_policy(prepared)
    weights = slot_outcomes(problem.outcomes).weights

    def expected(slot: int, stored: float, dispatch: Dispatch) -> float:
        total = 0.0
        for one, weight in zip(problem.outcomes, weights, strict=True):
            inputs = prepared.inputs[slot]._replace(pv_kw=one.pv_kw[slot], load_kw=one.load_kw[slot])
            flows = simulate_slot(dispatch, prepared.bounds, stored, inputs)
            cost = slot_money(flows, inputs, problem.battery.wear_per_kwh).total
            after = (
                min(expected(slot + 1, flows.stored_kwh, action) for action in policy.model.actions)
                if slot + 1 < len(problem)
                else -prepared.terminal.at(flows.stored_kwh)
            )
            total += weight * (cost + after)
        return total

    return {action: expected(0, problem.battery.stored_start, action) for action in policy.model.actions}


@pytest.mark.parametrize("seed", range(6))
def test_no_action_has_a_lower_expected_cost(seed) -> None:
    chance = Random(seed)
    prices = [chance.uniform(0.05, 0.5) for _ in range(3)]
    document = small(
        prices, [price - 0.08 for price in prices], pv=[chance.choice((0, 3, 6)) for _ in prices],
        load=[chance.uniform(0.2, 3) for _ in prices], terminal_value_per_kwh=0.15,
    )  # fmt: skip
    problem = uncertain(document, 3, seed)
    costs = cheapest_first_action(problem)
    plan = make_plan(problem)
    chosen = Dispatch(plan.slots[0].action, 0.0, plan.slots[0].sell_surplus)
    same = [cost for action, cost in costs.items() if action.kind is chosen.kind]
    assert min(same) <= min(costs.values()) + 0.005
    stored = problem.battery.stored_start
    start = PreparedProblem.of(problem).terminal.at(stored)
    assert plan.cost == pytest.approx(min(costs.values()) + start, abs=0.01)


def test_a_wide_forecast_leaves_the_decision_to_self_consumption() -> None:
    """The trial of a sunny noon whose sun is uncertain: the first slot was held and sold for 4 ct."""
    problem = read_problem((TRIALS / "first-slot.json").read_bytes())
    plan = make_plan(problem)
    assert plan.slots[0].action is ActionKind.SELF_CONSUME
    assert plan.cost <= self_consumption(problem).cost + 1e-9
    assert plan.slots[0].reason.values["price"] < plan.slots[0].reason.values["break_even_price"]


def test_an_uncertain_sun_is_waited_for() -> None:
    """Expected sun would fill the battery; where it may stay away, energy for the evening is not sold before."""
    document = small(
        [0.3, 0.3, 0.9], [0.16, 0.05, 0.05], pv=[0, 5, 0], load=[0.2, 0, 5], battery={"soc_start": 0.6},
        terminal_value_per_kwh=0.05,
    )  # fmt: skip
    certain = plan_of(document)
    assert certain.slots[0].action is ActionKind.DISCHARGE
    wide = plan_of(document | {"pv_p10_kw": [0, 0, 0], "pv_p90_kw": [0, 6, 0]})
    assert wide.slots[0].action is not ActionKind.DISCHARGE


def test_the_reason_tells_of_uncertainty_where_it_decides() -> None:
    keys = set()
    for seed in range(300):
        document, strategy = random_problem(seed, wide=True)
        for slot in plan_of(document, strategy=strategy):
            if slot.reason.key in {"plan_wait_for_sun", "plan_wait_for_load"}:
                keys.add(slot.reason.key)
                assert "uncertain" in ENGLISH.sentence(slot.reason, slot.start)
    assert keys == {"plan_wait_for_sun", "plan_wait_for_load"}


# --- the plan


def test_savings_are_those_of_the_expected_costs() -> None:
    problem = uncertain(CANONICAL, 6)
    plan, plain = make_plan(problem), self_consumption(problem)
    assert sum(plan.savings) == pytest.approx(plain.cost - plan.cost, abs=1e-6)
    assert plan.cost < plain.cost


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_never_costs_more_than_self_consumption(seed) -> None:
    document, _ = random_problem(seed, wide=True)
    problem = replace(problem_from(document), targets=(), previous=(), peak_price_per_kw=0.0)
    if problem.battery.soc_min <= problem.battery.soc_start <= problem.battery.soc_max:
        plan = make_plan(problem)
        assert sum(plan.savings) >= -1e-6 or any(note.key.endswith("limit") for note in plan.notes)


def test_a_tie_is_broken_by_the_previous_action_only() -> None:
    """At equal costs the house decides, or what was decided before; never against a lower cost."""
    problem = uncertain(small([0.0] * 4, pv=[1, 1, 1, 1], load=[1, 1, 1, 1], battery={"wear_per_kwh": 0}))
    assert {slot.action for slot in make_plan(problem)} == {ActionKind.SELF_CONSUME}
    held = replace(problem, previous=(PastAction(problem.start, ActionKind.HOLD),))
    assert make_plan(held).slots[0].action is ActionKind.HOLD
    dear = replace(problem, import_price=[0.5] * 4, previous=(PastAction(problem.start, ActionKind.DISCHARGE, 5.0),))
    assert make_plan(dear).cost == pytest.approx(make_plan(replace(dear, previous=())).cost, abs=1e-3)


@pytest.mark.parametrize("outcomes", [False, True])
def test_strategies_that_come_and_go_leave_no_trace(outcomes) -> None:
    problem = uncertain(CANONICAL) if outcomes else problem_from(CANONICAL)
    fresh = plan = make_plan(problem)
    for strategy in (Arbitrage(), SelfConsumption(), PeakShaving(3.0)):
        plan = make_plan(problem, strategy, plan)
    back = make_plan(problem, None, plan)
    assert back.slots == fresh.slots
    assert not back.kept


def test_limits_reserve_and_demand_charge_hold_for_uncertain_forecasts() -> None:
    problem = uncertain(CANONICAL, 6)
    limited = make_plan(problem, PeakShaving(2.0))
    expected = [slot.grid_kw for slot in limited if slot.charge_kw > 0]
    assert max(expected, default=0.0) <= 2.0 + 1e-6
    reserved = make_plan(replace(problem, targets=(Target(0.5, 1.0),)))
    assert min(slot.soc_end for slot in reserved) > min(slot.soc_end for slot in make_plan(problem))


def test_a_demand_charge_limits_the_import_of_uncertain_plans() -> None:
    problem = uncertain(small([0.05] * 4 + [0.5] * 4, [0.0] * 8, load=[0.5] * 8, battery={"soc_start": 0.1}))
    charged = replace(problem, peak_price_per_kw=5.0, peak_so_far_kw=2.5)
    peaks = [max(slot.grid_kw for slot in make_plan(one)) for one in (problem, charged)]
    assert peaks[0] > 2.5
    assert peaks[1] <= 2.5 + 1e-6
    assert make_plan(charged).cost > make_plan(problem).cost
    assert self_consumption(charged).cost == pytest.approx(self_consumption(problem).cost)  # its import is below


@pytest.mark.parametrize(
    ("capacity", "power"), [(0.9, 5.0), (1000.0, 100.0), (10.0, 0.0)], ids=["0.9 kWh", "1 MWh", "no power"]
)
def test_batteries_of_any_size_have_a_plan(capacity, power) -> None:
    battery = CANONICAL["battery"] | {"capacity_kwh": capacity, "charge_kw": power, "discharge_kw": power}
    problem = uncertain(canonical(battery=battery))
    plan = make_plan(problem)
    assert len(plan) == 192
    assert plan.cost <= self_consumption(problem).cost + 1e-6
    assert all(0.1 - 1e-9 <= slot.soc_end <= 1 + 1e-9 for slot in plan)


def test_a_battery_without_a_range_rests() -> None:
    battery = CANONICAL["battery"] | {"soc_min": 0.5, "soc_max": 0.5, "soc_start": 0.5}
    plan = make_plan(uncertain(canonical(battery=battery)))
    assert {round(slot.soc_end, 6) for slot in plan} == {0.5}


def test_a_start_outside_the_range_leads_back_into_it() -> None:
    for start, key in ((0.02, "note_below_minimum"), (1.0, "note_above_maximum")):
        battery = CANONICAL["battery"] | {"soc_start": start, "soc_max": 0.9}
        plan = make_plan(uncertain(canonical(battery=battery)))
        assert key in {note.key for note in plan.notes}
        assert 0.1 - 1e-6 <= plan.slots[-1].soc_end <= 0.9 + 1e-6


def test_quantiles_that_cross_are_outcomes_too() -> None:
    crossed = plan_of(canonical(pv_p10_kw=[5.0] * 192, pv_p90_kw=[0.0] * 192, load_p90_kw=[0.0] * 192))
    assert len(crossed) == 192


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        (5, r"outcomes is not a list"),
        ([5], r"outcomes\[0\] is not a JSON object"),
        ([{"weight": 1, "pv_kw": [0]}], r"outcomes\[0\].load_kw is missing"),
        ([{"weight": 0, "pv_kw": [0] * 192, "load_kw": [0] * 192}], r"outcomes\[0\].weight cannot be 0"),
        ([{"weight": 1, "pv_kw": [0], "load_kw": [0] * 192}], r"outcomes\[0\].pv_kw has 1 values"),
        ([{"weight": 1, "pv_kw": [0] * 192, "load_kw": [-1] * 192}], r"outcomes\[0\].load_kw\[0\] cannot be -1"),
        ([{"weight": 1, "pv_kw": 3, "load_kw": [0] * 192}], r"outcomes\[0\].pv_kw is not a list"),
    ],
)
def test_invalid_outcomes_are_named(outcomes, message) -> None:
    with pytest.raises(ProblemError, match=message):
        problem_from(canonical(outcomes=outcomes))
    with pytest.raises(ProblemError, match="cannot stand beside"):
        problem_from(canonical(outcomes=outcomes, pv_p10_kw=[0] * 192))


# --- the policy


def test_a_revised_forecast_gives_the_policy_of_a_new_problem() -> None:
    problem = uncertain(CANONICAL, 5, seed=1)
    new = outcomes_of(problem, 5, seed=2)
    weights = [one.weight for one in problem.outcomes]
    new = tuple(replace(one, weight=weight) for one, weight in zip(new, weights, strict=True))
    policy = stochastic_policy(PreparedProblem.of(problem))
    revised = tuple(replace(one, pv_kw=one.pv_kw[40:80], load_kw=one.load_kw[40:80]) for one in new)
    policy.revise(40, revised)
    mixed = tuple(
        Outcome(
            old.weight,
            (*old.pv_kw[:40], *one.pv_kw[40:80], *old.pv_kw[80:]),
            (*old.load_kw[:40], *one.load_kw[40:80], *old.load_kw[80:]),
        )
        for old, one in zip(problem.outcomes, new, strict=True)
    )
    fresh = stochastic_policy(PreparedProblem.of(replace(problem, outcomes=mixed)))
    for slot in range(40, 192, 7):
        for stored in (1.0, 3.3, 7.7, 10.0):
            assert policy.decide(slot, stored) == fresh.decide(slot, stored)
    demand = DemandCharge(3.0, 2.0)
    policy.charge_demand(100, demand)
    charged = stochastic_policy(PreparedProblem.of(replace(problem, outcomes=mixed)), demand)
    assert policy.decide(100, 5.0) == charged.decide(100, 5.0)


def test_decisions_at_levels_are_those_in_between() -> None:
    problem = uncertain(CANONICAL, 5)
    policy = stochastic_policy(PreparedProblem.of(problem))
    same = 0
    for slot in range(192):
        exact, fast = policy.decide(slot, 4.321), policy.follow(slot, 4.321, None)
        same += exact == fast
    assert same > 180


def test_the_marginal_value_is_the_slope_of_the_value_function() -> None:
    problem = uncertain(small([0.2, 0.4], load=[1, 1], terminal_value_per_kwh=0.15))
    policy = stochastic_policy(PreparedProblem.of(problem))
    loss, gain = policy.marginal_value(2, 5.0)
    assert loss == pytest.approx(0.15)
    assert gain == pytest.approx(0.15)
    assert policy.marginal_value(2, 1.0).loss == pytest.approx(0.15)  # at the edges there is one slope only
    assert policy.marginal_value(2, 10.0).gain == pytest.approx(0.15)
    assert policy.decide(0, 5.0).kind in ActionKind
    assert SELF_CONSUME in policy.model.actions
