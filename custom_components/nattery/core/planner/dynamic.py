"""The exact dynamic programme: what stored energy is worth, slot by slot, as a piecewise linear function. Plain Python.

Where every slot is convex, a step back merges two sorted lists of slopes. Where one is not, the functions are cut into
convex parts, merged pair by pair, and the lowest of all is taken; still exact. One backward pass serves every stored
energy, so a decision for a quarter-hour afterwards is one step forward.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from .energy_bounds import SoftTarget, limits
from .flows import FOLLOW, Dispatch, SlotInputs, StorageBounds, move_of, power_of, surroundings
from .problem import Problem
from .slot_cost import EPSILON, SlotCost, dearest, rules, stage, stages
from .solution import Solution, SolverError

_DUST = 1e-12
_NUDGE = 1e-9  # of the dearest price, for a kWh: a gain of less does not leave the house's own rhythm

type Slopes = list[tuple[float, float]]  # (what one more kWh costs, for how many kWh), in order


class UnsupportedError(SolverError):
    """A problem that this programme does not know: a capacity tariff or scenarios."""


class PiecewiseLinear(NamedTuple):
    """A continuous piecewise linear function: corners, values there, and the slopes between them."""

    xs: list[float]
    ys: list[float]
    slopes: list[float]

    def at(self, x: float) -> float:
        """The value; outside, that of the nearest end."""
        xs = self.xs
        if x <= xs[0]:
            return self.ys[0]
        if x >= xs[-1]:
            return self.ys[-1]
        index = bisect_right(xs, x) - 1
        return self.ys[index] + (x - xs[index]) * self.slopes[index]

    def slope(self, x: float) -> float:
        """The slope to the right of x; at the far end, to its left."""
        return (
            self.slopes[min(max(bisect_right(self.xs, x + EPSILON) - 1, 0), len(self.slopes) - 1)]
            if self.slopes
            else 0.0
        )


class ConvexPart(NamedTuple):
    """A convex function on an interval: where it begins, its value there, and its slopes, ascending."""

    x: float
    y: float
    slopes: Slopes


class SlotDecision(NamedTuple):
    """What to do in a slot: the move, and the battery's AC power (kW, positive = charging).

    `stored_kwh` is the energy stored after it, `marginal_value` what one more stored kWh would be worth in it.
    """

    move: Dispatch
    power_kw: float
    stored_kwh: float
    marginal_value: float


class ValuePolicy:
    """The decision for any slot and any stored energy, from one backward pass."""

    def __init__(self, problem: Problem, store: StorageBounds, wishes: Iterable[SoftTarget], terminal: float) -> None:
        self.problem = problem
        self.store = store
        self._nudge = _NUDGE * dearest(problem)
        self._stages = stages(problem)
        self._around = list(surroundings(problem))
        self._wishes: dict[int, list[SoftTarget]] = {}
        for wish in wishes:
            self._wishes.setdefault(wish.slot + 1, []).append(wish)
        low, high, slots = store.low, store.high, len(problem)
        width = high - low
        last = (
            PiecewiseLinear([low, high], [0.0, -terminal * width], [-terminal])
            if width > EPSILON
            else PiecewiseLinear([low], [0.0], [])
        )
        # One more than slots: the least cost from the start of each slot on.
        self.curves = [self._wished(slots, last)] * (slots + 1)
        self._pass(0, slots)

    def revise(self, slot: int, pv_kw: Sequence[float], load_kw: Sequence[float]) -> None:
        """Take other forecasts (kW) for the slots from `slot` on, and plan anew up to where they end.

        What stored energy is worth after them stays, so a near forecast that changes costs only its own slots.
        """
        for at, (pv, load) in enumerate(zip(pv_kw, load_kw, strict=True), slot):
            around = self._around[at]
            self._around[at] = SlotInputs(pv, load, around.hours, around.buy, around.sell)
            self._stages[at] = stage(self.store.rule, around.buy, around.sell, pv, load)
        self._pass(slot, slot + len(pv_kw))

    def _pass(self, first: int, end: int) -> None:
        """From the end of some slots back to their beginning."""
        for slot in range(end - 1, first - 1, -1):
            curve = _back(self.curves[slot + 1], self._stages[slot], self.store, self._around[slot].hours)
            self.curves[slot] = self._wished(slot, curve)

    def _wished(self, edge: int, curve: PiecewiseLinear) -> PiecewiseLinear:
        """With what is wished for where a slot begins and the one before ends."""
        for wish in self._wishes.get(edge, ()):
            curve = _add_wish(curve, wish)
        return curve

    def step(
        self, slot: int, stored_kwh: float, pv_kw: float | None = None, load_kw: float | None = None
    ) -> SlotDecision:
        """The best decision for one slot of the problem, from this stored energy (kWh), for this PV and load (kW).

        PV and load left out are the problem's forecast. Stored energy outside the problem's limits counts as the
        nearest.
        """
        store, around, now, nudge = self.store, self._around[slot], self._stages[slot], self._nudge
        rule, hours = store.rule, around.hours
        if pv_kw is not None or load_kw is not None:
            pv = around.pv_kw if pv_kw is None else pv_kw
            load = around.load_kw if load_kw is None else load_kw
            around = SlotInputs(pv, load, hours, around.buy, around.sell)
            now = stage(rule, around.buy, around.sell, pv, load)
        stored = min(max(stored_kwh, store.low), store.high)
        ahead = self.curves[slot + 1]
        corners = _corners(now, store, hours)
        first = bisect_left(ahead.xs, stored + corners[0][0])
        last = bisect_right(ahead.xs, stored + corners[-1][0])
        follow = power_of(FOLLOW, store, stored, around)
        change = follow * hours * rule.charge_efficiency if follow > 0 else follow * hours / rule.discharge_efficiency
        own = PiecewiseLinear([x for x, _ in corners], [y for _, y in corners], _slopes(corners))
        best, least = 0.0, own.at(0.0) + ahead.at(stored)
        if own.xs[0] - EPSILON <= change <= own.xs[-1] + EPSILON:
            cost = own.at(change) + ahead.at(stored + change)
            if cost <= least + nudge:
                best, least = change, cost
        for x, y in zip(own.xs, own.ys, strict=True):
            if store.low - EPSILON <= stored + x <= store.high + EPSILON and y + ahead.at(stored + x) < least - nudge:
                best, least = x, y + ahead.at(stored + x)
        for x, y in zip(ahead.xs[first:last], ahead.ys[first:last], strict=True):
            if (cost := y + own.at(x - stored)) < least - nudge:
                best, least = x - stored, cost
        power = best / (hours * rule.charge_efficiency) if best > 0 else best * rule.discharge_efficiency / hours
        move = move_of(power, store, stored, around)
        return SlotDecision(move, power, stored + best, -self.curves[slot].slope(stored))

    def solution(self, pinned: Sequence[float] = ()) -> Solution:
        """The whole way from the problem's start, the first slots ending with the energies `pinned` (kWh)."""
        rule, around = self.store.rule, self._around
        stored, powers, worths = self.problem.battery.stored_start, [], []
        for slot in range(len(self.problem)):
            decision = self.step(slot, stored)
            if slot < len(pinned):
                gain = pinned[slot] - stored
                power = gain / (around[slot].hours * rule.charge_efficiency)
                if gain < 0:
                    power = gain * rule.discharge_efficiency / around[slot].hours
                decision = decision._replace(power_kw=power, stored_kwh=pinned[slot])
            powers.append(decision.power_kw)
            worths.append(decision.marginal_value)
            stored = decision.stored_kwh
        return Solution(powers, worths, "dynamic")


