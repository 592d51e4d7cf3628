"""Plans against the referee's own optimum, and against the numbers of the canonical problem."""

import json
from math import inf

from hypothesis import HealthCheck, given, settings
import pytest

from custom_components.nattery.core.planner import linear, planner
from custom_components.nattery.core.planner.dynamic import solve_backward
from custom_components.nattery.core.planner.flows import costs, self_consume_step, surroundings
from custom_components.nattery.core.planner.planner import make_plan, no_battery_cost, self_consumption
from custom_components.nattery.core.planner.problem_document import problem_from, read_problem

from .problems import CANONICAL, ENGLISH, canonical, documents, plan_of, small
from .referee import judge, optimum

CALM = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(document, plan):
    """Physics, honesty of the cost, and a cost within a thousandth of the optimum."""
    cost, beyond = judge(document, plan.as_document(ENGLISH))
    best, unavoidable = optimum(document)
    assert plan.cost == pytest.approx(cost, abs=1e-5)
    assert beyond <= unavoidable + 1e-4
    assert cost <= best + max(1e-3 * abs(best), 1e-6)
    if beyond <= unavoidable + 1e-6:
        assert cost >= best - 1e-4  # better than the best is a mistake of one of the two


@pytest.mark.parametrize(("changes", "cost"), [({}, -1.85999), ({"pv_curtailable": True}, -3.34499)])
def test_the_canonical_problem(solver, changes, cost) -> None:
    document = canonical(**changes)
    plan = plan_of(document)
    assert plan.solver == solver
    assert plan.exact
    assert plan.cost == pytest.approx(cost, abs=1e-5)
    assert judge(document, plan.as_document(ENGLISH))[0] == pytest.approx(cost, abs=1e-5)
    assert not plan.notes


def test_the_baselines_of_the_canonical_problem() -> None:
    problem = read_problem(json.dumps(CANONICAL))
    assert no_battery_cost(problem) == pytest.approx(3.3371, abs=5e-5)
    plan = self_consumption(problem)
    assert plan.cost == pytest.approx(1.9297, abs=5e-5)
    assert judge(CANONICAL, plan.as_document(ENGLISH))[0] == pytest.approx(plan.cost)


def test_a_baseline_goes_step_by_step_too() -> None:
    problem = read_problem(json.dumps(CANONICAL))
    stored, cost = 5.0, 1.0
    for around in surroundings(problem):
        flows = self_consume_step(problem.battery, stored, around)
        cost += costs(flows, around, problem.battery.wear_per_kwh).total
        stored = flows.stored_kwh
    assert cost - 0.2 * stored == pytest.approx(1.9297, abs=5e-5)


@pytest.mark.parametrize(("curtailable", "cost"), [(False, -3.11263), (True, -4.57448)])
def test_without_wear_an_lp_would_cheat(solver, curtailable, cost) -> None:
    document = canonical(battery=CANONICAL["battery"] | {"wear_per_kwh": 0}, pv_curtailable=curtailable)
    plan = plan_of(document)
    assert plan.solver == solver
    assert plan.cost == pytest.approx(cost, abs=2e-5)
    assert judge(document, plan.as_document(ENGLISH))[0] == pytest.approx(cost, abs=2e-5)


@CALM
@given(documents())
def test_any_problem_is_planned_within_a_thousandth_of_the_optimum(solver, document) -> None:
    check(document, plan_of(document))


@CALM
@given(documents(peak=True))
def test_any_capacity_tariff_too(document) -> None:
    plan = plan_of(document)
    assert plan.solver == "highs"
    check(document, plan)


EMPTY = {"soc_start": 0.0, "soc_min": 0.0, "soc_max": 0.8, "capacity_kwh": 1, "charge_efficiency": 1}
NOT_BY_THE_BATTERY = small(
    [0.0] * 3 + [-0.01] + [0.0] * 3, [0.0] * 7, pv=[0, 0, 0, 0.01, 0, 0, 0], load=[0, 0, 0, 0.01, 0, 0.01, 0.04],
    battery=EMPTY | {"soc_start": 0.01, "discharge_efficiency": 1, "wear_per_kwh": 0, "charge_kw": 1},
    grid={"import_kw": 0, "export_kw": 0}, slot_minutes=15, pv_curtailable=True, peak_price_per_kw=0.1,
)  # fmt: skip
BURNS_WHERE_EXPORT_COSTS = small(
    [-0.06, -0.01, -0.06] + [0.0] * 6, [0.0, -0.1] + [0.0] * 7, pv=[0, 0.01] + [0] * 7, load=[0] * 8 + [2.61],
    battery=EMPTY | {"discharge_efficiency": 0.7, "wear_per_kwh": 0.01, "charge_kw": 3, "discharge_kw": 1},
    grid={"import_kw": 2, "export_kw": 1}, slot_minutes=15, pv_curtailable=True, peak_price_per_kw=0.1,
)  # fmt: skip
A_PEAK_DEARER_THAN_ENERGY = small(
    [0.01] * 8, [0.01] * 8, pv=[0.8, 0, 0, 4.8, 0, 6.1, 2.6, 0], load=[0.5, 0, 0.1, 0, 0.3, 5.4, 1, 0],
    battery={"soc_start": 0.5, "charge_efficiency": 0.1, "wear_per_kwh": 0.01}, grid={"import_kw": 9, "export_kw": 9},
    slot_minutes=1, terminal_value_per_kwh=0.011, pv_curtailable=True, peak_price_per_kw=8,
)  # fmt: skip
MILLIONTHS = canonical(
    terminal_value_per_kwh=2e-7, battery=CANONICAL["battery"] | {"wear_per_kwh": 3e-8, "capacity_kwh": 100},
    **{key: [price * 1e-6 for price in CANONICAL[key]] for key in ("import_price", "export_price")},
)  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [NOT_BY_THE_BATTERY, BURNS_WHERE_EXPORT_COSTS, A_PEAK_DEARER_THAN_ENERGY],
    ids=["limit", "burning", "dear peak"],
)
def test_what_once_missed_the_optimum(document) -> None:
    cost, beyond = judge(document, plan_of(document).as_document(ENGLISH))
    best, unavoidable = optimum(document)
    assert beyond == pytest.approx(unavoidable, abs=1e-6)
    assert cost == pytest.approx(best, rel=1e-3, abs=1e-6)


