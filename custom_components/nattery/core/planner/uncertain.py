"""The plan for uncertain PV and load: the least expected cost over the outcomes of the problem."""

from collections.abc import Sequence
from types import ModuleType

from ..explanation import Explanation
from .deterministic import peak_import, plan_expected, self_consumption_savings
from .dispatch_plan import DispatchPlan, previous_actions
from .evaluation import evaluate
from .flows import Dispatch, simulate_slot
from .prepared import PreparedProblem
from .stochastic import DemandCharge
from .stochastic_policy import ExpectedPath, StochasticPolicy

SOLVER = "stochastic"


def stochastic_policy(
    prepared: PreparedProblem, demand: DemandCharge | None = None, required: Sequence[Dispatch | None] = ()
) -> StochasticPolicy:
    """Return the policy of a prepared problem with outcomes; `required` are actions that slots must have."""
    return StochasticPolicy(
        prepared.problem, prepared.bounds, prepared.soft_targets, prepared.terminal, demand, required
    )


def demand_charge(prepared: PreparedProblem, linear: ModuleType | None) -> DemandCharge | None:
    """Return the charge for import above the peak that is best for the expected PV and load.

    Where the outcomes exceed that peak in several slots, each of them is charged, although the tariff charges the
    highest one only: the expected cost is then too high, never too low.
    """
    problem = prepared.problem
    if not problem.peak_price_per_kw or linear is None:
        return None
    expected = plan_expected(prepared, problem, linear)
    return DemandCharge(peak_import(prepared, expected.evaluation), problem.peak_price_per_kw)


def plan_outcomes(
    prepared: PreparedProblem,
    linear: ModuleType | None,
    required: Sequence[Dispatch | None] = (),
    decision: PreparedProblem | None = None,
) -> DispatchPlan:
    """Return the plan of least expected cost. Its flows show what happens with the expected PV and load.

    `required` holds the action that each slot must have, None where the best one is sought. If the problem that decides
    is another one (`decision`), the money is that of the flows.
    """
    problem, battery = prepared.problem, prepared.problem.battery
    decides = decision or prepared
    demand = demand_charge(decides, linear)
    policy = stochastic_policy(decides, demand, required)
    evaluation = evaluate(prepared, _dispatches(decides, policy))
    stored = [battery.stored_start, *(flow.stored_kwh for flow in evaluation.flows)]
    break_even = [policy.marginal_value(edge, kwh) for edge, kwh in enumerate(stored)]
    if decision is None:
        best = policy.expected_path(battery.stored_start)
        savings = _savings(best, policy.expected_path(battery.stored_start, self_consumption=True))
        money, cost = best.money, best.cost
        if demand:
            cost += demand.price * (demand.above_kw - problem.peak_so_far_kw)
    else:
        money, cost = evaluation.money, evaluation.cost
        savings = self_consumption_savings(prepared, evaluation)
    unsupported = problem.peak_price_per_kw and not demand
    return DispatchPlan(
        evaluation=evaluation,
        money=money,
        cost=cost,
        savings=savings,
        marginal_value=[value.gain for value in break_even[:-1]],
        break_even=break_even[1:],
        solver=SOLVER,
        notes=(Explanation("note_without_peak"),) if unsupported else (),
    )


def plan_fixed(prepared: PreparedProblem, dispatches: Sequence[Dispatch]) -> DispatchPlan:
    """Return the plan in which every slot has a given action, with its expected cost."""
    problem = prepared.problem
    demand = None
    if problem.peak_price_per_kw:
        demand = DemandCharge(problem.peak_so_far_kw, problem.peak_price_per_kw)
    policy = stochastic_policy(prepared, demand, dispatches)
    path = policy.expected_path(problem.battery.stored_start)
    plain = policy.expected_path(problem.battery.stored_start, self_consumption=True)
    price = prepared.terminal.mean_price
    return DispatchPlan(
        evaluate(prepared, dispatches), path.money, path.cost, _savings(path, plain), [price] * len(problem), (), "none"
    )


def _dispatches(prepared: PreparedProblem, policy: StochasticPolicy) -> list[Dispatch]:
    """Return the best actions along the expected PV and load.

    Among equally good actions, the one of the previous plan is preferred in the first slot, then that of the slot
    before.
    """
    past = previous_actions(prepared)
    stored = prepared.problem.battery.stored_start
    dispatches: list[Dispatch] = []
    for slot, inputs in enumerate(prepared.inputs):
        if dispatches:
            dispatch = policy.follow(slot, stored, dispatches[-1])
        else:
            dispatch = policy.decide(slot, stored, previous=past[0] if past else None)
        dispatches.append(dispatch)
        stored = simulate_slot(dispatch, prepared.bounds, stored, inputs).stored_kwh
    return dispatches


def _savings(best: ExpectedPath, plain: ExpectedPath) -> tuple[float, ...]:
    return tuple(
        without - cost for cost, without in zip(best.costs_less_stored(), plain.costs_less_stored(), strict=True)
    )
