"""The entry point of the planner: turns a problem into a plan.

The first call imports the solver, which takes time: run it in an executor.
"""

from dataclasses import replace
from time import perf_counter
from types import ModuleType

from ..explanation import Explanation
from .deterministic import peak_import, plan_expected, self_consumption_savings
from .dispatch_plan import DispatchPlan
from .evaluation import evaluate
from .flows import Dispatch, no_battery_step, required_dispatches, slot_inputs, slot_money
from .plan import Plan, PlannedSlot
from .plan_notes import plan_notes
from .prepared import PreparedProblem
from .problem import PastAction, Problem
from .reasons import OVERALL, OVERRIDE, STRATEGY, ReasonContext, Uncertainty, explain
from .slot_cost import EPSILON, largest_abs_price
from .strategies import Optimise, SelfConsumption, Strategy


def make_plan(problem: Problem, strategy: Strategy | None = None, previous: Plan | None = None) -> Plan:
    """Return the optimal plan for a strategy (optimise if None).

    `previous` replaces the previous actions of the problem if it has the same strategy. If the problem has outcomes,
    the expected cost is minimised. Otherwise HiGHS solves the problem if highspy is installed, else the dynamic
    programme does. There is always a plan: constraints that cannot be met are reported in its notes.
    """
    strategy = strategy or Optimise()
    if previous is not None and previous.strategy == strategy.key:
        past = tuple(PastAction(slot.start, slot.action, slot.power_kw) for slot in previous if slot.required is None)
        problem = replace(problem, previous=past)
    started = perf_counter()
    plan = _PlanBuilder(problem, strategy).plan()
    return replace(plan, solve_ms=1000 * (perf_counter() - started))


def self_consumption(problem: Problem) -> Plan:
    """Return the plan of the self-consumption baseline."""
    return make_plan(problem, SelfConsumption())


def no_battery_cost(problem: Problem) -> float:
    """Return the cost of the horizon without a battery, the other baseline."""
    total = highest = 0.0
    for inputs in slot_inputs(problem):
        flows = no_battery_step(inputs, curtailable=problem.pv_curtailable)
        total += slot_money(flows, inputs, 0.0).total
        highest = max(highest, flows.grid_kw)
    return total + problem.peak_price_per_kw * max(highest - problem.peak_so_far_kw, 0.0)


def _load_linear() -> ModuleType | None:
    """Return the module of the linear programme, or None if its solver is not installed."""
    try:
        from . import linear  # noqa: PLC0415  (numpy and highspy only where a plan is made)
    except ImportError:
        return None
    return linear


def _load_uncertain() -> ModuleType | None:
    """Return the module that plans with outcomes, or None if numpy is not installed."""
    try:
        from . import uncertain  # noqa: PLC0415
    except ImportError:
        return None
    return uncertain


