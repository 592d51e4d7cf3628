"""From a plan to what the inverter is told: the plan's powers are the battery's, those of the inverter its own.

A charge at P takes P from the grid, and PV comes on top; a discharge at P delivers P, PV included. So the sun's part is
taken off the one and added to the other. It is rounded, since every change of it is a write.
"""

from ..action import FORCED, Action, ActionKind
from ..planner.plan import Plan, PlannedSlot
from ..planner.problem import Problem
from .schedule import ScheduledAction

STEP_KW = 0.25  # of powers that depend on the sun
_NOTHING_KW = 0.05  # less than any inverter keeps to


def runs_of(plan: Plan, problem: Problem) -> tuple[ScheduledAction, ...]:
    """A run for every slot of the plan, whose problem gives what sun and house were expected to do.

    A surplus that is to be sold although the battery has room is a discharge of what the sun gives: plain holding would
    store it.
    """
    forecast = zip(problem.pv_kw, problem.load_kw, strict=True)
    return tuple(
        ScheduledAction(slot.start, slot.end, _action(slot, pv, load))
        for slot, (pv, load) in zip(plan, forecast, strict=True)
    )


def _action(slot: PlannedSlot, pv_kw: float, load_kw: float) -> Action:
    kind, power = slot.action, slot.power_kw
    if kind is ActionKind.CHARGE:
        surplus = max(pv_kw - load_kw, 0.0)
        power = _less(power, surplus)
        kind = kind if power > _NOTHING_KW else ActionKind.SELF_CONSUME
    elif kind is ActionKind.DISCHARGE and power <= _NOTHING_KW:
        kind = ActionKind.HOLD
    elif kind is ActionKind.DISCHARGE or (slot.sell_surplus and pv_kw > STEP_KW):
        kind, power = ActionKind.DISCHARGE, power + _stepped(pv_kw)
    return Action(kind, 1000 * power if kind in FORCED else 0.0, slot.end)


def _less(power: float, surplus: float) -> float:
    return power - _stepped(surplus) if surplus > _NOTHING_KW else power


def _stepped(kw: float) -> float:
    return round(kw / STEP_KW) * STEP_KW
