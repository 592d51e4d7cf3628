from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.planner.dynamic import UnsupportedError, solve_backward
from custom_components.nattery.core.planner.flows import simulate_slot, slot_inputs, slot_money
from custom_components.nattery.core.planner.problem_document import problem_from
from custom_components.nattery.core.planner.terminal_value import terminal_value

from .problems import CANONICAL, canonical, documents, plan_of, small


def test_one_backward_pass_serves_every_stored_energy() -> None:
    """From any SOC, following the policy costs as much as a plan that starts there."""
    problem = problem_from(CANONICAL)
    policy = solve_backward(problem, terminal_value(problem))
    for soc in (0.1, 0.33, 0.5, 0.77, 1.0):
        document = canonical(battery=CANONICAL["battery"] | {"soc_start": soc})
        plan, stored = plan_of(document), soc * 10
        cost = 0.2 * stored
        for index, inputs in enumerate(slot_inputs(problem)):
            decision = policy.step(index, stored)
            flows = simulate_slot(decision.dispatch, policy.bounds, stored, inputs)
            assert flows.stored_kwh == pytest.approx(decision.stored_kwh)
            stored = flows.stored_kwh
            cost += slot_money(flows, inputs, 0.03).total
        assert cost - 0.2 * stored == pytest.approx(plan.cost, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(documents(), st.floats(0, 1))
def test_the_value_function_satisfies_bellmans_equation(document, share) -> None:
    """On a grid of battery powers, none is better than the decision of the policy."""
    problem = problem_from(document)
    policy = solve_backward(problem, terminal_value(problem))
    battery = problem.battery
    stored = battery.stored_min + share * (battery.stored_max - battery.stored_min)
    for slot in range(len(problem)):
        decision = policy.step(slot, stored)
        spent = policy.cost_to_go[slot].at(stored) - policy.cost_to_go[slot + 1].at(decision.stored_kwh)
        inputs = policy._inputs[slot]
        up = battery.charge_efficiency * inputs.hours
        for tenth in range(-10, 11):
            power = tenth / 10 * (battery.charge_kw if tenth > 0 else battery.discharge_kw)
            after = stored + (power * up if power > 0 else power * inputs.hours / battery.discharge_efficiency)
            if not battery.stored_min <= after <= battery.stored_max:
                continue
            cost = _power_cost(policy, slot, power)
            if cost is not None:
                assert policy.cost_to_go[slot].at(stored) <= cost + policy.cost_to_go[slot + 1].at(after) + 1e-7
        assert spent == pytest.approx(_power_cost(policy, slot, decision.power_kw), abs=1e-6)
        stored = decision.stored_kwh


def _power_cost(policy, slot, power):
    """Return the cost of a battery power compared with rest, or None if it is out of reach."""
    slot_cost, inputs = policy._slot_costs[slot], policy._inputs[slot]
    wear = policy.bounds.limits.wear
    left, cost = abs(power), 0.0
    for width, price, _ in slot_cost.charge if power > 0 else slot_cost.discharge:
        part = min(width, left)
        cost += part * inputs.hours * ((price if power > 0 else -price) + wear)
        left -= part
    return None if left > 1e-9 else cost


def test_the_real_surplus_of_a_slot_changes_its_decision() -> None:
    problem = problem_from(small([0.3, 0.3], [0.05, 0.05], load=[1, 1], terminal_value_per_kwh=0.2))
    policy = solve_backward(problem, terminal_value(problem))
    assert policy.step(0, 5.0).power_kw == pytest.approx(-1)
    real = policy.step(0, 5.0, pv_kw=3.0, load_kw=1.0)
    assert real.power_kw == pytest.approx(2)
    assert real.dispatch.kind is ActionKind.SELF_CONSUME


@given(document=documents(), data=st.data())
def test_a_revised_forecast_gives_the_policy_of_a_new_problem(document, data) -> None:
    document["reserve"] = {"soc": 0.5, "price": 0.1}
    slots = len(document["load_kw"])
    first = data.draw(st.integers(0, slots - 1))
    end = data.draw(st.integers(first, slots))
    changed = {
        key: [
            *document[key][:first],
            *(factor * value + 0.5 for value in document[key][first:end]),
            *document[key][end:],
        ]
        for key, factor in (("pv_kw", 0.3), ("load_kw", 1.5))
    }
    problems = map(problem_from, (document, document | changed))
    policy, fresh = (solve_backward(problem, terminal_value(problem)) for problem in problems)
    policy.revise(first, changed["pv_kw"][first:end], changed["load_kw"][first:end])
    for slot in range(first, slots):
        for share in (0.3, 0.6, 0.9):
            stored = share * document["battery"]["capacity_kwh"]
            assert policy.cost_to_go[slot].at(stored) == pytest.approx(fresh.cost_to_go[slot].at(stored), abs=1e-9)
            assert policy.step(slot, stored).stored_kwh == pytest.approx(fresh.step(slot, stored).stored_kwh)


def test_stored_energy_outside_the_bounds_counts_as_the_nearest_bound() -> None:
    problem = problem_from(CANONICAL)
    policy = solve_backward(problem, terminal_value(problem))
    assert policy.step(80, 20.0) == policy.step(80, 10.0)
    assert policy.step(80, -3.0) == policy.step(80, 1.0)


def test_a_capacity_tariff_is_refused() -> None:
    problem = problem_from(canonical(peak_price_per_kw=2.0))
    with pytest.raises(UnsupportedError, match="cannot plan"):
        solve_backward(problem, terminal_value(problem))
