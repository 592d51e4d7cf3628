"""The entry point of the planner: turns a problem into a plan.

The first call imports the solver, which takes time: run it in an executor.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from time import perf_counter
from types import ModuleType
from typing import NamedTuple

from ..action import FORCED, ActionKind
from ..explanation import Explanation
from .dynamic import UnsupportedError, solve as solve_dynamic
from .energy_bounds import energy_bounds
from .flows import (
    SAME_KW,
    Dispatch,
    Flows,
    SlotMoney,
    StorageBounds,
    battery_power,
    dispatch_for,
    no_battery_step,
    slot_flows,
    slot_inputs,
    slot_money,
)
from .marginal_value import MarginalValue, PlanContext, marginal_values
from .plan import Plan, PlannedSlot
from .problem import PastAction, Problem
from .reasons import OVERALL, STRATEGY, ReasonContext, explain
from .slot_cost import EPSILON, largest_abs_price, system_limits
from .solution import Solution, SolverError
from .strategies import Optimise, SelfConsumption, Strategy
from .terminal_value import terminal_value

STABILITY_WINDOW = timedelta(hours=2)  # hysteresis applies to actions that start within this time
SWITCHING_COST = 0.01  # share of the cost of full battery power during the window, at the mean import price
_LIMIT_TOLERANCE_KW = 1e-6  # a smaller excess over a grid limit is rounding
_TARGET_TOLERANCE_KWH = 0.001  # a smaller shortfall from a target is not reported


def make_plan(problem: Problem, strategy: Strategy | None = None, previous: Plan | None = None) -> Plan:
    """Return the optimal plan for a strategy (optimise if None).

    `previous` replaces the previous actions of the problem. HiGHS solves the problem if highspy is installed, otherwise
    the dynamic programme does. There is always a plan: constraints that cannot be met are reported in its notes.
    """
    if previous is not None:
        past = tuple(PastAction(slot.start, slot.action, slot.power_kw) for slot in previous)
        problem = replace(problem, previous=past)
    linear = _load_linear()
    started = perf_counter()
    plan = _PlanBuilder(problem, strategy or Optimise(), linear).plan()
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


class _Candidate(NamedTuple):
    """A simulated plan without reasons; `penalised_cost` adds the penalties of violated soft constraints."""

    dispatches: list[Dispatch]
    flows: list[Flows]
    money: list[SlotMoney]
    cost: float
    penalised_cost: float


class _PlanBuilder:
    """Builds the plan of one problem."""

    def __init__(self, problem: Problem, strategy: Strategy, linear: ModuleType | None) -> None:
        self.problem = problem = strategy.constrain(problem)
        self.strategy, self.linear = strategy, linear
        self.energy_bounds = energy_bounds(problem)
        self.bounds = StorageBounds(system_limits(problem), self.energy_bounds.min_kwh, self.energy_bounds.max_kwh)
        self.inputs = list(slot_inputs(problem))
        self.edges = problem.edges
        self.terminal_value = terminal_value(problem)
        self.notes: list[Explanation] = []

    def plan(self) -> Plan:
        problem = self.problem
        fixed = self.strategy.fixed_dispatch(problem)
        kept = 0
        if fixed is not None:
            solution = Solution([], [self.terminal_value] * len(problem), "none")
            candidate = self._simulate(fixed, solution)
            reasons = [Explanation(self.strategy.reason_key, {"strategy": self.strategy.key})] * len(problem)
        else:
            solution, candidate, kept = self._optimise()
            reasons = explain(self._reason_context(candidate, solution, kept), candidate.dispatches, candidate.flows)
        self._add_notes(candidate, solution)
        capacity = problem.battery.capacity_kwh
        parts = zip(
            candidate.dispatches, candidate.flows, solution.marginal_value, candidate.money, reasons, strict=True
        )
        slots = tuple(
            PlannedSlot(
                self.edges[slot], self.edges[slot + 1], dispatch.kind, flow.charge_kw, flow.discharge_kw, flow.grid_kw,
                flow.curtail_kw, flow.stored_kwh / capacity, marginal_value, money, reason, dispatch.sell_surplus,
            )
            for slot, (dispatch, flow, marginal_value, money, reason) in enumerate(parts)
        )  # fmt: skip
        return Plan(
            slots, candidate.cost, self.strategy.key, solution.solver, 0.0, self.terminal_value, problem.currency,
            tuple(self.notes), solution.exact, kept > 0,
        )  # fmt: skip

    # --- optimising

    def _optimise(self) -> tuple[Solution, _Candidate, int]:
        """Return the optimal plan, or one that keeps previous actions if a change gains less than the switching cost.

        The number in the result counts the first slots that were kept.
        """
        decision_problem = self.strategy.decision_problem(self.problem)
        previous_actions = self._previous_actions()
        previous_kinds = [past.kind if past else None for past in previous_actions]
        solution = self._solve(decision_problem, previous_kinds)
        candidate = self._simulate([], solution)
        window_slots = bisect_right(self.edges, self.edges[0] + STABILITY_WINDOW - timedelta(microseconds=1))
        window = previous_actions[:window_slots]
        if all(
            past is None or past.kind is dispatch.kind
            for past, dispatch in zip(window, candidate.dispatches, strict=False)
        ):
            return solution, candidate, 0
        dispatches = [
            self._previous_dispatch(past, slot, candidate.dispatches[slot]) for slot, past in enumerate(window)
        ]
        fixed_stored_kwh = [flow.stored_kwh for flow in self._simulate(dispatches, solution).flows[: len(dispatches)]]
        try:
            kept_solution = self._solve(decision_problem, previous_kinds, fixed_stored_kwh)
        except SolverError:  # the previous actions are no longer feasible
            return solution, candidate, 0
        kept = self._simulate(dispatches, kept_solution)
        battery, prices = self.problem.battery, self.problem.import_price
        window_hours = sum(inputs.hours for inputs in self.inputs[:window_slots])
        full_kwh = max(battery.charge_kw, battery.discharge_kw) * window_hours
        switching_cost = SWITCHING_COST * full_kwh * sum(map(abs, prices)) / len(prices)
        if kept.penalised_cost - candidate.penalised_cost < switching_cost:
            return kept_solution, kept, len(dispatches)
        return solution, candidate, 0

    def _previous_actions(self) -> list[PastAction | None]:
        """Return the previous plan's action for each slot; empty without a previous plan."""
        past = sorted(self.problem.previous, key=lambda action: action.start)
        if not past:
            return []
        starts = [action.start for action in past]
        end = starts[-1] + timedelta(minutes=self.problem.slot_minutes)
        previous_actions: list[PastAction | None] = []
        for start in self.edges[:-1]:
            index = bisect_right(starts, start) - 1
            previous_actions.append(past[index] if index >= 0 and start < end else None)
        return previous_actions

    def _previous_dispatch(self, past: PastAction | None, slot: int, new: Dispatch) -> Dispatch:
        """Return the dispatch of the previous plan, with the new power if the action is the same."""
        if past is None or past.kind is new.kind:
            return new
        if past.kind is ActionKind.HOLD:
            inputs = self.inputs[slot]
            return Dispatch(past.kind, sell_surplus=inputs.pv_kw - inputs.load_kw > EPSILON)
        limits = self.bounds.limits
        full_kw = limits.charge_kw if past.kind is ActionKind.CHARGE else limits.discharge_kw
        return Dispatch(past.kind, past.power_kw or full_kw if past.kind in FORCED else 0.0)

    def _solve(
        self,
        decision_problem: Problem,
        previous_actions: Sequence[ActionKind | None],
        fixed_stored_kwh: Sequence[float] = (),
    ) -> Solution:
        if self.linear is None:
            return self._solve_dynamic(decision_problem, fixed_stored_kwh)
        try:
            solution: Solution = self.linear.solve(
                decision_problem, self.terminal_value, previous_actions, fixed_stored_kwh
            )
        except SolverError:
            if fixed_stored_kwh:
                raise
            return replace(self._solve_dynamic(decision_problem, fixed_stored_kwh), exact=False)
        if not solution.exact:
            try:
                return solve_dynamic(decision_problem, self.terminal_value, fixed_stored_kwh)
            except UnsupportedError:
                pass
        return solution

    def _solve_dynamic(self, decision_problem: Problem, fixed_stored_kwh: Sequence[float]) -> Solution:
        """Solve by dynamic programming. Features that it does not support are left out and reported in a note."""
        if decision_problem.peak_price_per_kw:
            self._add_note_once("note_without_peak")
        if decision_problem.has_scenarios:
            self._add_note_once("note_without_scenarios")
        reduced = replace(decision_problem, peak_price_per_kw=0.0, pv_p10_kw=None, pv_p90_kw=None, load_p90_kw=None)
        return solve_dynamic(reduced, self.terminal_value, fixed_stored_kwh)

    def _add_note_once(self, key: str) -> None:
        if Explanation(key) not in self.notes:
            self.notes.append(Explanation(key))

    # --- evaluating

    def _simulate(self, fixed: Sequence[Dispatch], solution: Solution) -> _Candidate:
        """Simulate the fixed dispatches, then the powers of the solution, and add up costs and penalties."""
        problem, bounds = self.problem, self.bounds
        limits, wear = bounds.limits, problem.battery.wear_per_kwh
        dispatches, flows, money = [], [], []
        stored = problem.battery.stored_start
        total = penalty = highest = 0.0
        for slot, inputs in enumerate(self.inputs):
            is_fixed = slot < len(fixed)
            dispatch = fixed[slot] if is_fixed else dispatch_for(solution.power_kw[slot], bounds, stored, inputs)
            power = battery_power(dispatch, bounds, stored, inputs)
            if dispatch.kind in FORCED and abs(power) <= SAME_KW:  # the battery is full, or empty
                dispatch, power = dispatch_for(0.0, bounds, stored, inputs), 0.0
            flow = slot_flows(power, limits, stored, inputs)
            if solution.curtail_kw and not is_fixed and (curtail := solution.curtail_kw[slot]) >= 0:
                flow = flow._replace(curtail_kw=curtail, grid_kw=inputs.load_kw - inputs.pv_kw + power + curtail)
            cost = slot_money(flow, inputs, wear)
            stored = flow.stored_kwh
            dispatches.append(dispatch)
            flows.append(flow)
            money.append(cost)
            total += cost.total
            highest = max(highest, flow.grid_kw)
            excess_kw = max(flow.grid_kw - limits.import_kw, -flow.grid_kw - limits.export_kw, 0.0)
            penalty += excess_kw * inputs.hours * limits.penalty
        for slot, level, price, sign in self.energy_bounds.soft_targets:
            penalty += price * max(sign * (level - flows[slot].stored_kwh), 0.0)
        total += problem.peak_price_per_kw * max(highest - problem.peak_so_far_kw, 0.0)
        total -= self.terminal_value * (stored - problem.battery.stored_start)
        return _Candidate(dispatches, flows, money, total, total + penalty)

    def _marginal_values(self, candidate: _Candidate, solution: Solution) -> list[MarginalValue]:
        """Return the marginal values for the break-even prices.

        The solver's dual values are used where this plan alone does not determine the decision: in the first slot of
        several scenarios, and for a strategy that decides on another problem.
        """
        problem, flows = self.problem, candidate.flows
        solver_values = [MarginalValue(value, value) for value in solution.marginal_value]
        if self.strategy.decision_problem(problem) is not problem:
            return solver_values
        context = PlanContext(
            self.bounds, self.inputs, flows, self.energy_bounds.soft_targets, self.terminal_value,
            self._peak_kw(candidate), problem.peak_price_per_kw,
        )  # fmt: skip
        shared = int(problem.has_scenarios)
        return solver_values[:shared] + marginal_values(context)[shared:]

    def _reason_context(self, candidate: _Candidate, solution: Solution, kept: int) -> ReasonContext:
        problem, battery = self.problem, self.problem.battery
        below = 0
        if battery.stored_start < battery.stored_min - EPSILON:
            below = 1 + sum(flow.stored_kwh < battery.stored_min - EPSILON for flow in candidate.flows)
        otherwise = Explanation(OVERALL)
        if self.strategy.decision_problem(problem) is not problem:
            otherwise = Explanation(STRATEGY, {"strategy": self.strategy.key})
        return ReasonContext(
            bounds=self.bounds,
            edges=self.edges,
            slot_inputs=self.inputs,
            marginal_values=self._marginal_values(candidate, solution),
            terminal_value=self.terminal_value,
            empty_kwh=battery.stored_min,
            peak_kw=self._peak_kw(candidate),
            kept=kept,
            below=below,
            has_targets=bool(problem.targets),
            shared=int(problem.has_scenarios),
            largest_price=largest_abs_price(problem),
            otherwise=otherwise,
        )

    def _peak_kw(self, candidate: _Candidate) -> float:
        """Return the highest import that the demand charge applies to; inf without a capacity tariff."""
        if not self.problem.peak_price_per_kw:
            return inf
        return max(self.problem.peak_so_far_kw, *(flow.grid_kw for flow in candidate.flows))

    def _add_notes(self, candidate: _Candidate, solution: Solution) -> None:
        """Add notes on violated constraints and on assumptions."""
        battery, notes = self.problem.battery, self.notes
        if not solution.exact:
            notes.append(Explanation("note_approximate"))
        if battery.soc_start < battery.soc_min:
            notes.append(Explanation("note_below_minimum", _percent(battery.soc_start, battery.soc_min)))
        if battery.soc_start > battery.soc_max:
            notes.append(Explanation("note_above_maximum", _percent(battery.soc_start, battery.soc_max)))
        notes += self._limit_notes(candidate.flows)
        notes += self._target_notes(candidate.flows)
        if self.problem.terminal_value_per_kwh is None:
            notes.append(Explanation("note_terminal_estimated", {"terminal_price": self.terminal_value}))

    def _limit_notes(self, flows: list[Flows]) -> Iterator[Explanation]:
        limits = self.bounds.limits
        for flow, inputs, at in zip(flows, self.inputs, self.edges[:-1], strict=True):
            over_import, over_export = flow.grid_kw - limits.import_kw, -flow.grid_kw - limits.export_kw
            if over_import > _LIMIT_TOLERANCE_KW:
                yield Explanation("note_import_limit", {"excess_kw": over_import, "at": at, "load_kw": inputs.load_kw})
            elif over_export > _LIMIT_TOLERANCE_KW:
                yield Explanation("note_export_limit", {"excess_kw": over_export, "at": at, "pv_kw": inputs.pv_kw})

    def _target_notes(self, flows: list[Flows]) -> Iterator[Explanation]:
        """Report each missed level once, at its largest shortfall.

        The minimum SOC is left out if the plan starts below it: that has a note of its own.
        """
        battery = self.problem.battery
        worst: dict[float, tuple[float, datetime]] = {}
        for slot, level, _, sign in self.energy_bounds.soft_targets:
            missing = level - flows[slot].stored_kwh
            if (
                sign < 0
                or missing < _TARGET_TOLERANCE_KWH
                or (level == battery.stored_min and battery.soc_start < battery.soc_min)
            ):
                continue
            if level not in worst or missing > worst[level][0]:
                worst[level] = missing, self.edges[slot + 1]
        for level, (missing, at) in worst.items():
            yield Explanation("note_target_missed", {"missing_kwh": missing, "level_kwh": level, "at": at})


def _percent(soc: float, limit: float) -> dict[str, float]:
    return {"soc": 100 * soc, "limit": 100 * limit}
