"""What a stored kWh is worth to one slot of a plan, by all the others: what turns its action.

The dual of a slot tells what one more stored kWh saves, and in a slot that charges that is often its own price. What
would turn the action is another question: what does the rest of the plan lose with a kWh less, or gain with one more?
A kWh moves along the store until a slot charges or discharges it, so one sweep from each side answers for all slots.
"""

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from .energy_bounds import SoftTarget
from .flows import SAME_KW, Flows, SlotInputs, StorageBounds

_SAME_KWH = 1e-6


class MarginalValue(NamedTuple):
    """Per stored kWh: what the other slots lose with one less, and what they gain with one more."""

    less: float
    more: float


class PlanContext(NamedTuple):
    """What of a plan the worth depends on; import above `peak_kw` costs `peak_price` a kW besides."""

    store: StorageBounds
    around: Sequence[SlotInputs]
    flows: Sequence[Flows]
    wishes: Iterable[SoftTarget]
    terminal: float
    peak_kw: float
    peak_price: float


def worth_of(plan: PlanContext) -> list[MarginalValue]:
    """The worth for every slot."""
    exchanges = [_exchange(plan, around, flow) for around, flow in zip(plan.around, plan.flows, strict=True)]
    ins, outs = zip(*exchanges, strict=True)
    ups, downs = _holding(plan)
    less, more = _cheapest(ins, ups, downs, plan.terminal), _cheapest(outs, downs, ups, -plan.terminal)
    return [MarginalValue(one, -other) for one, other in zip(less, more, strict=True)]


def _exchange(plan: PlanContext, around: SlotInputs, flow: Flows) -> tuple[float, float]:
    """What it costs to store one more kWh in a slot, and to take out one: charging and discharging more or less."""
    rule = plan.store.rule
    up, down, wear = rule.charge_efficiency, rule.discharge_efficiency, rule.wear
    grid = flow.grid_kw
    dearer = around.buy
    if grid >= plan.peak_kw - SAME_KW:
        dearer += plan.peak_price / around.hours
    over, beyond = grid >= rule.import_kw - SAME_KW, grid <= SAME_KW - rule.export_kw
    curtails, could = flow.curtail_kw > SAME_KW, rule.curtailable and around.pv_kw - flow.curtail_kw > SAME_KW
    gives = around.sell if grid < -SAME_KW else dearer + rule.penalty * over
    takes = around.buy if grid > SAME_KW else around.sell - rule.penalty * beyond
    gives, takes = min(gives, 0.0) if curtails else gives, max(takes, 0.0) if could else takes
    if flow.discharge_kw > SAME_KW:
        store = (gives - wear) * down
    else:
        free = flow.charge_kw < rule.charge_kw - SAME_KW and (curtails or not over)
        store = (gives + wear) / up if free else inf
    if flow.charge_kw > SAME_KW:
        return store, -(takes + wear) / up
    free = flow.discharge_kw < rule.discharge_kw - SAME_KW and (could or not beyond)
    return store, -(takes - wear) * down if free else inf


def _holding(plan: PlanContext) -> tuple[list[float], list[float]]:
    """What it costs to hold one kWh more, and one less, at the end of each slot."""
    low, high = plan.store.low + _SAME_KWH, plan.store.high - _SAME_KWH
    ups = [0.0 if flow.stored_kwh < high else inf for flow in plan.flows]
    downs = [0.0 if flow.stored_kwh > low else inf for flow in plan.flows]
    for slot, level, price, sign in plan.wishes:
        short = sign * (level - plan.flows[slot].stored_kwh)
        less, more = (downs, ups) if sign > 0 else (ups, downs)
        less[slot] += price * (short > -_SAME_KWH)
        more[slot] -= price * (short > _SAME_KWH)
    return ups, downs


def _cheapest(own: Sequence[float], before: Sequence[float], after: Sequence[float], end: float) -> list[float]:
    """The least cost of making up for a kWh with another slot: an earlier one, a later one, or the end."""
    least, best = [], inf
    for cost, hold in zip(own, before, strict=True):
        least.append(best)
        best = min(best, cost) + hold
    best = end
    for slot in range(len(own) - 1, -1, -1):
        best += after[slot]
        least[slot] = min(least[slot], best)
        best = min(best, own[slot])
    return least
