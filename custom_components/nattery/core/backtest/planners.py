"""Three implementations of the planner for an epoch.

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
from ..planner.plan import PlannedSlot
from ..planner.planner import make_plan
from ..planner.prepared import PreparedProblem
from ..planner.problem import Outcome, Problem, ValueCurve
from ..planner.stochastic import DemandCharge
from ..planner.terminal_value import terminal_value
from ..planner.uncertain import demand_charge, stochastic_policy
from ..planning.caution import PlanningAccount, margin_per_kwh
from .forecasts import Epoch, ForecastProvider, Nowcast, PowerForecast
from .system import problem_for
from .time_series import TimeSeries

_NO_ACCOUNT = PlanningAccount()


class EpochPlanner(Protocol):
    """Plans one epoch within the bounds of the battery. Slots are counted from the beginning of the epoch."""

    bounds: StorageBounds

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:
        """Return the dispatch of all slots, planned at the beginning for this stored energy and monthly peak so far."""

    def revise(self, slot: int, forecast: PowerForecast, outcomes: Sequence[Outcome]) -> None:
        """Replace the forecast (kW) of the slots from `slot` on, as far as the new one reaches."""

    def dispatch(self, slot: int, stored_kwh: float, nowcast: Nowcast, peak_kw: float) -> Dispatch:
        """Return the dispatch of one slot, planned at its beginning with this nowcast."""


def epoch_planner(
    system: Problem,
    series: TimeSeries,
    epoch: Epoch,
    forecasts: ForecastProvider,
    stored_kwh: float,
    peak_kw: float = 0.0,
    account: PlanningAccount = _NO_ACCOUNT,
) -> EpochPlanner:
    """Return the planner for an epoch, given the energy stored at first, the monthly peak so far and the account."""
    forecast = forecasts.issued(epoch)
    problem = problem_for(system, series, slice(epoch.begin, epoch.horizon), forecast, stored_kwh)
    if system.terminal_value_per_kwh is None or epoch.horizon < len(series):
        curve = forecasts.terminal_curve(system, epoch) or terminal_value_at(system, series, epoch, forecast)
        problem = replace(problem, terminal_curve=curve)
    outcomes = forecasts.outcomes(epoch.begin, forecast)
    margin = margin_per_kwh(account, forecasts.known_days)
    problem = replace(problem, outcomes=outcomes, peak_so_far_kw=peak_kw, margin_per_kwh=margin)
    if outcomes:
        return _OutcomePlanner(problem)
    return _ReplanningPlanner(problem) if problem.peak_price_per_kw else _PolicyPlanner(problem)


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


class _OutcomePlanner:
    """Decides by the expected cost over the outcomes of the forecast."""

    def __init__(self, problem: Problem) -> None:
        self._prepared = PreparedProblem.of(problem)
        self.bounds = self._prepared.bounds
        self._demand = demand_charge(self._prepared, linear)
        self._policy = stochastic_policy(self._prepared, self._demand)
        self._last: Dispatch | None = None

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:  # noqa: ARG002  (known from the start)
        dispatches: list[Dispatch] = []
        for slot, inputs in enumerate(self._prepared.inputs):
            previous = dispatches[-1] if dispatches else None
            dispatches.append(self._policy.follow(slot, stored_kwh, previous).dispatch)
            stored_kwh = simulate_slot(dispatches[-1], self.bounds, stored_kwh, inputs).stored_kwh
        return dispatches

    def revise(self, slot: int, forecast: PowerForecast, outcomes: Sequence[Outcome]) -> None:  # noqa: ARG002
        self._policy.revise(slot, outcomes)

    def dispatch(self, slot: int, stored_kwh: float, nowcast: Nowcast, peak_kw: float) -> Dispatch:
        if self._demand and peak_kw > self._demand.above_kw:  # what has been paid for is free from now on
            self._demand = DemandCharge(peak_kw, self._demand.price)
            self._policy.charge_demand(slot, self._demand)
        self._last = self._policy.decide(slot, stored_kwh, nowcast.outcomes, self._last).dispatch
        return self._last


class _PolicyPlanner:
    """Decides by the policy of one exact backward pass."""

    def __init__(self, problem: Problem) -> None:
        self._policy = solve_backward(problem, terminal_value(problem))
        self.bounds = self._policy.bounds

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:  # noqa: ARG002  (no capacity tariff here)
        dispatches = []
        for slot in range(len(self._policy.problem)):
            decision = self._policy.step(slot, stored_kwh)
            dispatches.append(decision.dispatch)
            stored_kwh = decision.stored_kwh
        return dispatches

    def revise(self, slot: int, forecast: PowerForecast, outcomes: Sequence[Outcome]) -> None:  # noqa: ARG002
        self._policy.revise(slot, *forecast)

    def dispatch(self, slot: int, stored_kwh: float, nowcast: Nowcast, peak_kw: float) -> Dispatch:  # noqa: ARG002
        return self._policy.step(slot, stored_kwh, *nowcast.powers).dispatch


class _ReplanningPlanner:
    """Makes a new plan for every quarter-hour."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.bounds = PreparedProblem.of(problem).bounds

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:
        return [_dispatch_of(slot) for slot in make_plan(self._problem_from(0, stored_kwh, None, peak_kw))]

    def revise(self, slot: int, forecast: PowerForecast, outcomes: Sequence[Outcome]) -> None:  # noqa: ARG002
        pv, load = list(self._problem.pv_kw), list(self._problem.load_kw)
        for old, new in zip((pv, load), forecast, strict=True):
            old[slot : slot + len(new)] = new
        self._problem = replace(self._problem, pv_kw=pv, load_kw=load)

    def dispatch(self, slot: int, stored_kwh: float, nowcast: Nowcast, peak_kw: float) -> Dispatch:
        return _dispatch_of(make_plan(self._problem_from(slot, stored_kwh, nowcast, peak_kw)).slots[0])

    def _problem_from(self, slot: int, stored_kwh: float, nowcast: Nowcast | None, peak_kw: float) -> Problem:
        """Return the rest of the problem from the beginning of a slot on."""
        problem = self._problem
        pv, load = problem.pv_kw[slot:], problem.load_kw[slot:]
        if nowcast is not None:
            pv, load = [nowcast.powers.pv_kw, *pv[1:]], [nowcast.powers.load_kw, *load[1:]]
        soc = min(max(stored_kwh / problem.battery.capacity_kwh, 0.0), 1.0)
        return replace(
            problem,
            start=problem.start + slot * QUARTER,
            battery=replace(problem.battery, soc_start=soc),
            import_price=problem.import_price[slot:],
            export_price=problem.export_price[slot:],
            pv_kw=pv,
            load_kw=load,
            peak_so_far_kw=peak_kw,
        )


def _dispatch_of(slot: PlannedSlot) -> Dispatch:
    return Dispatch(slot.action, slot.power_kw, slot.sell_surplus)