def solve_backward(problem: Problem, terminal: float) -> ValuePolicy:
    """The policy for a problem; `terminal` is what a kWh stored at the end is worth (see terminal.py).

    Raises UnsupportedError for a capacity tariff or scenarios, which are left to the linear programme.
    """
    if problem.peak_price_per_kw:
        raise UnsupportedError("The dynamic programme cannot plan a capacity tariff")
    if problem.has_scenarios:
        raise UnsupportedError("The dynamic programme cannot plan scenarios")
    bounds = limits(problem)
    return ValuePolicy(problem, StorageBounds(rules(problem), bounds.low, bounds.high), bounds.wishes, terminal)


def solve(problem: Problem, terminal: float, pinned: Sequence[float] = ()) -> Solution:
    """The optimum, as `linear.solve` gives it. Raises UnsupportedError."""
    return solve_backward(problem, terminal).solution(pinned)


def _sides(now: SlotCost, store: StorageBounds, hours: float) -> tuple[Slopes, Slopes]:
    """The pieces of a slot per stored kWh, outwards: charging (price, kWh) and discharging (earned, kWh)."""
    rule = store.rule
    up, down, wear = rule.charge_efficiency, rule.discharge_efficiency, rule.wear
    return (
        [((piece.price + wear) / up, piece.width * hours * up) for piece in now.charge],
        [((piece.price - wear) * down, piece.width * hours / down) for piece in now.discharge],
    )


