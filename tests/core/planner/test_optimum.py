"""Plans compared with the optimum of an independent solver and with the known costs of the canonical problem."""

import json
from math import inf

from hypothesis import HealthCheck, given, settings
import pytest

from custom_components.nattery.core.planner import highs, linear, planner
from custom_components.nattery.core.planner.dynamic import solve_backward
from custom_components.nattery.core.planner.flows import self_consume_step, slot_inputs, slot_money
from custom_components.nattery.core.planner.planner import make_plan, no_battery_cost, self_consumption
from custom_components.nattery.core.planner.problem_document import problem_from, read_problem
from custom_components.nattery.core.planner.terminal_value import terminal_value

from .problems import CANONICAL, ENGLISH, canonical, documents, plan_of, small
from .reference_solver import check_plan, reference_optimum

FEWER_EXAMPLES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_optimal(document, plan):
    """Check the physics and the cost of a plan, and that the cost is within 0.1 % of the optimum."""
    cost, beyond = check_plan(document, plan.as_document(ENGLISH))
    best, unavoidable = reference_optimum(document)
    assert plan.cost == pytest.approx(cost, abs=1e-5)
    assert beyond <= unavoidable + 1e-4
    assert cost <= best + max(1e-3 * abs(best), 1e-6)
    if beyond <= unavoidable + 1e-6:
        assert cost >= best - 1e-4  # a lower cost would be an error in one of the two


@pytest.mark.parametrize(("changes", "cost"), [({}, -1.85999), ({"pv_curtailable": True}, -3.34499)])
def test_the_canonical_problem(solver, changes, cost) -> None:
    document = canonical(**changes)
    plan = plan_of(document)
    assert plan.solver == solver
    assert plan.exact
    assert plan.cost == pytest.approx(cost, abs=1e-5)
    assert check_plan(document, plan.as_document(ENGLISH))[0] == pytest.approx(cost, abs=1e-5)
    assert not plan.notes


def test_the_baselines_of_the_canonical_problem() -> None:
    problem = read_problem(json.dumps(CANONICAL))
    assert no_battery_cost(problem) == pytest.approx(3.3371, abs=5e-5)
    plan = self_consumption(problem)
    assert plan.cost == pytest.approx(1.9297, abs=5e-5)
    assert check_plan(CANONICAL, plan.as_document(ENGLISH))[0] == pytest.approx(plan.cost)


def test_the_self_consumption_baseline_can_be_simulated_slot_by_slot() -> None:
    problem = read_problem(json.dumps(CANONICAL))
    stored, cost = 5.0, 1.0
    for inputs in slot_inputs(problem):
        flows = self_consume_step(problem.battery, stored, inputs)
        cost += slot_money(flows, inputs, problem.battery.wear_per_kwh).total
        stored = flows.stored_kwh
    assert cost - 0.2 * stored == pytest.approx(1.9297, abs=5e-5)


@pytest.mark.parametrize(("curtailable", "cost"), [(False, -3.11263), (True, -4.57448)])
def test_without_wear_the_plan_never_charges_and_discharges_at_once(solver, curtailable, cost) -> None:
    document = canonical(battery=CANONICAL["battery"] | {"wear_per_kwh": 0}, pv_curtailable=curtailable)
    plan = plan_of(document)
    assert plan.solver == solver
    assert plan.cost == pytest.approx(cost, abs=2e-5)
    assert check_plan(document, plan.as_document(ENGLISH))[0] == pytest.approx(cost, abs=2e-5)


@FEWER_EXAMPLES
@given(documents())
def test_random_problems_are_planned_within_a_thousandth_of_the_optimum(solver, document) -> None:
    assert_optimal(document, plan_of(document))


@FEWER_EXAMPLES
@given(documents(peak=True))
def test_random_problems_with_a_capacity_tariff_too(document) -> None:
    plan = plan_of(document)
    assert plan.solver == "highs"
    assert_optimal(document, plan)


