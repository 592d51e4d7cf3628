"""Simulation of one slot: the power flows and the money that result from a dispatch.

Plans, baselines and the ledger share this model, so that their numbers can be compared.
"""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from ..action import ActionKind
from .problem import BatteryModel, Problem
from .slot_cost import EPSILON, SystemLimits

SAME_KW = 1e-5  # powers that differ by less count as equal


class Dispatch(NamedTuple):
    """What the battery does in a slot: an action, and its AC power at the battery (kW, 0 unless the action is forced).

    `sell_surplus` applies to hold only. If set, the PV surplus goes to the grid although the battery has room for it.
    If not set, the surplus charges the battery, as in self_consume.
    """

    kind: ActionKind
    power_kw: float = 0.0
    sell_surplus: bool = False


SELF_CONSUME = Dispatch(ActionKind.SELF_CONSUME)


class SlotInputs(NamedTuple):
    """The inputs of a slot: PV and load (kW), length (hours), import and export price (per kWh)."""

    pv_kw: float
    load_kw: float
    hours: float
    import_price: float = 0.0
    export_price: float = 0.0


class Flows(NamedTuple):
    """Average AC powers of a slot (kW) and the energy stored at its end (kWh). A positive `grid_kw` is import."""

    charge_kw: float
    discharge_kw: float
    grid_kw: float
    curtail_kw: float
    stored_kwh: float


class SlotMoney(NamedTuple):
    """The money of a slot: cost of import, revenue of export, and wear cost."""

    import_cost: float
    export_revenue: float
    wear: float

    @property
    def total(self) -> float:
        """The net cost of the slot."""
        return self.import_cost - self.export_revenue + self.wear


class StorageBounds(NamedTuple):
    """The limits of the system and the range of stored energy (kWh) within which the battery may operate."""

    limits: SystemLimits
    min_kwh: float
    max_kwh: float


def slot_inputs(problem: Problem) -> Iterator[SlotInputs]:
    """Return the inputs of every slot of a problem."""
    pv, load, hours = problem.pv_kw, problem.load_kw, problem.hours
    return map(SlotInputs, pv, load, hours, problem.import_price, problem.export_price, strict=True)


def simulate_slot(dispatch: Dispatch, bounds: StorageBounds, stored_kwh: float, inputs: SlotInputs) -> Flows:
    """Return the flows of a slot with this dispatch, starting with `stored_kwh` in the battery."""
    return slot_flows(battery_power(dispatch, bounds, stored_kwh, inputs), bounds.limits, stored_kwh, inputs)


def self_consume_step(
    battery: BatteryModel, stored_kwh: float, inputs: SlotInputs, *, curtailable: bool = False
) -> Flows:
    """Return the flows of a slot of plain self-consumption, ignoring grid limits: the self-consumption baseline."""
    limits = _unlimited(curtailable=curtailable)._replace(
        charge_kw=battery.charge_kw,
        discharge_kw=battery.discharge_kw,
        charge_efficiency=battery.charge_efficiency,
        discharge_efficiency=battery.discharge_efficiency,
    )
    return simulate_slot(
        SELF_CONSUME, StorageBounds(limits, battery.stored_min, battery.stored_max), stored_kwh, inputs
    )


def no_battery_step(inputs: SlotInputs, *, curtailable: bool = False) -> Flows:
    """Return the flows of a slot without a battery: the no-battery baseline."""
    return slot_flows(0.0, _unlimited(curtailable=curtailable), 0.0, inputs)


def _unlimited(*, curtailable: bool) -> SystemLimits:
    return SystemLimits(0.0, 0.0, 1.0, 1.0, 0.0, inf, inf, 0.0, curtailable)


