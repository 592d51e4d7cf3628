"""The exact dynamic programme: backward recursion over a piecewise linear value function. Plain Python.

The value function (cost-to-go) gives the least cost from a slot to the end of the horizon for every stored energy. If
the cost of a slot is convex, a backward step is an infimal convolution: it merges two sorted lists of slopes. If not,
both functions are split into convex parts, each pair is convolved, and the lower envelope is taken. The result is
exact. One backward pass covers every stored energy, so a decision for a slot afterwards is a single forward step.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from .energy_bounds import SoftTarget, energy_bounds
from .flows import (
    SELF_CONSUME,
    Dispatch,
    SlotInputs,
    StorageBounds,
    battery_power,
    dispatch_for,
    simulate_slot,
    slot_inputs,
    slot_money,
)
from .piecewise_linear import (
    ConvexPart,
    PiecewiseLinear,
    Slopes,
    clip,
    convex_parts,
    infimal_convolution,
    lower_envelope,
)
from .problem import Problem, ValueCurve
from .slot_cost import (
    EPSILON,
    SlotCost,
    ac_power,
    largest_abs_price,
    slot_cost,
    slot_costs,
    stored_change,
    system_limits,
)
from .solution import Solution, SolverError

_TIE_BREAK = 1e-9  # share of the largest price: self-consumption is left only for a larger gain per kWh


class UnsupportedError(SolverError):
    """Raised for a problem that the dynamic programme cannot solve: one with a capacity tariff."""


class SlotDecision(NamedTuple):
    """The decision for a slot: the dispatch, and the battery's AC power (kW, positive = charging).

    `stored_kwh` is the energy stored at the end of the slot. `marginal_value` is the value of one more stored kWh at
    its start.
    """

    dispatch: Dispatch
    power_kw: float
    stored_kwh: float
    marginal_value: float


class ValuePolicy:
    """The optimal decision for any slot and any stored energy, computed by one backward pass."""

    def __init__(
        self, problem: Problem, bounds: StorageBounds, soft_targets: Iterable[SoftTarget], terminal: ValueCurve
    ) -> None:
        self.problem = problem
        self.bounds = bounds
        self._tie_break = _TIE_BREAK * largest_abs_price(problem)
        self._slot_costs = slot_costs(problem)
        self._inputs = list(slot_inputs(problem))
        self._soft_targets: dict[int, list[SoftTarget]] = {}
        for target in soft_targets:
            self._soft_targets.setdefault(target.slot + 1, []).append(target)
        slots, last = len(problem), _final_cost(bounds, terminal)
        # One function more than there are slots: the least cost from the start of each slot to the end of the horizon.
        self.cost_to_go = [self._add_soft_targets(slots, last)] * (slots + 1)
        self._recurse(0, slots)

    def revise(self, slot: int, pv_kw: Sequence[float], load_kw: Sequence[float]) -> None:
        """Replace the forecasts (kW) of the slots from `slot` on, and repeat the backward pass from their end.

        The value function after these slots stays valid, so the cost depends on the number of revised slots only.
        """
        for at, (pv, load) in enumerate(zip(pv_kw, load_kw, strict=True), slot):
            inputs = self._inputs[at]
            self._inputs[at] = SlotInputs(pv, load, inputs.hours, inputs.import_price, inputs.export_price)
            self._slot_costs[at] = slot_cost(self.bounds.limits, inputs.import_price, inputs.export_price, pv, load)
        self._recurse(slot, slot + len(pv_kw))

    def _recurse(self, first: int, end: int) -> None:
        """Compute the value functions of the slots from `first` to before `end`, backwards."""
        for slot in range(end - 1, first - 1, -1):
            function = _backward_step(
                self.cost_to_go[slot + 1], self._slot_costs[slot], self.bounds, self._inputs[slot].hours
            )
            self.cost_to_go[slot] = self._add_soft_targets(slot, function)

    def _add_soft_targets(self, edge: int, function: PiecewiseLinear) -> PiecewiseLinear:
        """Add the penalties of the soft targets that apply between two slots."""
        for target in self._soft_targets.get(edge, ()):
            function = _add_target_penalty(function, target)
        return function

    def step(
        self, slot: int, stored_kwh: float, pv_kw: float | None = None, load_kw: float | None = None
    ) -> SlotDecision:
        """Return the optimal decision for one slot, given its stored energy (kWh), and its PV and load (kW).

        PV and load default to the forecast of the problem. Stored energy outside the bounds counts as the nearest
        bound.
        """
        bounds, inputs, current, tie_break = self.bounds, self._inputs[slot], self._slot_costs[slot], self._tie_break
        limits, hours = bounds.limits, inputs.hours
        if pv_kw is not None or load_kw is not None:
            pv = inputs.pv_kw if pv_kw is None else pv_kw
            load = inputs.load_kw if load_kw is None else load_kw
            inputs = SlotInputs(pv, load, hours, inputs.import_price, inputs.export_price)
            current = slot_cost(limits, inputs.import_price, inputs.export_price, pv, load)
        stored = min(max(stored_kwh, bounds.min_kwh), bounds.max_kwh)
        following = self.cost_to_go[slot + 1]
        breakpoints = _breakpoints(current, bounds, hours)
        first = bisect_left(following.xs, stored + breakpoints[0][0])
        last = bisect_right(following.xs, stored + breakpoints[-1][0])
        self_consume_kw = battery_power(SELF_CONSUME, bounds, stored, inputs)
        self_consume_kwh = stored_change(limits, self_consume_kw, hours)
        slot_cost_function = PiecewiseLinear(
            [x for x, _ in breakpoints], [y for _, y in breakpoints], _slopes(breakpoints)
        )
        best_change, lowest = 0.0, slot_cost_function.at(0.0) + following.at(stored)
        if slot_cost_function.xs[0] - EPSILON <= self_consume_kwh <= slot_cost_function.xs[-1] + EPSILON:
            cost = slot_cost_function.at(self_consume_kwh) + following.at(stored + self_consume_kwh)
            if cost <= lowest + tie_break:
                best_change, lowest = self_consume_kwh, cost
        for x, y in zip(slot_cost_function.xs, slot_cost_function.ys, strict=True):
            if (
                bounds.min_kwh - EPSILON <= stored + x <= bounds.max_kwh + EPSILON
                and y + following.at(stored + x) < lowest - tie_break
            ):
                best_change, lowest = x, y + following.at(stored + x)
        for x, y in zip(following.xs[first:last], following.ys[first:last], strict=True):
            if (cost := y + slot_cost_function.at(x - stored)) < lowest - tie_break:
                best_change, lowest = x - stored, cost
        power = ac_power(limits, best_change, hours)
        dispatch = dispatch_for(power, bounds, stored, inputs)
        return SlotDecision(dispatch, power, stored + best_change, -self.cost_to_go[slot].slope(stored))

    def cost_from(self, slot: int, stored_kwh: float, dispatch: Dispatch) -> float:
        """Return the cost of a dispatch in a slot, and of the best ones after it, to the end of the horizon."""
        inputs = self._inputs[slot]
        flows = simulate_slot(dispatch, self.bounds, stored_kwh, inputs)
        return slot_money(flows, inputs, self.bounds.limits.wear).total + self.cost_to_go[slot + 1].at(flows.stored_kwh)

    def solution(self, fixed_stored_kwh: Sequence[float] = ()) -> Solution:
        """Return the solution over the whole horizon; the first slots end with `fixed_stored_kwh`."""
        limits, inputs = self.bounds.limits, self._inputs
        stored, powers, marginal_values = self.problem.battery.stored_start, [], []
        for slot in range(len(self.problem)):
            decision = self.step(slot, stored)
            if slot < len(fixed_stored_kwh):
                power = ac_power(limits, fixed_stored_kwh[slot] - stored, inputs[slot].hours)
                decision = decision._replace(power_kw=power, stored_kwh=fixed_stored_kwh[slot])
            powers.append(decision.power_kw)
            marginal_values.append(decision.marginal_value)
            stored = decision.stored_kwh
        return Solution(powers, marginal_values, "dynamic")


def solve_backward(problem: Problem, terminal: ValueCurve) -> ValuePolicy:
    """Return the policy for the expected PV and load; `terminal` is the value of the energy left at the end.

    Raises UnsupportedError for a capacity tariff: only the linear programme can plan that.
    """
    if problem.peak_price_per_kw:
        raise UnsupportedError("The dynamic programme cannot plan a capacity tariff")
    energy = energy_bounds(problem)
    return ValuePolicy(
        problem,
        StorageBounds(system_limits(problem), energy.min_kwh, energy.max_kwh),
        energy.soft_targets,
        terminal,
    )


def solve(problem: Problem, terminal: ValueCurve, fixed_stored_kwh: Sequence[float] = ()) -> Solution:
    """Return the optimum in the same form as `linear.solve`. Raises UnsupportedError."""
    return solve_backward(problem, terminal).solution(fixed_stored_kwh)


def _final_cost(bounds: StorageBounds, terminal: ValueCurve) -> PiecewiseLinear:
    """Return the cost at the end of the horizon: less the value of the energy that is left."""
    edges = accumulate((width for width, _ in terminal.segments[:-1]), initial=terminal.first_kwh)
    inside = [edge for edge in edges if bounds.min_kwh + EPSILON < edge < bounds.max_kwh - EPSILON]
    xs = [bounds.min_kwh, *inside]
    if bounds.max_kwh > bounds.min_kwh + EPSILON:
        xs.append(bounds.max_kwh)
    ys = [-terminal.at(x) for x in xs]
    return PiecewiseLinear(xs, ys, _slopes(list(zip(xs, ys, strict=True))))


def _marginal_costs(current: SlotCost, bounds: StorageBounds, hours: float) -> tuple[Slopes, Slopes]:
    """Return a slot's segments per stored kWh, from rest outwards: cost of charging and revenue of discharging."""
    limits = bounds.limits
    up, down, wear = limits.charge_efficiency, limits.discharge_efficiency, limits.wear
    return (
        [((segment.price + wear) / up, segment.width * hours * up) for segment in current.charge],
        [((segment.price - wear) * down, segment.width * hours / down) for segment in current.discharge],
    )


