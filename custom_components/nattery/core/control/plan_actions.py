"""From the battery's power to the inverter's: a charge adds PV surplus to its power, a discharge contains PV.

Plans and overrides have powers of the battery. An inverter that charges with power P takes P from the grid, and PV
comes on top. One that discharges with power P delivers P including PV. So PV is subtracted from the one and added to
the other. It is rounded, since every change of it is a write.
"""

from ..action import FORCED, Action, ActionKind
from ..planner.plan import Plan, PlannedSlot
from ..planner.problem import Problem
from .schedule import ScheduledAction

PV_STEP_KW = 0.25  # resolution of powers that depend on PV
_MIN_KW = 0.05  # lower powers are within any inverter's tolerance
_KILO = 1000


def runs_of(plan: Plan, problem: Problem) -> tuple[ScheduledAction, ...]:
    """Return a run for every slot of the plan; its problem holds the PV and load forecast.

    A surplus to be sold although the battery has room becomes a discharge with the power of PV, since holding would
    store it.
    """
    forecast = zip(problem.pv_kw, problem.load_kw, strict=True)
    return tuple(
        ScheduledAction(slot.start, slot.end, _action(slot, pv, load), slot.override, _KILO * slot.power_kw)
        for slot, (pv, load) in zip(plan, forecast, strict=True)
    )


def inverter_action(action: Action, pv_kw: float, load_kw: float) -> Action:
    """Return the action for the inverter whose battery then performs `action`, given PV and load."""
    kind, power = action.kind, action.power / _KILO
    if kind is ActionKind.CHARGE:
        power = _without_surplus(power, max(pv_kw - load_kw, 0.0))
        kind = kind if power > _MIN_KW else ActionKind.SELF_CONSUME
    elif kind is ActionKind.DISCHARGE:
        power += _rounded(pv_kw)
    return Action(kind, _KILO * power if kind in FORCED else 0.0, action.until)


def _action(slot: PlannedSlot, pv_kw: float, load_kw: float) -> Action:
    kind, power = slot.action, slot.power_kw
    if kind is ActionKind.DISCHARGE and power <= _MIN_KW:
        kind = ActionKind.HOLD
    elif slot.sell_surplus and pv_kw > PV_STEP_KW:
        return Action(ActionKind.DISCHARGE, _KILO * _rounded(pv_kw), slot.end)
    if kind is ActionKind.CHARGE and power <= _MIN_KW:
        kind = ActionKind.SELF_CONSUME
    return inverter_action(Action(kind, _KILO * power if kind in FORCED else 0.0, slot.end), pv_kw, load_kw)


def _without_surplus(power: float, surplus: float) -> float:
    return power - _rounded(surplus) if surplus > _MIN_KW else power


def _rounded(kw: float) -> float:
    return round(kw / PV_STEP_KW) * PV_STEP_KW
