"""The face of the planner: a problem in, a plan out. Solvers are imported on the first call, so use an executor."""

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
from .energy_bounds import limits
from .flows import (
    SAME_KW,
    Dispatch,
    Flows,
    SlotMoney,
    StorageBounds,
    costs,
    move_of,
    no_battery_step,
    power_of,
    settle,
    surroundings,
)
from .marginal_value import MarginalValue, PlanContext, worth_of
from .plan import Plan, PlannedSlot
from .problem import PastAction, Problem
from .reasons import OVERALL, STRATEGY, ReasonContext, explain
from .slot_cost import EPSILON, dearest, rules
from .solution import Solution, SolverError
from .strategies import Optimise, SelfConsumption, Strategy
from .terminal_value import terminal_value

STEADY = timedelta(hours=2)  # within which a plan does not change for nothing
WORTH_A_CHANGE = 0.01  # of what the battery's full power costs in that time at the mean price
_SMALL = 1e-6  # kW beyond a limit that are none
_MISSED = 0.001  # kWh short of a wish that are not worth a word


def make_plan(problem: Problem, strategy: Strategy | None = None, previous: Plan | None = None) -> Plan:
    """The best plan by a strategy (optimise when None); `previous` takes the place of the problem's own past actions.

    HiGHS plans where highspy can be imported, the dynamic programme elsewhere. There is always a plan: limits that
    cannot be kept are named in its notes.
    """
    if previous is not None:
        past = tuple(PastAction(slot.start, slot.action, slot.power_kw) for slot in previous)
        problem = replace(problem, previous=past)
    linear = _linear()
    begun = perf_counter()
    plan = _Planner(problem, strategy or Optimise(), linear).plan()
    return replace(plan, solve_ms=1000 * (perf_counter() - begun))


def self_consumption(problem: Problem) -> Plan:
    """The baseline: what the battery does without a plan."""
    return make_plan(problem, SelfConsumption())


def no_battery_cost(problem: Problem) -> float:
    """The baseline: what the house costs without a battery."""
    total = highest = 0.0
    for around in surroundings(problem):
        flows = no_battery_step(around, curtailable=problem.pv_curtailable)
        total += costs(flows, around, 0.0).total
        highest = max(highest, flows.grid_kw)
    return total + problem.peak_price_per_kw * max(highest - problem.peak_so_far_kw, 0.0)


def _linear() -> ModuleType | None:
    """The linear programme, where its solver is there."""
    try:
        from . import linear  # noqa: PLC0415  (numpy and highspy only where a plan is made)
    except ImportError:
        return None
    return linear


class _Draft(NamedTuple):
    """A plan before it is explained; `score` is its cost with what its broken limits and wishes count."""

    moves: list[Dispatch]
    flows: list[Flows]
    money: list[SlotMoney]
    cost: float
    score: float


