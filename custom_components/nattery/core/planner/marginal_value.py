"""The marginal value of stored energy for a slot, given the dispatch of all other slots. It sets the break-even prices.

The dual value of a slot tells what one more stored kWh saves. In a slot that charges, that is often the slot's own
price. The break-even price of the slot's action needs another quantity: what the rest of the plan loses with one kWh
less, or gains with one kWh more. A kWh can be shifted in time until another slot charges or discharges it, so one
forward and one backward sweep find the value for all slots.
"""

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from .energy_bounds import SoftTarget
from .flows import SAME_KW, Flows, SlotInputs, StorageBounds
from .problem import ValueCurve

_SAME_KWH = 1e-6  # energies that differ by less count as equal


class MarginalValue(NamedTuple):
    """Value per stored kWh to the other slots: their loss with one kWh less, and their gain with one kWh more."""

    loss: float
    gain: float


class PlanContext(NamedTuple):
    """The parts of a plan that determine marginal values.

    Import above `peak_kw` adds the demand charge `peak_price` per kW.
    """

    bounds: StorageBounds
    inputs: Sequence[SlotInputs]
    flows: Sequence[Flows]
    soft_targets: Iterable[SoftTarget]
    terminal: ValueCurve
    peak_kw: float
    peak_price: float


def marginal_values(plan: PlanContext) -> list[MarginalValue]:
    """Return the marginal value of stored energy for every slot."""
    adjustments = [_adjustment_costs(plan, inputs, flow) for inputs, flow in zip(plan.inputs, plan.flows, strict=True)]
    storing_costs, withdrawing_costs = zip(*adjustments, strict=True)
    more_held, less_held = _holding_costs(plan)
    last, following = plan.terminal.prices(plan.flows[-1].stored_kwh)
    losses = _least_costs(storing_costs, more_held, less_held, last)
    negative_gains = _least_costs(withdrawing_costs, less_held, more_held, -following)
    return [MarginalValue(loss, -gain) for loss, gain in zip(losses, negative_gains, strict=True)]


def _adjustment_costs(plan: PlanContext, inputs: SlotInputs, flow: Flows) -> tuple[float, float]:
    """Return the cost of storing one more kWh in a slot, and of withdrawing one more, by changing its battery power."""
    limits = plan.bounds.limits
    up, down, wear = limits.charge_efficiency, limits.discharge_efficiency, limits.wear
    grid = flow.grid_kw
    import_price = inputs.import_price
    if grid >= plan.peak_kw - SAME_KW:
        import_price += plan.peak_price / inputs.hours
    at_import_limit, at_export_limit = grid >= limits.import_kw - SAME_KW, grid <= SAME_KW - limits.export_kw
    curtails, can_curtail = flow.curtail_kw > SAME_KW, limits.curtailable and inputs.pv_kw - flow.curtail_kw > SAME_KW
    cost_of_taking = inputs.export_price if grid < -SAME_KW else import_price + limits.penalty * at_import_limit
    value_of_giving = inputs.import_price if grid > SAME_KW else inputs.export_price - limits.penalty * at_export_limit
    if curtails:
        cost_of_taking = min(cost_of_taking, 0.0)
    if can_curtail:
        value_of_giving = max(value_of_giving, 0.0)
    if flow.discharge_kw > SAME_KW:
        storing_cost = (cost_of_taking - wear) * down
    else:
        can_charge = flow.charge_kw < limits.charge_kw - SAME_KW and (curtails or not at_import_limit)
        storing_cost = (cost_of_taking + wear) / up if can_charge else inf
    if flow.charge_kw > SAME_KW:
        return storing_cost, -(value_of_giving + wear) / up
    can_discharge = flow.discharge_kw < limits.discharge_kw - SAME_KW and (can_curtail or not at_export_limit)
    return storing_cost, -(value_of_giving - wear) * down if can_discharge else inf


def _holding_costs(plan: PlanContext) -> tuple[list[float], list[float]]:
    """Return the cost of holding one kWh more, and one kWh less, at the end of each slot."""
    min_kwh, max_kwh = plan.bounds.min_kwh + _SAME_KWH, plan.bounds.max_kwh - _SAME_KWH
    more_held = [0.0 if flow.stored_kwh < max_kwh else inf for flow in plan.flows]
    less_held = [0.0 if flow.stored_kwh > min_kwh else inf for flow in plan.flows]
    for slot, level, price, sign in plan.soft_targets:
        short = sign * (level - plan.flows[slot].stored_kwh)
        away, towards = (less_held, more_held) if sign > 0 else (more_held, less_held)
        away[slot] += price * (short > -_SAME_KWH)
        towards[slot] -= price * (short > _SAME_KWH)
    return more_held, less_held


def _least_costs(own: Sequence[float], before: Sequence[float], after: Sequence[float], end: float) -> list[float]:
    """Return the least cost, for each slot, of moving one kWh to another slot or to the end of the horizon."""
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