def test_prices_of_millionths_are_planned_as_exactly(solver) -> None:
    """A million times the prices is the same plan."""
    plan = plan_of(MILLIONTHS)
    usual = plan_of(MILLIONTHS | {
        "terminal_value_per_kwh": 0.2, "battery": MILLIONTHS["battery"] | {"wear_per_kwh": 0.03},
        "import_price": CANONICAL["import_price"], "export_price": CANONICAL["export_price"],
    })  # fmt: skip
    assert 1e6 * plan.cost == pytest.approx(usual.cost, rel=1e-3)


def test_three_futures_decide_the_first_slot_without_cheating() -> None:
    """No other first step is better on average; an LP that burns what it may in two of the futures would take one."""
    prices = [-0.5, -0.5, -0.2]
    battery = {"soc_start": 1.0, "charge_efficiency": 0.9, "discharge_efficiency": 0.9, "wear_per_kwh": 0}
    document = small(prices, pv=[5, 5, 0], load=[1, 0, 0], battery=battery)

    def expected(discharge):
        rest = battery | {"soc_start": 1 - discharge / 9}
        later = [small(prices[1:], pv=pv, battery=rest) for pv in ([5, 0], [0, 0])]
        first = [prices[0] * (1 - pv - discharge) for pv in (5, 0)]
        return 0.7 * (first[0] + optimum(later[0])[0]) + 0.3 * (first[1] + optimum(later[1])[0])

    slot = plan_of(document | {"pv_p10_kw": [0, 0, 0]}).slots[0]
    assert slot.charge_kw == 0
    assert expected(slot.discharge_kw) <= min(expected(half / 2) for half in range(11)) + 1e-3


def test_time_that_runs_out_leaves_the_best_plan_so_far(monkeypatch) -> None:
    """The search of binaries is over; the prices of its plan are found all the same, and with them its reasons."""
    run = linear._run

    def out_of_time(highs, model, *, presolve):
        done = run(highs, model, presolve=presolve)
        if not model.integral.any():
            return done
        highs.setOptionValue("time_limit", 0.0)
        return False

    monkeypatch.setattr(linear, "_run", out_of_time)
    plan = plan_of(canonical(battery=CANONICAL["battery"] | {"wear_per_kwh": 0}, peak_price_per_kw=1))
    assert (plan.solver, plan.exact) == ("highs", False)
    assert "note_approximate" in {note.key for note in plan.notes}


def test_a_high_peak_price_holds_the_import_down() -> None:
    document = canonical(peak_price_per_kw=3.0, peak_so_far_kw=2.5, grid={"import_kw": 20, "export_kw": 20})
    plan = plan_of(document)
    assert max(slot.grid_kw for slot in plan) <= 2.5 + 1e-6
    assert judge(document, plan.as_document(ENGLISH))[0] == pytest.approx(plan.cost, abs=1e-5)


def test_both_solvers_agree_on_what_energy_is_worth() -> None:
    """What the LP calls the worth of a stored kWh lies between the value function's slopes to either side."""
    problem = problem_from(CANONICAL)
    curves = solve_backward(problem, 0.2).curves
    stored = 5.0
    for slot, curve in zip(make_plan(problem), curves, strict=False):
        step = 1e-6
        below = (curve.at(stored) - curve.at(stored - step)) / step if stored > 1 + step else -inf
        above = (curve.at(stored + step) - curve.at(stored)) / step if stored < 10 - step else inf
        assert below - 1e-4 <= -slot.marginal_value <= above + 1e-4
        stored = slot.soc_end * 10


def test_scenarios_share_the_first_slot_and_make_it_careful() -> None:
    """PV that may not come: what the forecast alone would sell is kept for the dear slot."""
    document = small([0.3, 1.4, 1.5], [0.05] * 3, pv=[0, 5, 0], load=[3, 0, 5], battery={"soc_start": 0.6})
    bold = plan_of(document)
    careful = plan_of(document | {"pv_p10_kw": [0, 0, 0]})
    assert bold.slots[0].discharge_kw == pytest.approx(3)
    assert careful.slots[0].discharge_kw == pytest.approx(0)
    assert careful.slots[0].charge_kw > 0.2  # what the dear slot needs and PV may not bring
    assert judge(document, careful.as_document(ENGLISH))[0] == pytest.approx(careful.cost, abs=1e-6)


def test_what_only_highs_can_is_left_out_by_name(monkeypatch) -> None:
    monkeypatch.setattr(planner, "_linear", lambda: None)
    plan = plan_of(canonical(peak_price_per_kw=3.0, pv_p10_kw=[0.0] * 192))
    assert [note.key for note in plan.notes] == ["note_without_peak", "note_without_scenarios"]
    assert plan.solver == "dynamic"
