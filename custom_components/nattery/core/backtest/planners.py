"""The same planner in two ways: one backward pass for a whole epoch, or planned anew each quarter.

Between two publications prices and forecasts stay, so what stored energy is worth in each quarter stays too, and a
decision is one step forward. Only a capacity tariff, which the dynamic programme does not know, is planned anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ..forecast.quarters import PER_DAY
from ..ledger.entry import QUARTER
from ..planner.dynamic import solve_backward
from ..planner.energy_bounds import limits
from ..planner.flows import Dispatch, StorageBounds
from ..planner.plan import PlannedSlot
from ..planner.planner import make_plan
from ..planner.problem import Problem
from ..planner.slot_cost import rules
from ..planner.terminal_value import terminal_value
from .forecasts import Epoch
from .system import problem_of
from .time_series import TimeSeries

type Forecast = tuple[Sequence[float], Sequence[float]]


class Planner(Protocol):
    """Plans one epoch; `store` is what bounds the battery in it. Slots count from the epoch's beginning."""

    store: StorageBounds

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:
        """The moves of all slots, as planned at the beginning with so much stored, and the month's peak so far."""

    def revise(self, slot: int, forecast: Forecast) -> None:
        """Take another forecast (kW) for the slots from one on, as far as it goes."""

    def move(self, slot: int, stored_kwh: float, present: tuple[float, float], peak_kw: float) -> Dispatch:
        """The move of one slot, planned when it begins, with PV and load (kW) as they are expected of it by then."""


def planner(house: Problem, series: TimeSeries, epoch: Epoch, forecast: Forecast, stored_kwh: float) -> Planner:
    """The planner for an epoch, given the forecasts (kW) up to its horizon and what is stored as it begins."""
    problem = problem_of(house, series, slice(epoch.begin, epoch.horizon), forecast, stored_kwh)
    worth = house.terminal_value_per_kwh
    if worth is None or epoch.horizon < len(series):
        worth = worth_at(house, series, epoch, forecast)
    problem = replace(problem, terminal_value_per_kwh=worth)
    return _Anew(problem) if problem.peak_price_per_kw else _Once(problem, worth)


def worth_at(house: Problem, series: TimeSeries, epoch: Epoch, forecast: Forecast) -> float:
    """What a kWh stored at the horizon is worth: the estimate of `terminal.py`, from the last whole day before it.

    What of that day has passed is taken as it came, the rest as it is expected.
    """
    first = max(epoch.horizon - PER_DAY, 0)
    known, expected = slice(first, max(epoch.begin, first)), max(first - epoch.begin, 0)
    day = tuple(
        [*came[known], *said[expected:]]
        for came, said in zip((series.pv_kw, series.load_kw), forecast, strict=True)
    )  # fmt: skip
    problem = problem_of(house, series, slice(first, epoch.horizon), (day[0], day[1]), house.battery.stored_start)
    return terminal_value(replace(problem, terminal_value_per_kwh=None, peak_price_per_kw=0.0, targets=()))


class _Once:
    """One backward pass."""

    def __init__(self, problem: Problem, worth: float) -> None:
        self._policy = solve_backward(problem, worth)
        self.store = self._policy.store

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:  # noqa: ARG002  (there is no capacity tariff)
        moves = []
        for slot in range(len(self._policy.problem)):
            decision = self._policy.step(slot, stored_kwh)
            moves.append(decision.move)
            stored_kwh = decision.stored_kwh
        return moves

    def revise(self, slot: int, forecast: Forecast) -> None:
        self._policy.revise(slot, *forecast)

    def move(self, slot: int, stored_kwh: float, present: tuple[float, float], peak_kw: float) -> Dispatch:  # noqa: ARG002
        return self._policy.step(slot, stored_kwh, *present).move


class _Anew:
    """A plan for every quarter."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        bounds = limits(problem)
        self.store = StorageBounds(rules(problem), bounds.low, bounds.high)

    def plan(self, stored_kwh: float, peak_kw: float) -> list[Dispatch]:
        return [_move(slot) for slot in make_plan(self._from(0, stored_kwh, None, peak_kw))]

    def revise(self, slot: int, forecast: Forecast) -> None:
        pv, load = list(self._problem.pv_kw), list(self._problem.load_kw)
        for old, new in zip((pv, load), forecast, strict=True):
            old[slot : slot + len(new)] = new
        self._problem = replace(self._problem, pv_kw=pv, load_kw=load)

    def move(self, slot: int, stored_kwh: float, present: tuple[float, float], peak_kw: float) -> Dispatch:
        return _move(make_plan(self._from(slot, stored_kwh, present, peak_kw)).slots[0])

    def _from(self, slot: int, stored_kwh: float, present: tuple[float, float] | None, peak_kw: float) -> Problem:
        """What is left of the problem when a slot begins."""
        problem = self._problem
        pv, load = problem.pv_kw[slot:], problem.load_kw[slot:]
        if present is not None:
            pv, load = [present[0], *pv[1:]], [present[1], *load[1:]]
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


def _move(slot: PlannedSlot) -> Dispatch:
    return Dispatch(slot.action, slot.power_kw, slot.sell_surplus)
