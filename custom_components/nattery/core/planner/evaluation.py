"""The evaluation of a dispatch: its flows, its money and the penalties of the soft constraints that it breaks."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from ..action import FORCED
from .flows import SAME_KW, Dispatch, Flows, SlotMoney, battery_power, dispatch_for, slot_flows, slot_money
from .prepared import PreparedProblem
from .solution import Solution


class Evaluation(NamedTuple):
    """A dispatch with its flows and money; `penalised_cost` adds the penalties of violated soft constraints."""

    dispatches: list[Dispatch]
    flows: list[Flows]
    money: list[SlotMoney]
    cost: float
    penalised_cost: float

    def costs_less_stored(self, prepared: PreparedProblem) -> Iterator[float]:
        """Yield each slot's cost less the value of the energy that it adds to the battery."""
        stored = [prepared.problem.battery.stored_start, *(flow.stored_kwh for flow in self.flows)]
        values = map(prepared.terminal.at, stored)
        for money, (before, after) in zip(self.money, pairwise(values), strict=True):
            yield money.total - (after - before)


def evaluate(prepared: PreparedProblem, dispatches: Sequence[Dispatch], rest: Solution | None = None) -> Evaluation:
    """Simulate dispatches with the expected PV and load, then the powers of a solution for the slots after them."""
    problem, bounds = prepared.problem, prepared.bounds
    limits, wear = bounds.limits, problem.battery.wear_per_kwh
    made: list[Dispatch] = []
    flows: list[Flows] = []
    money: list[SlotMoney] = []
    stored = problem.battery.stored_start
    total = penalty = highest = 0.0
    for slot, inputs in enumerate(prepared.inputs):
        solution = rest if slot >= len(dispatches) else None
        dispatch = dispatch_for(solution.power_kw[slot], bounds, stored, inputs) if solution else dispatches[slot]
        power = battery_power(dispatch, bounds, stored, inputs)
        if dispatch.kind in FORCED and abs(power) <= SAME_KW:  # the battery is full, or empty
            dispatch, power = dispatch_for(0.0, bounds, stored, inputs), 0.0
        flow = slot_flows(power, limits, stored, inputs)
        if solution and solution.curtail_kw and (curtail := solution.curtail_kw[slot]) >= 0:
            flow = flow._replace(curtail_kw=curtail, grid_kw=inputs.load_kw - inputs.pv_kw + power + curtail)
        cost = slot_money(flow, inputs, wear)
        stored = flow.stored_kwh
        made.append(dispatch)
        flows.append(flow)
        money.append(cost)
        total += cost.total
        highest = max(highest, flow.grid_kw)
        excess_kw = max(flow.grid_kw - limits.import_kw, -flow.grid_kw - limits.export_kw, 0.0)
        penalty += excess_kw * inputs.hours * limits.penalty
    for slot, level, price, sign in prepared.soft_targets:
        penalty += price * max(sign * (level - flows[slot].stored_kwh), 0.0)
    total += problem.peak_price_per_kw * max(highest - problem.peak_so_far_kw, 0.0)
    total -= prepared.terminal.at(stored) - prepared.terminal.at(problem.battery.stored_start)
    return Evaluation(made, flows, money, total, total + penalty)