class _Planner:
    """One problem, while it is planned."""

    def __init__(self, problem: Problem, strategy: Strategy, linear: ModuleType | None) -> None:
        self.problem = problem = strategy.shape(problem)
        self.strategy, self.linear = strategy, linear
        self.bounds = limits(problem)
        self.store = StorageBounds(rules(problem), self.bounds.low, self.bounds.high)
        self.around = list(surroundings(problem))
        self.edges = problem.edges
        self.terminal = terminal_value(problem)
        self.notes: list[Explanation] = []

    def plan(self) -> Plan:
        problem = self.problem
        fixed = self.strategy.moves(problem)
        kept = 0
        if fixed is not None:
            solution = Solution([], [self.terminal] * len(problem), "none")
            draft = self._draft(fixed, solution)
            reasons = [Explanation(STRATEGY, {"strategy": self.strategy.key})] * len(problem)
        else:
            solution, draft, kept = self._decide()
            reasons = explain(self._reason_context(draft, solution, kept), draft.moves, draft.flows)
        self._note(draft, solution)
        capacity = problem.battery.capacity_kwh
        parts = zip(draft.moves, draft.flows, solution.marginal_value, draft.money, reasons, strict=True)
        slots = tuple(
            PlannedSlot(
                self.edges[slot], self.edges[slot + 1], move.kind, flow.charge_kw, flow.discharge_kw, flow.grid_kw,
                flow.curtail_kw, flow.stored_kwh / capacity, worth, money, reason, move.sell_surplus,
            )
            for slot, (move, flow, worth, money, reason) in enumerate(parts)
        )  # fmt: skip
        return Plan(
            slots, draft.cost, self.strategy.key, solution.solver, 0.0, self.terminal, problem.currency,
            tuple(self.notes), solution.exact, kept > 0,
        )  # fmt: skip

    # --- deciding

    def _decide(self) -> tuple[Solution, _Draft, int]:
        """The best plan, or one that keeps to the plan before for so many slots, where that costs next to nothing."""
        question = self.strategy.question(self.problem)
        habits = self._habits()
        kinds = [past.kind if past else None for past in habits]
        solution = self._solve(question, kinds)
        draft = self._draft([], solution)
        steady = bisect_right(self.edges, self.edges[0] + STEADY - timedelta(microseconds=1))
        recent = habits[:steady]
        if all(past is None or past.kind is move.kind for past, move in zip(recent, draft.moves, strict=False)):
            return solution, draft, 0
        moves = [self._habit(past, slot, draft.moves[slot]) for slot, past in enumerate(recent)]
        pinned = [flow.stored_kwh for flow in self._draft(moves, solution).flows[: len(moves)]]
        try:
            other = self._solve(question, kinds, pinned)
        except SolverError:  # what was meant then is not possible any more
            return solution, draft, 0
        kept = self._draft(moves, other)
        battery, prices = self.problem.battery, self.problem.import_price
        full = max(battery.charge_kw, battery.discharge_kw) * sum(around.hours for around in self.around[:steady])
        if kept.score - draft.score < WORTH_A_CHANGE * full * sum(map(abs, prices)) / len(prices):
            return other, kept, len(moves)
        return solution, draft, 0

    def _habits(self) -> list[PastAction | None]:
        """What the plan before meant to do in each slot; empty without one."""
        past = sorted(self.problem.previous, key=lambda action: action.start)
        if not past:
            return []
        starts = [action.start for action in past]
        end = starts[-1] + timedelta(minutes=self.problem.slot_minutes)
        habits: list[PastAction | None] = []
        for start in self.edges[:-1]:
            index = bisect_right(starts, start) - 1
            habits.append(past[index] if index >= 0 and start < end else None)
        return habits

    def _habit(self, past: PastAction | None, slot: int, new: Dispatch) -> Dispatch:
        """The move of the plan before, with the new power where the kind is the same."""
        if past is None or past.kind is new.kind:
            return new
        if past.kind is ActionKind.HOLD:
            around = self.around[slot]
            return Dispatch(past.kind, sell_surplus=around.pv_kw - around.load_kw > EPSILON)
        rule = self.store.rule
        full = rule.charge_kw if past.kind is ActionKind.CHARGE else rule.discharge_kw
        return Dispatch(past.kind, past.power_kw or full if past.kind in FORCED else 0.0)

    def _solve(self, question: Problem, habits: Sequence[ActionKind | None], pinned: Sequence[float] = ()) -> Solution:
        if self.linear is None:
            return self._solve_without(question, pinned)
        try:
            solution: Solution = self.linear.solve(question, self.terminal, habits, pinned)
        except SolverError:
            if pinned:
                raise
            return replace(self._solve_without(question, pinned), exact=False)
        if not solution.exact:
            try:
                return solve_dynamic(question, self.terminal, pinned)
            except UnsupportedError:
                pass
        return solution

    def _solve_without(self, question: Problem, pinned: Sequence[float]) -> Solution:
        """The dynamic programme, with what it does not know left out, and said so."""
        if question.peak_price_per_kw:
            self._note_once("note_without_peak")
        if question.has_scenarios:
            self._note_once("note_without_scenarios")
        plain = replace(question, peak_price_per_kw=0.0, pv_p10_kw=None, pv_p90_kw=None, load_p90_kw=None)
        return solve_dynamic(plain, self.terminal, pinned)

    def _note_once(self, key: str) -> None:
        if Explanation(key) not in self.notes:
            self.notes.append(Explanation(key))

    # --- what comes of it

    def _draft(self, moves: Sequence[Dispatch], solution: Solution) -> _Draft:
        """Carry out the moves, then the powers of the solution, and count."""
        problem, store = self.problem, self.store
        rule, wear = store.rule, problem.battery.wear_per_kwh
        done, flows, money = [], [], []
        stored = problem.battery.stored_start
        total = score = highest = 0.0
        for slot, around in enumerate(self.around):
            fixed = slot < len(moves)
            move = moves[slot] if fixed else move_of(solution.power_kw[slot], store, stored, around)
            power = power_of(move, store, stored, around)
            if (
                move.kind in FORCED and abs(power) <= SAME_KW
            ):  # a full battery cannot charge, nor an empty one discharge
                move, power = move_of(0.0, store, stored, around), 0.0
            flow = settle(power, rule, stored, around)
            if solution.curtail_kw and not fixed and (curtail := solution.curtail_kw[slot]) >= 0:
                flow = flow._replace(curtail_kw=curtail, grid_kw=around.load_kw - around.pv_kw + power + curtail)
            cost = costs(flow, around, wear)
            stored = flow.stored_kwh
            done.append(move)
            flows.append(flow)
            money.append(cost)
            total += cost.total
            highest = max(highest, flow.grid_kw)
            beyond = max(flow.grid_kw - rule.import_kw, -flow.grid_kw - rule.export_kw, 0.0)
            score += beyond * around.hours * rule.penalty
        for slot, level, price, sign in self.bounds.wishes:
            score += price * max(sign * (level - flows[slot].stored_kwh), 0.0)
        total += problem.peak_price_per_kw * max(highest - problem.peak_so_far_kw, 0.0)
        total -= self.terminal * (stored - problem.battery.stored_start)
        return _Draft(done, flows, money, total, total + score)

    def _worth(self, draft: _Draft, solution: Solution) -> list[MarginalValue]:
        """What turns each slot; what decides by something else than this plan alone is told by its solver."""
        problem, flows = self.problem, draft.flows
        told = [MarginalValue(value, value) for value in solution.marginal_value]
        if self.strategy.question(problem) is not problem:
            return told
        plain = PlanContext(
            self.store, self.around, flows, self.bounds.wishes, self.terminal, self._peak(draft),
            problem.peak_price_per_kw,
        )  # fmt: skip
        shared = int(problem.has_scenarios)
        return told[:shared] + worth_of(plain)[shared:]

    def _reason_context(self, draft: _Draft, solution: Solution, kept: int) -> ReasonContext:
        problem, key = self.problem, self.strategy.key
        least = problem.battery.stored_min - EPSILON
        below = 0
        if problem.battery.stored_start < least:
            below = 1 + sum(flow.stored_kwh < least for flow in draft.flows)
        otherwise = Explanation(OVERALL)
        if self.strategy.question(problem) is not problem:
            otherwise = Explanation(STRATEGY, {"strategy": key})
        return ReasonContext(
            self.store, self.edges, self.around, self._worth(draft, solution), self.terminal,
            problem.battery.stored_min, self._peak(draft), kept, below, bool(problem.targets),
            int(problem.has_scenarios), dearest(problem),
            otherwise,
        )  # fmt: skip

    def _peak(self, draft: _Draft) -> float:
        """The highest import that is paid for by the kW; inf without a capacity tariff."""
        if not self.problem.peak_price_per_kw:
            return inf
        return max(self.problem.peak_so_far_kw, *(flow.grid_kw for flow in draft.flows))

    def _note(self, draft: _Draft, solution: Solution) -> None:
        """Name what could not be kept, and what was assumed."""
        battery, notes = self.problem.battery, self.notes
        if not solution.exact:
            notes.append(Explanation("note_approximate"))
        if battery.soc_start < battery.soc_min:
            notes.append(Explanation("note_below_minimum", _percent(battery.soc_start, battery.soc_min)))
        if battery.soc_start > battery.soc_max:
            notes.append(Explanation("note_above_maximum", _percent(battery.soc_start, battery.soc_max)))
        notes += self._broken_limits(draft.flows)
        notes += self._missed_wishes(draft.flows)
        if self.problem.terminal_value_per_kwh is None:
            notes.append(Explanation("note_terminal_estimated", {"terminal_price": self.terminal}))

    def _broken_limits(self, flows: list[Flows]) -> Iterator[Explanation]:
        rule = self.store.rule
        for flow, around, at in zip(flows, self.around, self.edges[:-1], strict=True):
            over, beyond = flow.grid_kw - rule.import_kw, -flow.grid_kw - rule.export_kw
            if over > _SMALL:
                yield Explanation("note_import_limit", {"excess_kw": over, "at": at, "load_kw": around.load_kw})
            elif beyond > _SMALL:
                yield Explanation("note_export_limit", {"excess_kw": beyond, "at": at, "pv_kw": around.pv_kw})

    def _missed_wishes(self, flows: list[Flows]) -> Iterator[Explanation]:
        """Each wanted level once, where it is missed most; not the way back to the minimum, which has its own note."""
        battery = self.problem.battery
        worst: dict[float, tuple[float, datetime]] = {}
        for slot, level, _, sign in self.bounds.wishes:
            missing = level - flows[slot].stored_kwh
            if sign < 0 or missing < _MISSED or (level == battery.stored_min and battery.soc_start < battery.soc_min):
                continue
            if level not in worst or missing > worst[level][0]:
                worst[level] = missing, self.edges[slot + 1]
        for level, (missing, at) in worst.items():
            yield Explanation("note_target_missed", {"missing_kwh": missing, "level_kwh": level, "at": at})


def _percent(soc: float, limit: float) -> dict[str, float]:
    return {"soc": 100 * soc, "limit": 100 * limit}