def _corners(now: SlotCost, store: StorageBounds, hours: float) -> list[tuple[float, float]]:
    """The slot's cost as corners (change of stored energy, cost), the farthest discharge first."""
    charge, discharge = _sides(now, store, hours)
    corners = [(0.0, 0.0)]
    x = y = 0.0
    for price, width in discharge:
        x, y = x - width, y - width * price
        corners.insert(0, (x, y))
    x = y = 0.0
    for price, width in charge:
        x, y = x + width, y + width * price
        corners.append((x, y))
    return corners


def _slopes(corners: list[tuple[float, float]]) -> list[float]:
    return [(d - b) / (c - a) for (a, b), (c, d) in pairwise(corners)]


def _back(ahead: PiecewiseLinear, now: SlotCost, store: StorageBounds, hours: float) -> PiecewiseLinear:
    """One slot earlier: the least of this slot's cost and what follows, for every stored energy."""
    low, high = store.low, store.high
    charge, discharge = _sides(now, store, hours)
    # As a function of energy taken out: from the farthest charge to the farthest discharge.
    if now.convex:
        taken = [(-price, width) for price, width in reversed(charge)] + [(-price, width) for price, width in discharge]
        total = sum(width for _, width in charge)
        parts = [ConvexPart(-total, sum(price * width for price, width in charge), taken)]
    else:
        parts = list(_outward_parts(charge, discharge))
    aheads = _convex_parts(ahead)
    if len(parts) == len(aheads) == 1:
        return _curve(_merged(aheads[0], parts[0]), low, high)
    return _lowest([_curve(_merged(one, part), low, high) for one in aheads for part in parts], low, high)


def _outward_parts(charge: Slopes, discharge: Slopes) -> Iterable[ConvexPart]:
    """A slot's cost cut into convex parts: each way, and each way where it bends the wrong way."""
    for pieces, sign in ((charge, -1), (discharge, 1)):
        group: Slopes = []
        x = y = 0.0  # where the group begins, nearest to rest
        for price, width in [*pieces, (None, 0.0)] if pieces else [(None, 0.0)]:
            if price is None or (group and sign * (price - group[-1][0]) > EPSILON):
                span = sum(size for _, size in group)
                worth = sum(cost * size for cost, size in group)
                if sign < 0:
                    yield ConvexPart(x - span, y + worth, [(-cost, size) for cost, size in reversed(group)])
                else:
                    yield ConvexPart(x, y, [(-cost, size) for cost, size in group])
                x, y, group = x + sign * span, y - sign * worth, []
            if price is not None:
                group.append((price, width))


def _convex_parts(curve: PiecewiseLinear) -> list[ConvexPart]:
    xs, ys, slopes = curve
    parts: list[ConvexPart] = []
    begin = 0
    for index in range(1, len(slopes) + 1):
        if index == len(slopes) or slopes[index] < slopes[index - 1] - EPSILON:
            steps = [(slopes[i], xs[i + 1] - xs[i]) for i in range(begin, index)]
            parts.append(ConvexPart(xs[begin], ys[begin], steps))
            begin = index
    return parts or [ConvexPart(xs[0], ys[0], [])]


