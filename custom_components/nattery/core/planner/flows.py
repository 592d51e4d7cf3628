"""What a move of the battery makes of a slot: the one simulation that plans, baselines and ledger share."""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from ..action import ActionKind
from .problem import BatteryModel, Problem
from .slot_cost import EPSILON, SystemLimits

SAME_KW = 1e-5  # powers that differ by less are the same


class Dispatch(NamedTuple):
    """An action with its power at the battery's AC side (kW, 0 unless forced).

    `sell_surplus` belongs to hold: the PV surplus goes to the grid although there is room for it. Without it, a surplus
    in hold charges the battery, as in self_consume.
    """

    kind: ActionKind
    power_kw: float = 0.0
    sell_surplus: bool = False


FOLLOW = Dispatch(ActionKind.SELF_CONSUME)


class SlotInputs(NamedTuple):
    """What a slot brings: PV and load in kW, its length in hours, the price of import and of export per kWh."""

    pv_kw: float
    load_kw: float
    hours: float
    buy: float = 0.0
    sell: float = 0.0


class Flows(NamedTuple):
    """Average powers of a slot, kW AC, and the energy stored at its end, kWh. `grid_kw` positive is import."""

    charge_kw: float
    discharge_kw: float
    grid_kw: float
    curtail_kw: float
    stored_kwh: float


class SlotMoney(NamedTuple):
    """The money of a slot: paid for import, earned by export, and wear."""

    bought: float
    sold: float
    wear: float

    @property
    def total(self) -> float:
        """What the slot costs."""
        return self.bought - self.sold + self.wear


class StorageBounds(NamedTuple):
    """What bounds the battery in a slot: the rules, and how low and high the stored energy may go, kWh."""

    rule: SystemLimits
    low: float
    high: float


def surroundings(problem: Problem) -> Iterator[SlotInputs]:
    """What every slot of a problem brings."""
    pv, load, hours = problem.pv_kw, problem.load_kw, problem.hours
    return map(SlotInputs, pv, load, hours, problem.import_price, problem.export_price, strict=True)


def carry_out(move: Dispatch, store: StorageBounds, stored: float, around: SlotInputs) -> Flows:
    """The flows of a slot in which the battery makes this move, beginning with `stored` kWh."""
    return settle(power_of(move, store, stored, around), store.rule, stored, around)


def self_consume_step(battery: BatteryModel, stored: float, around: SlotInputs, *, curtailable: bool = False) -> Flows:
    """Plain self-consumption in one slot, without a limit of the grid: the baseline."""
    rule = _unlimited(curtailable=curtailable)._replace(
        charge_kw=battery.charge_kw,
        discharge_kw=battery.discharge_kw,
        charge_efficiency=battery.charge_efficiency,
        discharge_efficiency=battery.discharge_efficiency,
    )
    return carry_out(FOLLOW, StorageBounds(rule, battery.stored_min, battery.stored_max), stored, around)


def no_battery_step(around: SlotInputs, *, curtailable: bool = False) -> Flows:
    """One slot of a house without a battery: the other baseline."""
    return settle(0.0, _unlimited(curtailable=curtailable), 0.0, around)


def _unlimited(*, curtailable: bool) -> SystemLimits:
    return SystemLimits(0.0, 0.0, 1.0, 1.0, 0.0, inf, inf, 0.0, curtailable)


def power_of(move: Dispatch, store: StorageBounds, stored: float, around: SlotInputs) -> float:
    """The battery's AC power in kW, positive = charging, that a move leads to."""
    rule = store.rule
    surplus = around.pv_kw - around.load_kw
    if move.kind is ActionKind.DISCHARGE or surplus < 0:
        left = max((stored - store.low) * rule.discharge_efficiency / around.hours, 0.0)
        if move.kind is ActionKind.DISCHARGE:
            outlet = rule.export_kw + (around.load_kw if rule.curtailable else -surplus)  # curtailed PV makes room
            return -max(min(move.power_kw, rule.discharge_kw, left, outlet), 0.0)
        if move.kind is ActionKind.SELF_CONSUME:
            return -min(-surplus, rule.discharge_kw, left)
    room = max((store.high - stored) / (rule.charge_efficiency * around.hours), 0.0)
    if move.kind is ActionKind.CHARGE:
        return max(min(move.power_kw, rule.charge_kw, room, rule.import_kw + surplus), 0.0)
    return 0.0 if move.sell_surplus or surplus < 0 else min(surplus, rule.charge_kw, room)


def settle(power_kw: float, rule: SystemLimits, stored: float, around: SlotInputs) -> Flows:
    """The flows of a slot in which the battery has this AC power, with the best curtailing where that is allowed."""
    grid = around.load_kw - around.pv_kw + power_kw
    curtail = best_curtailing(rule, grid, around) if rule.curtailable else 0.0
    if power_kw >= 0:
        return Flows(power_kw, 0.0, grid + curtail, curtail, stored + power_kw * around.hours * rule.charge_efficiency)
    left = stored + power_kw * around.hours / rule.discharge_efficiency
    return Flows(0.0, -power_kw, grid + curtail, curtail, left)


def best_curtailing(rule: SystemLimits, grid_kw: float, around: SlotInputs) -> float:
    """How much PV to curtail when the grid's power is `grid_kw` without it; the least of equally good amounts."""
    buy, sell = around.buy, around.sell

    def until(power: float) -> float:
        return min(max(power - grid_kw, 0.0), around.pv_kw)

    if buy >= 0:
        return until(0.0 if sell < 0 else -rule.export_kw)
    if sell < 0:
        return until(rule.import_kw)

    def cost(curtail: float) -> float:
        power = grid_kw + curtail
        beyond = max(power - rule.import_kw, -power - rule.export_kw, 0.0)
        return power * (buy if power > 0 else sell) + beyond * rule.penalty

    return min(until(-rule.export_kw), until(0.0), until(rule.import_kw), key=cost)


def costs(flows: Flows, around: SlotInputs, wear_per_kwh: float) -> SlotMoney:
    """The money of a slot."""
    hours, grid = around.hours, flows.grid_kw
    return SlotMoney(
        max(grid, 0.0) * hours * around.buy,
        max(-grid, 0.0) * hours * around.sell,
        (flows.charge_kw + flows.discharge_kw) * hours * wear_per_kwh,
    )


def move_of(power_kw: float, store: StorageBounds, stored: float, around: SlotInputs) -> Dispatch:
    """The move that leads to this power: self-consumption wherever that does the same."""
    if abs(power_of(FOLLOW, store, stored, around) - power_kw) <= SAME_KW:
        return FOLLOW
    if power_kw > SAME_KW:
        return Dispatch(ActionKind.CHARGE, power_kw)
    if power_kw < -SAME_KW:
        return Dispatch(ActionKind.DISCHARGE, -power_kw)
    return Dispatch(ActionKind.HOLD, sell_surplus=around.pv_kw - around.load_kw > EPSILON)