def _breakpoints(current: SlotCost, bounds: StorageBounds, hours: float) -> list[tuple[float, float]]:
    """Return the breakpoints of a slot's cost (change of stored energy, cost), the largest discharge first."""
    charge, discharge = _marginal_costs(current, bounds, hours)
    breakpoints = [(0.0, 0.0)]
    x = y = 0.0
    for price, width in discharge:
        x, y = x - width, y - width * price
        breakpoints.insert(0, (x, y))
    x = y = 0.0
    for price, width in charge:
        x, y = x + width, y + width * price
        breakpoints.append((x, y))
    return breakpoints


def _slopes(breakpoints: list[tuple[float, float]]) -> list[float]:
    return [(d - b) / (c - a) for (a, b), (c, d) in pairwise(breakpoints)]


def _backward_step(
    following: PiecewiseLinear, current: SlotCost, bounds: StorageBounds, hours: float
) -> PiecewiseLinear:
    """Return the value function one slot earlier: the minimum of this slot's cost plus the cost-to-go."""
    min_kwh, max_kwh = bounds.min_kwh, bounds.max_kwh
    charge, discharge = _marginal_costs(current, bounds, hours)
    # As a function of the energy withdrawn: from the largest charge to the largest discharge.
    if current.convex:
        slopes = [(-price, width) for price, width in (*reversed(charge), *discharge)]
        total = sum(width for _, width in charge)
        parts = [ConvexPart(-total, sum(price * width for price, width in charge), slopes)]
    else:
        parts = list(_outward_parts(charge, discharge))
    following_parts = convex_parts(following)
    if len(parts) == len(following_parts) == 1:
        return clip(infimal_convolution(following_parts[0], parts[0]), min_kwh, max_kwh)
    return lower_envelope(
        [clip(infimal_convolution(one, part), min_kwh, max_kwh) for one in following_parts for part in parts],
        min_kwh,
        max_kwh,
    )


