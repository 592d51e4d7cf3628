"""Two implementations of the planner for an epoch: one backward pass, or a new plan every quarter-hour.

Prices and forecasts stay the same between two publications of prices. So the value function stays valid, and a decision
is one forward step. Only with a capacity tariff, which the dynamic programme does not support, is every quarter-hour
planned from scratch.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ..forecast.quarters import PER_DAY
from ..ledger.entry import QUARTER
from ..planner.dynamic import solve_backward
from ..planner.energy_bounds import energy_bounds
from ..planner.flows import Dispatch, StorageBounds
from ..planner.plan import PlannedSlot
from ..planner.planner import make_plan
from ..planner.problem import Problem
from ..planner.slot_cost import system_limits
from ..planner.terminal_value import terminal_value
from .forecasts import Epoch
from .system import problem_for
from .time_series import TimeSeries

type PowerForecast = tuple[Sequence[float], Sequence[float]]


class EpochPlanner(Protocol):
    """Plans one epoch within the bounds of the battery. Slots are counted from the beginning of the epoch."""

    bounds: StorageBounds

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:
        """Return the dispatch of all slots, planned at the beginning for this stored energy and monthly peak so far."""

    def revise(self, slot: int, forecast: PowerForecast) -> None:
        """Replace the forecast (kW) of the slots from `slot` on, as far as the new one reaches."""

    def dispatch(self, slot: int, stored_kwh: float, nowcast: tuple[float, float], peak_kw: float) -> Dispatch:
        """Return the dispatch of one slot, planned at its beginning with this nowcast of PV and load (kW)."""


def epoch_planner(
    system: Problem, series: TimeSeries, epoch: Epoch, forecast: PowerForecast, stored_kwh: float
) -> EpochPlanner:
    """Return the planner for an epoch, given the forecast (kW) up to its horizon and the energy stored at first."""
    problem = problem_for(system, series, slice(epoch.begin, epoch.horizon), forecast, stored_kwh)
    value = system.terminal_value_per_kwh
    if value is None or epoch.horizon < len(series):
        value = terminal_value_at(system, series, epoch, forecast)
    problem = replace(problem, terminal_value_per_kwh=value)
    return _ReplanningPlanner(problem) if problem.peak_price_per_kw else _PolicyPlanner(problem, value)


def terminal_value_at(system: Problem, series: TimeSeries, epoch: Epoch, forecast: PowerForecast) -> float:
    """Return the value of a kWh stored at the horizon, estimated from the last whole day before it.

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


class _PolicyPlanner:
    """Decides by the policy of one backward pass."""

    def __init__(self, problem: Problem, value: float) -> None:
        self._policy = solve_backward(problem, value)
        self.bounds = self._policy.bounds

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:  # noqa: ARG002  (no capacity tariff here)
        dispatches = []
        for slot in range(len(self._policy.problem)):
            decision = self._policy.step(slot, stored_kwh)
            dispatches.append(decision.dispatch)
            stored_kwh = decision.stored_kwh
        return dispatches

    def revise(self, slot: int, forecast: PowerForecast) -> None:
        self._policy.revise(slot, *forecast)

    def dispatch(self, slot: int, stored_kwh: float, nowcast: tuple[float, float], peak_kw: float) -> Dispatch:  # noqa: ARG002
        return self._policy.step(slot, stored_kwh, *nowcast).dispatch


class _ReplanningPlanner:
    """Makes a new plan for every quarter-hour."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        bounds = energy_bounds(problem)
        self.bounds = StorageBounds(system_limits(problem), bounds.min_kwh, bounds.max_kwh)

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:
        return [_dispatch_of(slot) for slot in make_plan(self._problem_from(0, stored_kwh, None, peak_kw))]

    def revise(self, slot: int, forecast: PowerForecast) -> None:
        pv, load = list(self._problem.pv_kw), list(self._problem.load_kw)
        for old, new in zip((pv, load), forecast, strict=True):
            old[slot : slot + len(new)] = new
        self._problem = replace(self._problem, pv_kw=pv, load_kw=load)

    def dispatch(self, slot: int, stored_kwh: float, nowcast: tuple[float, float], peak_kw: float) -> Dispatch:
        return _dispatch_of(make_plan(self._problem_from(slot, stored_kwh, nowcast, peak_kw)).slots[0])

    def _problem_from(
        self, slot: int, stored_kwh: float, nowcast: tuple[float, float] | None, peak_kw: float
    ) -> Problem:
        """Return the rest of the problem from the beginning of a slot on."""
        problem = self._problem
        pv, load = problem.pv_kw[slot:], problem.load_kw[slot:]
        if nowcast is not None:
            pv, load = [nowcast[0], *pv[1:]], [nowcast[1], *load[1:]]
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
