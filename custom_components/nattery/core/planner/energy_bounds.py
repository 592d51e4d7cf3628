"""How far the store may be filled and emptied, and what is paid for breaking a wish."""

from bisect import bisect_right
from typing import NamedTuple

from .problem import Problem
from .slot_cost import EPSILON, dearest, rules

LEAVING = 0.1  # of the dearest price, per kWh and hour above the maximum: leave it within hours, do not dump


class SoftTarget(NamedTuple):
    """Stored energy at a slot's end should be at least (sign 1) or at most (-1) `level` kWh; `price` per kWh off."""

    slot: int
    level: float
    price: float
    sign: int = 1


class EnergyBounds(NamedTuple):
    """Hard bounds of stored energy (kWh), and the soft ones."""

    low: float
    high: float
    wishes: tuple[SoftTarget, ...]


def limits(problem: Problem) -> EnergyBounds:
    """The limits of a problem.

    A start outside the battery's limits widens them that far, and then each slot outside is a wish broken: below the
    minimum so dear that the battery recovers at once, above the maximum so that it is used up at the next good chance.
    """
    battery = problem.battery
    start, low, high = battery.stored_start, battery.stored_min, battery.stored_max
    hours = problem.hours
    penalty = rules(problem).penalty if problem.targets or not low <= start <= high else 0.0
    wishes = []
    if start < low - EPSILON:
        wishes += [SoftTarget(slot, low, penalty * length) for slot, length in enumerate(hours)]
    if start > high + EPSILON:
        leaving = LEAVING * dearest(problem)
        wishes += [SoftTarget(slot, high, leaving * length, -1) for slot, length in enumerate(hours)]
    edges = problem.edges if problem.targets else []
    for target in problem.targets:
        level = min(target.soc * battery.capacity_kwh, max(high, start))
        if target.at is None:
            wishes += [SoftTarget(slot, level, target.price * length) for slot, length in enumerate(hours)]
        elif edges[1] <= target.at <= edges[-1]:
            wishes.append(SoftTarget(bisect_right(edges, target.at) - 2, level, target.price))
    return EnergyBounds(min(low, start), max(high, start), tuple(wishes))
