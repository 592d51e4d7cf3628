"""The cost of one slot as a piecewise linear function of the battery's AC power. Both solvers build on it.

The grid power of a slot is load - pv + charge - discharge + curtailed. Its cost has breakpoints at the grid limits and
at zero, and the sign of the prices alone decides the optimal curtailment. So the cost of a slot is a list of segments,
from rest outwards: a width in kW and a price per kWh. The cost is convex if the price per stored kWh does not decrease
from the largest discharge to the largest charge. Then a linear programme is exact; this is the P* condition of the
documentation, for any order of import and export price. This module is plain Python, so that a decision for one slot
stays cheap.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from .problem import Problem

EPSILON = 1e-9  # kW, kWh or money per kWh below which a value counts as zero

type GridSegment = tuple[float, float]  # grid power (kW) at which the segment ends, its price per kWh


class CostSegment(NamedTuple):
    """A segment of a slot's cost: width (kW), grid price (per kWh), and whether it changes the import."""

    width: float
    price: float
    imports: bool


class SlotCost(NamedTuple):
    """The cost segments of a slot, each list from rest outwards, and whether the cost is convex in stored energy."""

    charge: tuple[CostSegment, ...]
    discharge: tuple[CostSegment, ...]
    convex: bool


class SystemLimits(NamedTuple):
    """The parameters of a problem that are the same in every slot."""

    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    wear: float
    import_kw: float
    export_kw: float
    penalty: float  # per kWh beyond a grid limit: exceeds whatever a kWh could earn
    curtailable: bool


def stored_change(limits: SystemLimits, power_kw: float, hours: float) -> float:
    """Return the change of stored energy (kWh) that an AC power (kW, positive = charging) makes in some hours."""
    return (
        power_kw * hours * limits.charge_efficiency if power_kw > 0 else power_kw * hours / limits.discharge_efficiency
    )


def ac_power(limits: SystemLimits, change_kwh: float, hours: float) -> float:
    """Return the AC power (kW, positive = charging) that changes stored energy by `change_kwh` in some hours."""
    if change_kwh > 0:
        return change_kwh / (hours * limits.charge_efficiency)
    return change_kwh * limits.discharge_efficiency / hours


def largest_abs_price(problem: Problem) -> float:
    """Return the largest absolute price per kWh in a problem, including wear. Returns 1 if all prices are zero.

    Penalties, tolerances and tie-breaks scale with it.
    """
    prices = [max(problem.import_price), min(problem.import_price), max(problem.export_price),
              min(problem.export_price), problem.terminal_value_per_kwh or 0.0]  # fmt: skip
    if problem.terminal_curve:
        prices += [problem.terminal_curve.segments[0][1], problem.terminal_curve.segments[-1][1]]
    return max(map(abs, prices)) + problem.battery.wear_per_kwh or 1.0


def system_limits(problem: Problem) -> SystemLimits:
    """Return the parameters of a problem that are the same in every slot."""
    battery, grid = problem.battery, problem.grid
    highest = largest_abs_price(problem) + max((target.price for target in problem.targets), default=0.0)
    highest += problem.peak_price_per_kw * 60 / (problem.first_slot_minutes or problem.slot_minutes)
    penalty = 100 * highest / (battery.charge_efficiency * battery.discharge_efficiency)
    return SystemLimits(
        battery.charge_kw, battery.discharge_kw, battery.charge_efficiency, battery.discharge_efficiency,
        battery.wear_per_kwh, grid.import_kw, grid.export_kw, penalty, problem.pv_curtailable,
    )  # fmt: skip


def slot_costs(
    problem: Problem, pv_kw: Sequence[float] | None = None, load_kw: Sequence[float] | None = None
) -> list[SlotCost]:
    """Return the cost of every slot, with the forecasts of the problem or with the ones that are given (kW)."""
    limits = system_limits(problem)
    return [
        slot_cost(limits, import_price, export_price, pv, load)
        for import_price, export_price, pv, load in zip(
            problem.import_price, problem.export_price, pv_kw or problem.pv_kw, load_kw or problem.load_kw, strict=True
        )
    ]


