"""The planners of an epoch: for uncertain PV and load, and for a perfect forecast.

Prices and forecasts stay the same between two publications of prices. So the value function of one backward pass stays
valid, and a decision is one forward step. Only a perfect forecast with a capacity tariff, which the exact dynamic
programme does not support, is planned from scratch in every quarter-hour.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ..forecast.quarters import PER_DAY
from ..ledger.entry import QUARTER
from ..planner import linear
from ..planner.dynamic import solve_backward
from ..planner.flows import Dispatch, StorageBounds, simulate_slot
from ..planner.planner import make_plan
from ..planner.prepared import PreparedProblem
from ..planner.problem import Outcome, Problem, ValueCurve
from ..planner.stochastic import DemandCharge
from ..planner.terminal_value import terminal_value
from ..planner.uncertain import demand_charge, stochastic_policy
from ..planning.caution import PlanningAccount, margin_per_kwh
from .forecasts import Epoch, LearnedForecasts, PowerForecast, SeriesPast
from .system import problem_for
from .time_series import TimeSeries


def epoch_problem(
    system: Problem, past: SeriesPast, epoch: Epoch, forecast: PowerForecast, stored_kwh: float
) -> Problem:
    """Return the problem of an epoch, given the forecast (kW) up to its horizon and the energy stored at first."""
    series = past.series
    problem = problem_for(system, series, slice(epoch.begin, epoch.horizon), forecast, stored_kwh)
    if system.terminal_value_per_kwh is not None and epoch.horizon == len(series):
        return problem
    curve = past.terminal_curve(system, epoch) or terminal_value_at(system, series, epoch, forecast)
    return replace(problem, terminal_curve=curve)


def terminal_value_at(system: Problem, series: TimeSeries, epoch: Epoch, forecast: PowerForecast) -> ValueCurve:
    """Return the value of energy stored at the horizon, estimated from the last whole day before it.

    The part of that day that has passed uses the real PV and load, the rest uses the forecast.
    """
    first = max(epoch.horizon - PER_DAY, 0)
    past, first_expected = slice(first, max(epoch.begin, first)), max(first - epoch.begin, 0)
    day = tuple(
        [*actual[past], *expected[first_expected:]]
        for actual, expected in zip((series.pv_kw, series.load_kw), forecast, strict=True)
    )  # fmt: skip
    problem = problem_for(system, series, slice(first, epoch.horizon), (day[0], day[1]), system.battery.stored_start)
    return terminal_value(replace(problem, terminal_value_per_kwh=None, peak_price_per_kw=0.0, targets=()))


class OutcomePlanner:
    """Decides an epoch by the expected cost over the outcomes of the forecast. Slots count from its beginning."""

    def __init__(self, problem: Problem, forecasts: LearnedForecasts, begin: int, account: PlanningAccount) -> None:
        """Plan a problem that begins with the quarter-hour `begin`, given what planning has brought lately."""
        problem = replace(
            problem,
            outcomes=forecasts.outcomes(begin, (problem.pv_kw, problem.load_kw)),
            margin_per_kwh=margin_per_kwh(account, forecasts.known_days),
        )
        self._prepared = PreparedProblem.of(problem)
        self.bounds = self._prepared.bounds
        self._demand = demand_charge(self._prepared, linear)
        self._policy = stochastic_policy(self._prepared, self._demand)
        self._last: Dispatch | None = None

    def plan(self, stored_kwh: float) -> list[Dispatch]:
        """Return the dispatch of all slots, planned at the beginning for this stored energy."""
        dispatches: list[Dispatch] = []
        for slot, inputs in enumerate(self._prepared.inputs):
            previous = dispatches[-1] if dispatches else None
            dispatches.append(self._policy.follow(slot, stored_kwh, previous))
            stored_kwh = simulate_slot(dispatches[-1], self.bounds, stored_kwh, inputs).stored_kwh
        return dispatches

    def revise(self, slot: int, outcomes: Sequence[Outcome]) -> None:
        """Replace the outcomes of the slots from `slot` on, as far as the new ones reach."""
        self._policy.revise(slot, outcomes)

    def dispatch(self, slot: int, stored_kwh: float, outcomes: Sequence[Outcome], peak_kw: float) -> Dispatch:
        """Return the dispatch of one slot, decided at its beginning with its outcomes and the monthly peak so far."""
        if self._demand and peak_kw > self._demand.above_kw:  # what has been paid for is free from now on
            self._demand = DemandCharge(peak_kw, self._demand.price)
            self._policy.charge_demand(slot, self._demand)
        self._last = self._policy.decide(slot, stored_kwh, outcomes, self._last)
        return self._last


class CertainPlanner(Protocol):
    """Decides an epoch whose PV and load are known. Slots count from its beginning."""

    bounds: StorageBounds

    def dispatch(self, slot: int, stored_kwh: float, peak_kw: float) -> Dispatch:
        """Return the dispatch of one slot, given the monthly peak so far."""


def certain_planner(problem: Problem) -> CertainPlanner:
    """Return the planner of a problem whose PV and load are those that come."""
    return _ReplanningPlanner(problem) if problem.peak_price_per_kw else _PolicyPlanner(problem)


class _PolicyPlanner:
    """Decides by the policy of one exact backward pass."""

    def __init__(self, problem: Problem) -> None:
        self._policy = solve_backward(problem, terminal_value(problem))
        self.bounds = self._policy.bounds

    def dispatch(self, slot: int, stored_kwh: float, peak_kw: float) -> Dispatch:  # noqa: ARG002  (no capacity tariff)
        return self._policy.step(slot, stored_kwh).dispatch


class _ReplanningPlanner:
    """Makes a new plan for every quarter-hour."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.bounds = PreparedProblem.of(problem).bounds

    def dispatch(self, slot: int, stored_kwh: float, peak_kw: float) -> Dispatch:
        problem = self._problem
        soc = min(max(stored_kwh / problem.battery.capacity_kwh, 0.0), 1.0)
        rest = replace(
            problem,
            start=problem.start + slot * QUARTER,
            battery=replace(problem.battery, soc_start=soc),
            import_price=problem.import_price[slot:],
            export_price=problem.export_price[slot:],
            pv_kw=problem.pv_kw[slot:],
            load_kw=problem.load_kw[slot:],
            peak_so_far_kw=peak_kw,
        )
        first = make_plan(rest).slots[0]
        return Dispatch(first.action, first.power_kw, first.sell_surplus)