EMPTY = {"soc_start": 0.0, "soc_min": 0.0, "soc_max": 0.8, "capacity_kwh": 1, "charge_efficiency": 1}
LIMIT_EXCEEDED_BY_LOAD_ONLY = small(
    [0.0] * 3 + [-0.01] + [0.0] * 3, [0.0] * 7, pv=[0, 0, 0, 0.01, 0, 0, 0], load=[0, 0, 0, 0.01, 0, 0.01, 0.04],
    battery=EMPTY | {"soc_start": 0.01, "discharge_efficiency": 1, "wear_per_kwh": 0, "charge_kw": 1},
    grid={"import_kw": 0, "export_kw": 0}, slot_minutes=15, pv_curtailable=True, peak_price_per_kw=0.1,
)  # fmt: skip
WASTES_ENERGY_AT_NEGATIVE_PRICES = small(
    [-0.06, -0.01, -0.06] + [0.0] * 6, [0.0, -0.1] + [0.0] * 7, pv=[0, 0.01] + [0] * 7, load=[0] * 8 + [2.61],
    battery=EMPTY | {"discharge_efficiency": 0.7, "wear_per_kwh": 0.01, "charge_kw": 3, "discharge_kw": 1},
    grid={"import_kw": 2, "export_kw": 1}, slot_minutes=15, pv_curtailable=True, peak_price_per_kw=0.1,
)  # fmt: skip
PEAK_PRICE_ABOVE_ENERGY_PRICE = small(
    [0.01] * 8, [0.01] * 8, pv=[0.8, 0, 0, 4.8, 0, 6.1, 2.6, 0], load=[0.5, 0, 0.1, 0, 0.3, 5.4, 1, 0],
    battery={"soc_start": 0.5, "charge_efficiency": 0.1, "wear_per_kwh": 0.01}, grid={"import_kw": 9, "export_kw": 9},
    slot_minutes=1, terminal_value_per_kwh=0.011, pv_curtailable=True, peak_price_per_kw=8,
)  # fmt: skip
TINY_PRICES = canonical(
    terminal_value_per_kwh=2e-7, battery=CANONICAL["battery"] | {"wear_per_kwh": 3e-8, "capacity_kwh": 100},
    **{key: [price * 1e-6 for price in CANONICAL[key]] for key in ("import_price", "export_price")},
)  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [LIMIT_EXCEEDED_BY_LOAD_ONLY, WASTES_ENERGY_AT_NEGATIVE_PRICES, PEAK_PRICE_ABOVE_ENERGY_PRICE],
    ids=["limit", "wasted energy", "high peak price"],
)
def test_problems_that_once_missed_the_optimum(document) -> None:
    cost, beyond = check_plan(document, plan_of(document).as_document(ENGLISH))
    best, unavoidable = reference_optimum(document)
    assert beyond == pytest.approx(unavoidable, abs=1e-6)
    assert cost == pytest.approx(best, rel=1e-3, abs=1e-6)


def test_tiny_prices_are_planned_as_exactly(solver) -> None:
    """Prices that are a million times higher give the same plan."""
    plan = plan_of(TINY_PRICES)
    usual = plan_of(TINY_PRICES | {
        "terminal_value_per_kwh": 0.2, "battery": TINY_PRICES["battery"] | {"wear_per_kwh": 0.03},
        "import_price": CANONICAL["import_price"], "export_price": CANONICAL["export_price"],
    })  # fmt: skip
    assert 1e6 * plan.cost == pytest.approx(usual.cost, rel=1e-3)


def test_at_the_time_limit_the_best_plan_so_far_is_used(monkeypatch) -> None:
    """The search over binaries stops; the dual values of its best plan are still found, and so are its reasons."""
    run = highs.run_highs

    def out_of_time(solver, model, *, presolve):
        done = run(solver, model, presolve=presolve)
        if not model.integral.any():
            return done
        solver.setOptionValue("time_limit", 0.0)
        return False

    monkeypatch.setattr(linear, "run_highs", out_of_time)
    plan = plan_of(canonical(battery=CANONICAL["battery"] | {"wear_per_kwh": 0}, peak_price_per_kw=1))
    assert (plan.solver, plan.exact) == ("highs", False)
    assert "note_approximate" in {note.key for note in plan.notes}


def test_a_high_peak_price_limits_the_import() -> None:
    document = canonical(peak_price_per_kw=3.0, peak_so_far_kw=2.5, grid={"import_kw": 20, "export_kw": 20})
    plan = plan_of(document)
    assert max(slot.grid_kw for slot in plan) <= 2.5 + 1e-6
    assert check_plan(document, plan.as_document(ENGLISH))[0] == pytest.approx(plan.cost, abs=1e-5)


def test_both_solvers_agree_on_the_marginal_value_of_stored_energy() -> None:
    """The dual value of the LP lies between the slopes of the value function on either side."""
    problem = problem_from(CANONICAL)
    cost_to_go = solve_backward(problem, terminal_value(problem)).cost_to_go
    stored = 5.0
    for slot, curve in zip(make_plan(problem), cost_to_go, strict=False):
        step = 1e-6
        below = (curve.at(stored) - curve.at(stored - step)) / step if stored > 1 + step else -inf
        above = (curve.at(stored + step) - curve.at(stored)) / step if stored < 10 - step else inf
        assert below - 1e-4 <= -slot.marginal_value <= above + 1e-4
        stored = slot.soc_end * 10


def test_without_highs_unsupported_features_are_reported(monkeypatch) -> None:
    monkeypatch.setattr(planner, "_load_linear", lambda: None)
    document = canonical(peak_price_per_kw=3.0, pv_p10_kw=[0.0] * 192)
    assert [note.key for note in plan_of(document).notes] == ["note_without_peak"]
    monkeypatch.setattr(planner, "_load_uncertain", lambda: None)
    plan = plan_of(document)
    assert [note.key for note in plan.notes] == ["note_without_scenarios", "note_without_peak"]
    assert plan.solver == "dynamic"