class _PlanBuilder:
    """Builds the plan of one problem."""

    def __init__(self, problem: Problem, strategy: Strategy) -> None:
        self.strategy = strategy
        self.prepared = PreparedProblem.of(strategy.constrain(problem))
        self.required = self.prepared.problem.required_actions()

    def plan(self) -> Plan:
        prepared, problem = self.prepared, self.prepared.problem
        uncertain = False
        if (fixed := self.strategy.fixed_dispatch(problem)) is not None:
            planned = self._fixed_plan(fixed)
            reasons = [self.strategy.fixed_reason(dispatch) for dispatch in fixed]
        else:
            planned, uncertain = self._optimal_plan()
            evaluation = planned.evaluation
            context = self._reason_context(planned, uncertain=uncertain)
            reasons = explain(context, evaluation.dispatches, evaluation.flows)
        evaluation, capacity = planned.evaluation, problem.battery.capacity_kwh
        parts = zip(
            evaluation.dispatches, evaluation.flows, planned.marginal_value, planned.money, reasons, self.required,
            strict=True,
        )  # fmt: skip
        slots = tuple(
            PlannedSlot(
                prepared.edges[slot], prepared.edges[slot + 1], required.kind if required else dispatch.kind,
                flow.charge_kw, flow.discharge_kw, flow.grid_kw, flow.curtail_kw, flow.stored_kwh / capacity,
                marginal_value, money, Explanation(OVERRIDE, {"until": required.end}) if required else reason,
                dispatch.sell_surplus and not required, required,
            )
            for slot, (dispatch, flow, marginal_value, money, reason, required) in enumerate(parts)
        )  # fmt: skip
        notes = (*planned.notes, *plan_notes(prepared, evaluation.flows, exact=planned.exact))
        return Plan(
            slots, planned.cost, self.strategy.key, planned.solver, 0.0, prepared.terminal, problem.currency, notes,
            planned.exact, planned.kept > 0, planned.savings,
        )  # fmt: skip

    def _fixed_plan(self, fixed: list[Dispatch]) -> DispatchPlan:
        problem = self.prepared.problem
        dispatches = [required or own for required, own in zip(required_dispatches(problem), fixed, strict=True)]
        if problem.outcomes and (uncertain := _load_uncertain()):
            planned: DispatchPlan = uncertain.plan_fixed(self.prepared, dispatches)
            return planned
        evaluation = evaluate(self.prepared, dispatches)
        value = self.prepared.terminal.mean_price
        return DispatchPlan(
            evaluation, evaluation.money, evaluation.cost, self_consumption_savings(self.prepared, evaluation),
            [value] * len(fixed), (), "none",
        )  # fmt: skip

    def _optimal_plan(self) -> tuple[DispatchPlan, bool]:
        """Return the plan, and whether it was made for uncertain PV and load."""
        problem = self.prepared.problem
        decision_problem = self.strategy.decision_problem(problem)
        linear = _load_linear()
        overridden = any(self.required)
        if not decision_problem.outcomes and not overridden:
            return plan_expected(self.prepared, decision_problem, linear), False
        if uncertain := _load_uncertain():
            decision = None
            if decision_problem is not problem:
                decision = PreparedProblem.of(decision_problem.with_outcomes())
            prepared = self.prepared._replace(problem=problem.with_outcomes())
            required = required_dispatches(problem) if overridden else ()
            return uncertain.plan_outcomes(prepared, linear, required, decision), bool(decision_problem.outcomes)
        planned = plan_expected(self.prepared, decision_problem, linear)
        note = Explanation("note_without_scenarios")
        if overridden:
            pairs = zip(required_dispatches(problem), planned.evaluation.dispatches, strict=True)
            evaluation = evaluate(self.prepared, [required or own for required, own in pairs])
            planned = replace(planned, evaluation=evaluation, money=evaluation.money, cost=evaluation.cost)
        return replace(planned, notes=(note, *planned.notes)), False

    def _reason_context(self, planned: DispatchPlan, *, uncertain: bool) -> ReasonContext:
        prepared, problem, battery = self.prepared, self.prepared.problem, self.prepared.problem.battery
        flows = planned.evaluation.flows
        below = 0
        if battery.stored_start < battery.stored_min - EPSILON:
            below = 1 + sum(flow.stored_kwh < battery.stored_min - EPSILON for flow in flows)
        otherwise = Explanation(OVERALL)
        if self.strategy.decision_problem(problem) is not problem:
            otherwise = Explanation(STRATEGY, {"strategy": self.strategy.key})
        return ReasonContext(
            bounds=prepared.bounds,
            edges=prepared.edges,
            slot_inputs=prepared.inputs,
            marginal_values=planned.break_even,
            terminal_value=prepared.terminal.prices(flows[-1].stored_kwh)[0],
            empty_kwh=battery.stored_min,
            peak_kw=peak_import(prepared, planned.evaluation),
            kept=planned.kept,
            below=below,
            has_targets=bool(problem.targets),
            uncertainty=Uncertainty.of(problem.outcomes) if uncertain else None,
            largest_price=largest_abs_price(problem),
            otherwise=otherwise,
        )
