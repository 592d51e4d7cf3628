"""What one slot costs, as a function of the battery's power: the one model that every solver shares.

In a slot the grid's power is load - pv + charge - discharge + curtailed. Its cost bends at the grid limits and at zero,
and curtailing is decided by the sign of the prices alone. So all that a slot has to say are the pieces of a function of
the battery's AC power: outwards from rest, how many kW cost how much per kWh each. Where the price per stored kWh rises
from the farthest discharge to the farthest charge, the function is convex and an LP is exact; this is the P* rule of
the docs, for any order of import and export price. Plain Python, since a quarter-hour's decision needs it too.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from .problem import Problem

EPSILON = 1e-9  # kW, kWh or money per kWh that are none

type Segment = tuple[float, float]  # up to which grid power (kW), what one more kW costs per hour


class CostSegment(NamedTuple):
    """So many kW, the grid's price of each per kWh, and whether they change the import (or only the export)."""

    width: float
    price: float
    imports: bool


class SlotCost(NamedTuple):
    """The pieces of one slot, outwards from rest, and whether they make a convex function of stored energy."""

    charge: tuple[CostSegment, ...]
    discharge: tuple[CostSegment, ...]
    convex: bool


class SystemLimits(NamedTuple):
    """What of a problem is the same in every slot."""

    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    wear: float
    import_kw: float
    export_kw: float
    penalty: float  # per kWh beyond a grid limit: more than anything could ever earn
    curtailable: bool


def dearest(problem: Problem) -> float:
    """The dearest price per kWh, whatever its sign; never zero."""
    prices = (max(problem.import_price), min(problem.import_price), max(problem.export_price),
              min(problem.export_price), problem.terminal_value_per_kwh or 0.0)  # fmt: skip
    return max(map(abs, prices)) + problem.battery.wear_per_kwh or 1.0


def rules(problem: Problem) -> SystemLimits:
    """The rules of a problem."""
    battery, grid = problem.battery, problem.grid
    worst = dearest(problem) + max((target.price for target in problem.targets), default=0.0)
    worst += problem.peak_price_per_kw * 60 / (problem.first_slot_minutes or problem.slot_minutes)
    penalty = 100 * worst / (battery.charge_efficiency * battery.discharge_efficiency)
    return SystemLimits(
        battery.charge_kw, battery.discharge_kw, battery.charge_efficiency, battery.discharge_efficiency,
        battery.wear_per_kwh, grid.import_kw, grid.export_kw, penalty, problem.pv_curtailable,
    )  # fmt: skip


def stages(
    problem: Problem, pv_kw: Sequence[float] | None = None, load_kw: Sequence[float] | None = None
) -> list[SlotCost]:
    """The stage of every slot, with the problem's forecasts or others."""
    rule = rules(problem)
    return [
        stage(rule, buy, sell, pv, load)
        for buy, sell, pv, load in zip(
            problem.import_price, problem.export_price, pv_kw or problem.pv_kw, load_kw or problem.load_kw, strict=True
        )
    ]


def stage(rule: SystemLimits, buy: float, sell: float, pv: float, load: float) -> SlotCost:
    """The stage of one slot: prices per kWh, PV and load kW."""
    segments = _segments(rule, buy, sell, pv)
    rest = load - pv
    last = len(segments) - 1
    here = 0
    while segments[here][0] <= rest + EPSILON and here < last:
        here += 1
    # Charging never goes past the import limit, discharging never past the export limit.
    charge = []
    room, power = rule.charge_kw, rest
    for index in range(here, last):
        edge, price = segments[index]
        width = min(edge - power, room)
        if width > EPSILON:
            charge.append(CostSegment(width, price, power > -EPSILON))
            room -= width
        if room <= EPSILON:
            break
        power = edge
    discharge = []
    room, power = rule.discharge_kw, rest
    if here and power - segments[here - 1][0] <= EPSILON:
        here -= 1
    for index in range(here, 0, -1):
        edge, price = segments[index - 1][0], segments[index][1]
        width = min(power - edge, room)
        if width > EPSILON:
            discharge.append(CostSegment(width, price, power > EPSILON))
            room -= width
        if room <= EPSILON:
            break
        power = edge
    return SlotCost(tuple(charge), tuple(discharge), _convex(rule, charge, discharge))


def _convex(rule: SystemLimits, charge: list[CostSegment], discharge: list[CostSegment]) -> bool:
    """Whether each next piece is no better than the one before, per stored kWh."""
    up, down, wear = rule.charge_efficiency, rule.discharge_efficiency, rule.wear
    for one, two in pairwise(charge):
        if two.price < one.price - EPSILON:
            return False
    for one, two in pairwise(discharge):
        if two.price > one.price + EPSILON:
            return False
    return not (charge and discharge) or (discharge[0].price - wear) * down <= (charge[0].price + wear) / up + EPSILON


def _segments(rule: SystemLimits, buy: float, sell: float, pv: float) -> Sequence[Segment]:
    """The grid's cost, from the farthest export to the farthest import, with the best curtailing in it."""
    far = -rule.export_kw, sell - rule.penalty
    over = inf, buy + rule.penalty
    if not rule.curtailable or pv <= EPSILON:
        return far, (0.0, sell), (rule.import_kw, buy), over
    outer = far[0] - pv, far[1]
    if buy >= 0:
        if sell >= 0:  # curtailing only spares the export limit
            return outer, (far[0], 0.0), (0.0, sell), (rule.import_kw, buy), over
        return outer, (-pv, sell), (0.0, 0.0), (rule.import_kw, buy), over  # curtailing spares the export
    if sell < 0:  # being paid for import, curtailing is worth the more of it
        return outer, (-pv, sell), (rule.import_kw - pv, buy), (rule.import_kw, 0.0), over
    return _lowest((far, (0.0, sell), (rule.import_kw, buy), over), pv, outer)


def _lowest(plain: Sequence[Segment], pv: float, outer: Segment) -> Sequence[Segment]:
    """The general case: at every grid power the best of all that curtailing up to `pv` makes of it."""
    low, zero, high = (edge for edge, _ in plain[:3])
    far, sell, buy, over = (price for _, price in plain)

    def cost(power: float) -> float:
        below, above = min(power - low, 0.0), max(power - high, 0.0)
        return below * (far - sell) + min(power, 0.0) * sell + min(max(power, 0.0), high) * buy + above * over

    corners = [(edge, cost(edge)) for edge in (low, zero, high)]

    def best(power: float) -> float:
        inside = [worth for edge, worth in corners if power <= edge <= power + pv]
        return min(cost(power), cost(power + pv), *inside)

    knots = sorted({edge - less for edge in (low, zero, high) for less in (0.0, pv)})
    points = set(knots)
    for left, right in pairwise(knots):
        lines = [(cost(left), cost(right)), (cost(left + pv), cost(right + pv))]
        lines += [(worth, worth) for edge, worth in corners if left >= edge - pv and right <= edge]
        for index, (a, b) in enumerate(lines):
            for c, d in lines[:index]:
                if (a - c) * (b - d) < 0:
                    points.add(left + (right - left) * (a - c) / ((a - c) - (b - d)))
    ordered = sorted(points)
    return [
        (min(knots), outer[1]),
        *((right, (best(right) - best(left)) / (right - left)) for left, right in pairwise(ordered) if right > left),
        plain[-1],
    ]
