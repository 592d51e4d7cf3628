"""The constraints on stored energy: hard bounds, and soft targets with their penalties."""

from bisect import bisect_right
from typing import NamedTuple

from .problem import Problem
from .slot_cost import EPSILON, largest_abs_price, system_limits

# Share of the largest price, per kWh above the maximum and hour: low enough that the battery is emptied over hours
# and not at once.
ABOVE_MAXIMUM_PRICE = 0.1


class SoftTarget(NamedTuple):
    """A soft constraint on the energy stored at the end of a slot: at least (sign 1) or at most (sign -1) `level_kwh`.

    `price` is the penalty per kWh of violation.
    """

    slot: int
    level_kwh: float
    price: float
    sign: int = 1


class EnergyBounds(NamedTuple):
    """The hard bounds of stored energy (kWh) and the soft targets."""

    min_kwh: float
    max_kwh: float
    soft_targets: tuple[SoftTarget, ...]


def energy_bounds(problem: Problem) -> EnergyBounds:
    """Return the constraints on stored energy of a problem.

    A start outside the battery's range widens the hard bounds to include it. Soft targets then lead back into the
    range: below the minimum the penalty is high, so the battery is charged at once; above the maximum it is low, so the
    energy is used at the next good opportunity.
    """
    battery = problem.battery
    start, min_kwh, max_kwh = battery.stored_start, battery.stored_min, battery.stored_max
    hours = problem.hours
    penalty = system_limits(problem).penalty if problem.targets or not min_kwh <= start <= max_kwh else 0.0
    soft_targets = []
    if start < min_kwh - EPSILON:
        soft_targets += [SoftTarget(slot, min_kwh, penalty * length) for slot, length in enumerate(hours)]
    if start > max_kwh + EPSILON:
        above_maximum_price = ABOVE_MAXIMUM_PRICE * largest_abs_price(problem)
        soft_targets += [
            SoftTarget(slot, max_kwh, above_maximum_price * length, -1) for slot, length in enumerate(hours)
        ]
    edges = problem.edges if problem.targets else []
    for target in problem.targets:
        level = min(target.soc * battery.capacity_kwh, max(max_kwh, start))
        if target.at is None:
            soft_targets += [SoftTarget(slot, level, target.price * length) for slot, length in enumerate(hours)]
        elif edges[1] <= target.at <= edges[-1]:
            soft_targets.append(SoftTarget(bisect_right(edges, target.at) - 2, level, target.price))
    return EnergyBounds(min(min_kwh, start), max(max_kwh, start), tuple(soft_targets))