def _outward_parts(charge: Slopes, discharge: Slopes) -> Iterable[ConvexPart]:
    """Split the cost of a slot into convex parts: charging and discharging, each split where it is not convex."""
    for segments, sign in ((charge, -1), (discharge, 1)):
        group: Slopes = []
        x = y = 0.0  # end of the group that is nearest to rest
        for price, width in [*segments, (None, 0.0)] if segments else [(None, 0.0)]:
            if price is None or (group and sign * (price - group[-1][0]) > EPSILON):
                span = sum(size for _, size in group)
                total = sum(cost * size for cost, size in group)
                if sign < 0:
                    yield ConvexPart(x - span, y + total, [(-cost, size) for cost, size in reversed(group)])
                else:
                    yield ConvexPart(x, y, [(-cost, size) for cost, size in group])
                x, y, group = x + sign * span, y - sign * total, []
            if price is not None:
                group.append((price, width))


def _add_target_penalty(function: PiecewiseLinear, target: SoftTarget) -> PiecewiseLinear:
    """Add the penalty of a soft target, which is a convex function of stored energy."""
    xs, _, given_slopes = function
    level, price, sign = target.level_kwh, target.price, target.sign
    points = sorted({*xs, level}) if xs[0] < level < xs[-1] else list(xs)
    ys = [function.at(x) + price * max(sign * (level - x), 0.0) for x in points]
    slopes = []
    for left, right in pairwise(points):
        index = min(bisect_right(xs, (left + right) / 2) - 1, len(given_slopes) - 1)
        outside = sign * (level - (left + right) / 2) > 0
        slopes.append(given_slopes[index] - sign * price * outside)
    return PiecewiseLinear(points, ys, slopes)
