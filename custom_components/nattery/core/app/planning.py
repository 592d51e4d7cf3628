"""From prices, forecasts and the state of charge to a planning problem, its plan, and the money it promises."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from ..control.plan_actions import runs_of
from ..control.schedule import ScheduledAction
from ..explanation import Explanation
from ..forecast.forecast import Forecast
from ..ledger.entry import QUARTER
from ..ledger.reports import Period
from ..planner.plan import Plan
from ..planner.planner import make_plan, self_consumption
from ..planner.problem import Problem
from ..planner.terminal_value import terminal_value
from .interval_prices import PricedIntervals
from .preferences import TradingPreferences
from .settings import TradingSettings

MINUTES = 15
_SHORTEST_SLOT = timedelta(seconds=6)  # shorter than the planner's shortest slot


@dataclass(frozen=True, slots=True)
class PlanningInputs:
    """All that a plan is made from at `now`.

    `forecast` covers all of `intervals`, `soc` is the state of charge (0 to 1), `peak_kw` the highest import of a
    quarter-hour of the month so far.
    """

    settings: TradingSettings
    intervals: PricedIntervals
    forecast: Forecast
    now: datetime
    soc: float
    currency: str
    peak_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """The planned cost of some time with wear, and the saving over plain self-consumption.

    The saving counts the energy left in the battery.
    """

    cost: float
    saving: float


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan, the actions that carry it out, and the saving of each of its slots; it starts at `soc_start` (0 to 1)."""

    plan: Plan
    runs: tuple[ScheduledAction, ...]
    savings: tuple[float, ...]
    soc_start: float

    def expected_money(self, period: Period) -> ExpectedMoney | None:
        """Return the sums of the slots that start in a period, or None if there are none."""
        slots = [
            (slot.cost, saving)
            for slot, saving in zip(self.plan, self.savings, strict=True)
            if period.start <= slot.start < period.end
        ]
        return ExpectedMoney(sum(cost for cost, _ in slots), sum(saving for _, saving in slots)) if slots else None

    @property
    def notes(self) -> tuple[Explanation, ...]:
        """The planner's notes, and the value of the energy left at the end."""
        return (*self.plan.notes, Explanation("note_terminal_estimated", {"terminal_price": self.plan.terminal_value}))


def planning_problem(inputs: PlanningInputs) -> Problem:
    """Return the problem from `now` on.

    A rest of the present quarter-hour that is too short for a slot is left out.
    """
    settings, intervals, now = inputs.settings, inputs.intervals, inputs.now
    left = intervals.ahead[0].start + QUARTER - now
    skipped = left < _SHORTEST_SLOT and len(intervals.ahead) > 1
    problem = _problem_from(inputs, len(intervals.passed) + skipped)
    if not skipped:
        minutes = max(left, _SHORTEST_SLOT) / timedelta(minutes=1)
        problem = replace(problem, start=now, first_slot_minutes=minutes)
    return replace(problem, peak_price_per_kw=settings.peak_price, peak_so_far_kw=inputs.peak_kw)


def _problem_from(inputs: PlanningInputs, first: int) -> Problem:
    """Return the problem of all whole quarter-hours from the index `first` on.

    The forecast's quantiles are left out: scenarios share the power of the first slot, while self-consumption follows
    what really comes. In recorded homes such plans lost most of what plans by the expected values gain.
    """
    settings, forecast = inputs.settings, inputs.forecast
    intervals = [*inputs.intervals][first:]
    return Problem(
        start=intervals[0].start,
        slot_minutes=MINUTES,
        currency=inputs.currency,
        battery=settings.battery(inputs.soc),
        grid=settings.grid,
        import_price=[interval.import_price for interval in intervals],
        export_price=[interval.export_price for interval in intervals],
        pv_kw=forecast.pv_kw[first:],
        load_kw=forecast.load_kw[first:],
    )


def run_planner(inputs: PlanningInputs, preferences: TradingPreferences, previous: Plan | None) -> PlanResult:
    """Return the plan and its expected savings; raises ProblemError.

    It imports the solver and takes up to a second, so call it in a thread of its own.
    """
    strategy = preferences.as_strategy()
    value = terminal_value(strategy.constrain(_problem_from(inputs, 0)))
    problem = replace(planning_problem(inputs), terminal_value_per_kwh=value)
    plan = make_plan(problem, strategy, previous)
    costs = (_costs_less_stored(candidate, problem) for candidate in (plan, self_consumption(problem)))
    savings = tuple(without - cost for cost, without in zip(*costs, strict=True))
    return PlanResult(plan, runs_of(plan, problem), savings, problem.battery.soc_start)


def _costs_less_stored(plan: Plan, problem: Problem) -> Iterator[float]:
    """Yield each slot's cost less the value of the energy that it adds to the battery."""
    capacity = problem.battery.capacity_kwh
    stored = [problem.battery.stored_start, *(slot.soc_end * capacity for slot in plan)]
    for slot, (before, after) in zip(plan, pairwise(stored), strict=True):
        yield slot.cost - plan.terminal_value * (after - before)