def _merged(one: ConvexPart, other: ConvexPart) -> ConvexPart:
    """The infimal convolution of two convex functions: their slopes in one order."""
    return ConvexPart(one.x + other.x, one.y + other.y, sorted(one.slopes + other.slopes))


def _curve(part: ConvexPart, low: float, high: float) -> PiecewiseLinear:
    """The corners of a part inside [low, high]."""
    x, y = part.x, part.y
    xs: list[float] = []
    ys: list[float] = []
    slopes: list[float] = []
    for slope, width in part.slopes:
        end = x + width
        left, right = max(x, low), min(end, high)
        if right - left > _DUST:
            if not xs:
                xs.append(left)
                ys.append(y + (left - x) * slope)
            if slopes and abs(slopes[-1] - slope) <= _DUST:
                xs[-1] = right
                ys[-1] = y + (right - x) * slope
            else:
                xs.append(right)
                ys.append(y + (right - x) * slope)
                slopes.append(slope)
        y += width * slope
        x = end
    if not xs:
        xs, ys = [min(max(part.x, low), high)], [part.y]
    return PiecewiseLinear(xs, ys, slopes)


def _lowest(curves: list[PiecewiseLinear], low: float, high: float) -> PiecewiseLinear:
    """The lowest of several functions, each on its own interval."""
    grid = sorted({low, high, *(x for curve in curves for x in curve.xs)})
    points: list[tuple[float, float]] = []
    slopes: list[float] = []
    for left, right in pairwise(grid):
        if right - left <= _DUST:
            continue
        middle = (left + right) / 2
        lines = []
        for xs, ys, bends in curves:
            if bends and xs[0] - _DUST <= left and right <= xs[-1] + _DUST:
                index = min(bisect_right(xs, middle) - 1, len(bends) - 1)
                lines.append((ys[index] + (left - xs[index]) * bends[index], bends[index]))
        x = left
        while x < right - _DUST:
            value, bend, end = _lowest_line(lines, x - left, right - left)
            end += left
            if slopes and abs(slopes[-1] - bend) <= _DUST:
                points[-1] = (end, value + (end - x) * bend)
            else:
                if not points:
                    points.append((x, value))
                points.append((end, value + (end - x) * bend))
                slopes.append(bend)
            x = end
    if not points:
        points = [(low, min((curve.at(low) for curve in curves), default=inf))]
    return PiecewiseLinear([x for x, _ in points], [y for _, y in points], slopes)


def _lowest_line(lines: list[tuple[float, float]], x: float, right: float) -> tuple[float, float, float]:
    """Of lines (value at 0, slope) the lowest at x: its value there, its slope, and how far it is the lowest."""
    least = min(y + x * slope for y, slope in lines)
    bend = min(slope for y, slope in lines if y + x * slope <= least + _DUST)
    end = right
    for y, slope in lines:
        if slope < bend - _DUST:
            end = min(end, max(x + (y + x * slope - least) / (bend - slope), x + 10 * _DUST))
    return least, bend, end


def _add_wish(curve: PiecewiseLinear, wish: SoftTarget) -> PiecewiseLinear:
    """Add what a broken wish costs, a convex function of stored energy."""
    xs, _, bends = curve
    level, price, sign = wish.level, wish.price, wish.sign
    points = sorted({*xs, level}) if xs[0] < level < xs[-1] else list(xs)
    ys = [curve.at(x) + price * max(sign * (level - x), 0.0) for x in points]
    slopes = []
    for left, right in pairwise(points):
        index = min(bisect_right(xs, (left + right) / 2) - 1, len(bends) - 1)
        outside = sign * (level - (left + right) / 2) > 0
        slopes.append(bends[index] - sign * price * outside)
    return PiecewiseLinear(points, ys, slopes)