def battery_power(dispatch: Dispatch, bounds: StorageBounds, stored_kwh: float, inputs: SlotInputs) -> float:
    """Return the battery's AC power (kW, positive = charging) that a dispatch results in."""
    limits = bounds.limits
    surplus = inputs.pv_kw - inputs.load_kw
    if dispatch.kind is ActionKind.DISCHARGE or surplus < 0:
        available = max((stored_kwh - bounds.min_kwh) * limits.discharge_efficiency / inputs.hours, 0.0)
        if dispatch.kind is ActionKind.DISCHARGE:
            deliverable = limits.export_kw + (
                inputs.load_kw if limits.curtailable else -surplus
            )  # curtailing PV makes room
            return -max(min(dispatch.power_kw, limits.discharge_kw, available, deliverable), 0.0)
        if dispatch.kind is ActionKind.SELF_CONSUME:
            return -min(-surplus, limits.discharge_kw, available)
    room = max((bounds.max_kwh - stored_kwh) / (limits.charge_efficiency * inputs.hours), 0.0)
    if dispatch.kind is ActionKind.CHARGE:
        return max(min(dispatch.power_kw, limits.charge_kw, room, limits.import_kw + surplus), 0.0)
    return 0.0 if dispatch.sell_surplus or surplus < 0 else min(surplus, limits.charge_kw, room)


def slot_flows(power_kw: float, limits: SystemLimits, stored_kwh: float, inputs: SlotInputs) -> Flows:
    """Return the flows of a slot for an AC power of the battery, with optimal curtailment if PV is curtailable."""
    grid = inputs.load_kw - inputs.pv_kw + power_kw
    curtail = optimal_curtailment(limits, grid, inputs) if limits.curtailable else 0.0
    if power_kw >= 0:
        return Flows(
            power_kw, 0.0, grid + curtail, curtail, stored_kwh + power_kw * inputs.hours * limits.charge_efficiency
        )
    stored_end = stored_kwh + power_kw * inputs.hours / limits.discharge_efficiency
    return Flows(0.0, -power_kw, grid + curtail, curtail, stored_end)


def optimal_curtailment(limits: SystemLimits, grid_kw: float, inputs: SlotInputs) -> float:
    """Return the PV power (kW) to curtail if the grid power without curtailment is `grid_kw`.

    Of several optimal amounts, the smallest is returned.
    """
    import_price, export_price = inputs.import_price, inputs.export_price

    def curtail_to(power: float) -> float:
        return min(max(power - grid_kw, 0.0), inputs.pv_kw)

    if import_price >= 0:
        return curtail_to(0.0 if export_price < 0 else -limits.export_kw)
    if export_price < 0:
        return curtail_to(limits.import_kw)

    def cost(curtail: float) -> float:
        power = grid_kw + curtail
        beyond = max(power - limits.import_kw, -power - limits.export_kw, 0.0)
        return power * (import_price if power > 0 else export_price) + beyond * limits.penalty

    return min(curtail_to(-limits.export_kw), curtail_to(0.0), curtail_to(limits.import_kw), key=cost)


def slot_money(flows: Flows, inputs: SlotInputs, wear_per_kwh: float) -> SlotMoney:
    """Return the cost and revenue of a slot."""
    hours, grid = inputs.hours, flows.grid_kw
    return SlotMoney(
        max(grid, 0.0) * hours * inputs.import_price,
        max(-grid, 0.0) * hours * inputs.export_price,
        (flows.charge_kw + flows.discharge_kw) * hours * wear_per_kwh,
    )


def dispatch_for(power_kw: float, bounds: StorageBounds, stored_kwh: float, inputs: SlotInputs) -> Dispatch:
    """Return the dispatch that results in this AC power: self-consumption wherever it has the same effect."""
    if abs(battery_power(SELF_CONSUME, bounds, stored_kwh, inputs) - power_kw) <= SAME_KW:
        return SELF_CONSUME
    if power_kw > SAME_KW:
        return Dispatch(ActionKind.CHARGE, power_kw)
    if power_kw < -SAME_KW:
        return Dispatch(ActionKind.DISCHARGE, -power_kw)
    return Dispatch(ActionKind.HOLD, sell_surplus=inputs.pv_kw - inputs.load_kw > EPSILON)


def required_dispatches(problem: Problem) -> list[Dispatch | None]:
    """Return the dispatch that each slot must have, within the battery's powers, or None."""
    highest = {ActionKind.CHARGE: problem.battery.charge_kw, ActionKind.DISCHARGE: problem.battery.discharge_kw}
    return [
        Dispatch(action.kind, min(action.power_kw, highest.get(action.kind, 0.0))) if action else None
        for action in problem.required_actions()
    ]