def slot_cost(limits: SystemLimits, import_price: float, export_price: float, pv: float, load: float) -> SlotCost:
    """Return the cost of one slot from its prices (per kWh), PV and load (kW)."""
    segments = _grid_segments(limits, import_price, export_price, pv)
    grid_at_rest = load - pv
    last = len(segments) - 1
    nearest = 0
    while segments[nearest][0] <= grid_at_rest + EPSILON and nearest < last:
        nearest += 1
    # The battery never pushes the grid power beyond a limit: charging stops at the import limit, discharging at the
    # export limit.
    charge = []
    remaining, power = limits.charge_kw, grid_at_rest
    for index in range(nearest, last):
        edge, price = segments[index]
        width = min(edge - power, remaining)
        if width > EPSILON:
            charge.append(CostSegment(width, price, power > -EPSILON))
            remaining -= width
        if remaining <= EPSILON:
            break
        power = edge
    discharge = []
    remaining, power = limits.discharge_kw, grid_at_rest
    if nearest and power - segments[nearest - 1][0] <= EPSILON:
        nearest -= 1
    for index in range(nearest, 0, -1):
        edge, price = segments[index - 1][0], segments[index][1]
        width = min(power - edge, remaining)
        if width > EPSILON:
            discharge.append(CostSegment(width, price, power > EPSILON))
            remaining -= width
        if remaining <= EPSILON:
            break
        power = edge
    return SlotCost(tuple(charge), tuple(discharge), _convex(limits, charge, discharge))


def _convex(limits: SystemLimits, charge: list[CostSegment], discharge: list[CostSegment]) -> bool:
    """Return whether the price per stored kWh is monotonic, from the largest discharge to the largest charge."""
    up, down, wear = limits.charge_efficiency, limits.discharge_efficiency, limits.wear
    for nearer, farther in pairwise(charge):
        if farther.price < nearer.price - EPSILON:
            return False
    for nearer, farther in pairwise(discharge):
        if farther.price > nearer.price + EPSILON:
            return False
    return not (charge and discharge) or (discharge[0].price - wear) * down <= (charge[0].price + wear) / up + EPSILON


def _grid_segments(limits: SystemLimits, import_price: float, export_price: float, pv: float) -> Sequence[GridSegment]:
    """Return the segments of the grid cost with optimal curtailment, from the largest export to the largest import."""
    beyond_export = -limits.export_kw, export_price - limits.penalty
    within_import, beyond_import = (limits.import_kw, import_price), (inf, import_price + limits.penalty)
    if not limits.curtailable or pv <= EPSILON:
        return beyond_export, (0.0, export_price), within_import, beyond_import
    outer = beyond_export[0] - pv, beyond_export[1]
    if import_price >= 0:
        if export_price >= 0:  # curtailing only avoids breaking the export limit
            return outer, (beyond_export[0], 0.0), (0.0, export_price), within_import, beyond_import
        return outer, (-pv, export_price), (0.0, 0.0), within_import, beyond_import  # curtailing avoids the export
    if export_price < 0:  # curtailing makes room for more import, which is paid for
        return outer, (-pv, export_price), (limits.import_kw - pv, import_price), (limits.import_kw, 0.0), beyond_import
    return _curtailed_envelope((beyond_export, (0.0, export_price), within_import, beyond_import), pv, outer)


def _curtailed_envelope(
    without_curtailing: Sequence[GridSegment], pv: float, outer: GridSegment
) -> Sequence[GridSegment]:
    """Return the lower envelope over all amounts of curtailment up to `pv`, for any prices."""
    low, zero, high = (edge for edge, _ in without_curtailing[:3])
    beyond_export, export_price, import_price, beyond_import = (price for _, price in without_curtailing)

    def cost(power: float) -> float:
        below, above = min(power - low, 0.0), max(power - high, 0.0)
        return (
            below * (beyond_export - export_price)
            + min(power, 0.0) * export_price
            + min(max(power, 0.0), high) * import_price
            + above * beyond_import
        )

    corners = [(edge, cost(edge)) for edge in (low, zero, high)]

    def best(power: float) -> float:
        inside = [value for edge, value in corners if power <= edge <= power + pv]
        return min(cost(power), cost(power + pv), *inside)

    knots = sorted({edge - shift for edge in (low, zero, high) for shift in (0.0, pv)})
    points = set(knots)
    for left, right in pairwise(knots):
        lines = [(cost(left), cost(right)), (cost(left + pv), cost(right + pv))]
        lines += [(value, value) for edge, value in corners if left >= edge - pv and right <= edge]
        for index, (a, b) in enumerate(lines):
            for c, d in lines[:index]:
                if (a - c) * (b - d) < 0:
                    points.add(left + (right - left) * (a - c) / ((a - c) - (b - d)))
    ordered = sorted(points)
    return [
        (min(knots), outer[1]),
        *((right, (best(right) - best(left)) / (right - left)) for left, right in pairwise(ordered) if right > left),
        without_curtailing[-1],
    ]
