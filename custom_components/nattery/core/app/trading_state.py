"""What a front end shows of trading: the plan, the present decisions, and why there is no plan."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ..control.controller import Decision
from ..control.status import shown_reason
from ..explanation import Explanation
from ..planner.plan import Plan, PlannedSlot, PlanRun
from .planning import PlanResult


class PlanProblem(StrEnum):
    """Why there is no new plan."""

    NO_READINGS = "no_readings"
    NO_PRICES = "no_prices"
    NO_PLAN = "no_plan"


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan that was made at `made_at`, with notes on it and on its forecasts."""

    result: PlanResult
    made_at: datetime
    notes: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class PlanFailure:
    """Why no plan could be made, and whether the previous one stays in force."""

    problem: PlanProblem
    keep_plan: bool = False


@dataclass(frozen=True, slots=True)
class TradingState:
    """The plan, when it was made, its notes, and what was decided last for each battery.

    `first_run_start` is when the first run of the plan started, possibly in an earlier plan. `problem` is why the last
    attempt to plan gave none.
    """

    result: PlanResult | None = None
    made_at: datetime | None = None
    first_run_start: datetime | None = None
    notes: tuple[Explanation, ...] = ()
    problem: PlanProblem | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def plan(self) -> Plan | None:
        """The plan, or None."""
        return self.result.plan if self.result else None

    @property
    def decision(self) -> Decision | None:
        """The decision for the first battery, or None before there is one."""
        return next(iter(self.decisions), None)

    @property
    def reason(self) -> Explanation | None:
        """Why the first battery does what it does, or would do in a dry run; None before there is a decision."""
        if self.decision is None:
            return None
        slot = self.slot(self.decision.at)
        return shown_reason(self.decision, slot.reason if slot else None)

    def after_planning(self, outcome: NewPlan | PlanFailure) -> TradingState:
        """Return the state after an attempt to plan."""
        if isinstance(outcome, NewPlan):
            return replace(
                self,
                result=outcome.result,
                made_at=outcome.made_at,
                first_run_start=self._first_run_start(outcome.result),
                notes=outcome.notes,
                problem=None,
            )
        if outcome.keep_plan:
            return replace(self, problem=outcome.problem)
        return replace(self, result=None, notes=(), problem=outcome.problem)

    def slot(self, now: datetime) -> PlannedSlot | None:
        """Return the planned slot that contains `now`, or None."""
        return self.result.plan.at(now) if self.result else None

    @property
    def runs(self) -> tuple[PlanRun, ...]:
        """The plan's runs of equal slots; the first one starts when it really started."""
        first, *rest = self.result.plan.runs if self.result else [None]
        return (replace(first, start=self.first_run_start or first.start), *rest) if first else ()

    def planned_soc(self, now: datetime) -> float | None:
        """Return the planned state of charge (0 to 1), interpolated between the ends of two slots, or None."""
        slot = self.slot(now)
        if self.result is None or slot is None:
            return None
        ends = (other.soc_end for other in self.result.plan if other.end == slot.start)
        before = next(ends, self.result.soc_start)
        return before + (slot.soc_end - before) * ((now - slot.start) / (slot.end - slot.start))

    def _first_run_start(self, result: PlanResult) -> datetime:
        """Return when the first run of a new plan started, if the present plan has that run already."""
        first = result.plan.runs[0]
        known = (run.start for run in self.runs if run.start <= first.start < run.end and run.is_like(first))
        return next(known, first.start)
