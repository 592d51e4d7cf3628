"""The plan for expected PV and load: the exact optimum, with hysteresis towards the previous plan."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import inf
from types import ModuleType

from ..action import FORCED, ActionKind
from ..explanation import Explanation
from .dispatch_plan import DispatchPlan, previous_actions
from .dynamic import UnsupportedError, solve as solve_dynamic, solve_backward
from .evaluation import Evaluation, evaluate
from .flows import SELF_CONSUME, Dispatch, simulate_slot
from .marginal_value import MarginalValue, PlanContext, marginal_values
from .prepared import PreparedProblem
from .problem import PastAction, Problem
from .slot_cost import EPSILON
from .solution import Solution, SolverError

STABILITY_WINDOW = timedelta(hours=2)  # hysteresis applies to actions that start within this time
_SAME_COST = 1e-6  # money by which two plans may differ and cost the same
SWITCHING_COST = 0.01  # share of the cost of full battery power during the window, at the mean import price


def plan_expected(prepared: PreparedProblem, decision_problem: Problem, linear: ModuleType | None) -> DispatchPlan:
    """Return the optimal plan, or one that keeps previous actions if a change gains less than the switching cost.

    `decision_problem` is the problem whose optimum decides, and `linear` the module of the linear programme, None if
    its solver is not installed: then the dynamic programme solves the problem.
    """
    return _Optimiser(prepared, decision_problem, linear).plan()


def self_consumption_savings(prepared: PreparedProblem, evaluation: Evaluation) -> tuple[float, ...]:
    """Return what each slot saves over plain self-consumption, with the expected PV and load."""
    baseline = evaluate(prepared, [SELF_CONSUME] * len(prepared.inputs))
    pairs = zip(baseline.costs_less_stored(prepared), evaluation.costs_less_stored(prepared), strict=True)
    return tuple(without - cost for without, cost in pairs)


def peak_import(prepared: PreparedProblem, evaluation: Evaluation) -> float:
    """Return the highest import that the demand charge applies to; inf without a capacity tariff."""
    problem = prepared.problem
    if not problem.peak_price_per_kw:
        return inf
    return max(problem.peak_so_far_kw, *(flow.grid_kw for flow in evaluation.flows))


class _Optimiser:
    """Optimises one problem."""

    def __init__(self, prepared: PreparedProblem, decision_problem: Problem, linear: ModuleType | None) -> None:
        self.prepared, self.decision_problem, self.linear = prepared, decision_problem, linear
        self.notes: list[Explanation] = []

    def plan(self) -> DispatchPlan:
        prepared = self.prepared
        solution, evaluation, kept = self._optimise()
        if not kept:
            evaluation = self._with_fewer_changes(evaluation)
        return DispatchPlan(
            evaluation=evaluation,
            money=evaluation.money,
            cost=evaluation.cost,
            savings=self_consumption_savings(prepared, evaluation),
            marginal_value=solution.marginal_value,
            break_even=self._break_even(evaluation, solution),
            solver=solution.solver,
            exact=solution.exact,
            kept=kept,
            notes=tuple(self.notes),
        )

    def _optimise(self) -> tuple[Solution, Evaluation, int]:
        """Return the solution, its evaluation, and how many first slots keep their previous actions."""
        prepared, edges = self.prepared, self.prepared.edges
        past = previous_actions(prepared)
        kinds = [action.kind if action else None for action in past]
        solution = self._solve(kinds)
        evaluation = evaluate(prepared, [], solution)
        window_slots = bisect_right(edges, edges[0] + STABILITY_WINDOW - timedelta(microseconds=1))
        window = past[:window_slots]
        if all(
            action is None or action.kind is dispatch.kind
            for action, dispatch in zip(window, evaluation.dispatches, strict=False)
        ):
            return solution, evaluation, 0
        dispatches = [
            self._previous_dispatch(action, slot, evaluation.dispatches[slot]) for slot, action in enumerate(window)
        ]
        fixed = [flow.stored_kwh for flow in evaluate(prepared, dispatches, solution).flows[: len(dispatches)]]
        try:
            kept_solution = self._solve(kinds, fixed)
        except SolverError:  # the previous actions are no longer feasible
            return solution, evaluation, 0
        kept = evaluate(prepared, dispatches, kept_solution)
        if kept.penalised_cost - evaluation.penalised_cost < self._switching_cost(window_slots):
            return kept_solution, kept, len(dispatches)
        return solution, evaluation, 0

    def _with_fewer_changes(self, evaluation: Evaluation) -> Evaluation:
        """Return a dispatch of equal cost that changes less between charging and discharging, if there is one.

        A solver returns any of the optimal plans. The policy of the dynamic programme knows the cost of going on: what
        the battery does is continued as long as that costs nothing.
        """
        prepared, problem = self.prepared, self.decision_problem
        reversals = _reversals(evaluation.dispatches)
        if reversals <= 1 or problem is not prepared.problem or problem.peak_price_per_kw:
            return evaluation
        policy = solve_backward(problem, prepared.terminal)
        dispatches: list[Dispatch] = []
        stored = problem.battery.stored_start
        for slot, inputs in enumerate(prepared.inputs):
            dispatch = policy.step(slot, stored).dispatch
            if dispatches and dispatches[-1].kind in FORCED:
                best, same = (policy.cost_from(slot, stored, candidate) for candidate in (dispatch, dispatches[-1]))
                if same <= best + EPSILON:
                    dispatch = dispatches[-1]
            dispatches.append(dispatch)
            stored = simulate_slot(dispatch, prepared.bounds, stored, inputs).stored_kwh
        calm = evaluate(prepared, dispatches)
        fewer = _reversals(calm.dispatches) < reversals
        return calm if fewer and calm.penalised_cost <= evaluation.penalised_cost + _SAME_COST else evaluation

    def _switching_cost(self, window_slots: int) -> float:
        battery, prices = self.prepared.problem.battery, self.prepared.problem.import_price
        hours = sum(inputs.hours for inputs in self.prepared.inputs[:window_slots])
        full_kwh = max(battery.charge_kw, battery.discharge_kw) * hours
        return SWITCHING_COST * full_kwh * sum(map(abs, prices)) / len(prices)

    def _previous_dispatch(self, past: PastAction | None, slot: int, new: Dispatch) -> Dispatch:
        """Return the dispatch of the previous plan, with the new power if the action is the same."""
        if past is None or past.kind is new.kind:
            return new
        if past.kind is ActionKind.HOLD:
            inputs = self.prepared.inputs[slot]
            return Dispatch(past.kind, sell_surplus=inputs.pv_kw - inputs.load_kw > EPSILON)
        limits = self.prepared.bounds.limits
        full_kw = limits.charge_kw if past.kind is ActionKind.CHARGE else limits.discharge_kw
        return Dispatch(past.kind, past.power_kw or full_kw if past.kind in FORCED else 0.0)

    def _solve(self, kinds: Sequence[ActionKind | None], fixed_stored_kwh: Sequence[float] = ()) -> Solution:
        if self.linear is None:
            return self._solve_dynamic(fixed_stored_kwh)
        terminal = self.prepared.terminal
        try:
            solution: Solution = self.linear.solve(self.decision_problem, terminal, kinds, fixed_stored_kwh)
        except SolverError:
            if fixed_stored_kwh:
                raise
            return replace(self._solve_dynamic(fixed_stored_kwh), exact=False)
        if not solution.exact:
            try:
                return solve_dynamic(self.decision_problem, terminal, fixed_stored_kwh)
            except UnsupportedError:
                pass
        return solution

    def _solve_dynamic(self, fixed_stored_kwh: Sequence[float]) -> Solution:
        """Solve by dynamic programming, without the capacity tariff, which a note reports."""
        if self.decision_problem.peak_price_per_kw and not self.notes:
            self.notes.append(Explanation("note_without_peak"))
        reduced = replace(self.decision_problem, peak_price_per_kw=0.0)
        return solve_dynamic(reduced, self.prepared.terminal, fixed_stored_kwh)

    def _break_even(self, evaluation: Evaluation, solution: Solution) -> list[MarginalValue]:
        """Return the marginal values for the break-even prices: the solver's if it decided on another problem."""
        prepared = self.prepared
        if self.decision_problem is not prepared.problem:
            return [MarginalValue(value, value) for value in solution.marginal_value]
        return marginal_values(
            PlanContext(
                prepared.bounds, prepared.inputs, evaluation.flows, prepared.soft_targets, prepared.terminal,
                peak_import(prepared, evaluation), prepared.problem.peak_price_per_kw,
            )
        )  # fmt: skip


def _reversals(dispatches: Sequence[Dispatch]) -> int:
    """Return how often the battery changes between forced charging and forced discharging."""
    forced = [dispatch.kind for dispatch in dispatches if dispatch.kind in FORCED]
    return sum(one is not other for one, other in pairwise(forced))
