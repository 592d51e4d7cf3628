"""The stochastic dynamic programme: the least expected cost if PV and load are uncertain.

A slot is decided by its action. PV and load are seen afterwards: self-consumption and hold follow them, the power of a
forced action stays. So each candidate action is tried in each outcome of the slot, from evenly spaced levels of stored
energy, and the expected cost decides. Outcomes of different slots are taken as independent. Between two levels the
value function (cost-to-go) is linear. This module imports numpy, so import it in an executor only.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..action import ActionKind
from .energy_bounds import SoftTarget
from .flows import SELF_CONSUME, Dispatch, StorageBounds
from .problem import Outcome, Problem
from .slot_cost import EPSILON, SystemLimits

type Array = NDArray[np.float64]

LEVELS = 46
POWER_SHARES = 1.0, 0.5, 0.25  # of the battery's power: the candidates for a forced action
BARRED = 1e12  # the cost of an action that is not possible; finite, so that costs can be interpolated
_CHUNK = 48  # slots that are computed at once: few enough for the processor's cache
_FOLLOWING = SELF_CONSUME, Dispatch(ActionKind.HOLD)


class SlotOutcomes(NamedTuple):
    """The outcomes of some slots: PV and load (kW) by slot and outcome, and the outcomes' weights, whose sum is 1."""

    pv_kw: Array
    load_kw: Array
    weights: Array

    def part(self, first: int, end: int | None) -> SlotOutcomes:
        """Return the outcomes of the slots from `first` to before `end`."""
        return SlotOutcomes(self.pv_kw[first:end], self.load_kw[first:end], self.weights)

    def revised(self, slot: int, new: SlotOutcomes) -> SlotOutcomes:
        """Return these outcomes with equally many new ones from a slot on."""
        end = slot + len(new.pv_kw)
        pv, load = (
            np.concatenate([old[:slot], part, old[end:]])
            for old, part in ((self.pv_kw, new.pv_kw), (self.load_kw, new.load_kw))
        )
        return SlotOutcomes(pv, load, self.weights)


def slot_outcomes(outcomes: Sequence[Outcome]) -> SlotOutcomes:
    """Return outcomes as arrays."""
    weights = np.array([outcome.weight for outcome in outcomes])
    return SlotOutcomes(
        np.array([outcome.pv_kw for outcome in outcomes]).T,
        np.array([outcome.load_kw for outcome in outcomes]).T,
        weights / weights.sum(),
    )


class SlotPrices(NamedTuple):
    """The length (hours) and the prices (per kWh) of some slots."""

    hours: Array
    import_price: Array
    export_price: Array

    @classmethod
    def of(cls, problem: Problem) -> SlotPrices:
        """Return those of a problem."""
        return cls(np.array(problem.hours), np.array(problem.import_price), np.array(problem.export_price))

    def part(self, first: int, end: int | None) -> SlotPrices:
        """Return those of the slots from `first` to before `end`."""
        return SlotPrices(self.hours[first:end], self.import_price[first:end], self.export_price[first:end])


class DemandCharge(NamedTuple):
    """Import above `above_kw` costs `price` per kW, in every slot in which it is exceeded."""

    above_kw: float
    price: float


class ActionMoney(NamedTuple):
    """Expected money by slot, level and action; `penalty` is that of broken limits of the grid connection."""

    import_cost: Array
    export_revenue: Array
    wear: Array
    demand_charge: Array
    penalty: Array

    @property
    def total(self) -> Array:
        """The net cost with penalties."""
        return self.import_cost - self.export_revenue + self.wear + self.demand_charge + self.penalty


class _Landing(NamedTuple):
    """Where stored energy ends, by slot, level, action and outcome: the level below, and the share of the way up."""

    level: NDArray[np.intp]
    share: Array

    def expected(self, slot: int, values: Array, steps: Array, weights: Array) -> Array:
        """Return the expectation of a function of stored energy, given by its values at the levels."""
        level = self.level[slot]
        after = values[level] + steps[level] * self.share[slot]
        return after[..., 0] if after.shape[-1] == 1 else _expectation(after, weights)


class StochasticModel:
    """The system: its candidate actions, and what each brings from each level of stored energy."""

    def __init__(
        self,
        bounds: StorageBounds,
        demand: DemandCharge | None = None,
        required: Iterable[Dispatch] = (),
        levels: int = LEVELS,
    ) -> None:
        """Take the limits of the system, the range of stored energy, and the number of levels in it.

        `required` are actions that some slots must have, which need not be candidates elsewhere.
        """
        limits = bounds.limits
        self.bounds = bounds
        self.levels = np.linspace(bounds.min_kwh, bounds.max_kwh, levels)
        self.step_kwh = max(bounds.max_kwh - bounds.min_kwh, EPSILON) / (levels - 1)
        self._demand = demand
        self._fixed = (
            Dispatch(ActionKind.HOLD, sell_surplus=True),
            *_forced(ActionKind.CHARGE, limits.charge_kw),
            *_forced(ActionKind.DISCHARGE, limits.discharge_kw),
        )
        self.candidates = len(_FOLLOWING) + len(self._fixed)  # the others are possible only where they are required
        self._fixed += tuple(dict.fromkeys(one for one in required if one not in (*_FOLLOWING, *self._fixed)))
        self.actions = (*_FOLLOWING, *self._fixed)

    def barred(self, required: Sequence[Dispatch | None]) -> Array:
        """Return what makes an action impossible in a slot: a huge cost, or 0 if it is possible, by slot and action."""
        costs = np.zeros((len(required), len(self.actions)))
        costs[:, self.candidates :] = BARRED
        for slot, dispatch in enumerate(required):
            if dispatch is not None:
                costs[slot] = BARRED
                costs[slot, self.actions.index(dispatch)] = 0.0
        return costs

    def transitions(self, prices: SlotPrices, outcomes: SlotOutcomes, stored_kwh: Array | None = None) -> Transitions:
        """Return what each action brings in some slots, from the levels or from other stored energies (kWh)."""
        stored = self.levels if stored_kwh is None else stored_kwh
        chunks = [
            self._chunk(prices.part(first, first + _CHUNK), outcomes.part(first, first + _CHUNK), stored)
            for first in range(0, len(prices.hours), _CHUNK)
        ]
        landings = [
            _Landing(
                *(_joined([getattr(landing[group], name) for _, landing in chunks]) for name in ("level", "share"))
            )
            for group in (0, 1)
        ]
        money = ActionMoney(*(np.concatenate(parts) for parts in zip(*(money for money, _ in chunks), strict=True)))
        return Transitions(money, (landings[0], landings[1]), outcomes.weights)

    def _chunk(
        self, prices: SlotPrices, outcomes: SlotOutcomes, stored: Array
    ) -> tuple[ActionMoney, tuple[_Landing, _Landing]]:
        hours = prices.hours[:, None, None]
        pv, load = outcomes.pv_kw[:, None, :], outcomes.load_kw[:, None, :]
        money, landings = [], []
        for group in (_FOLLOWING, self._fixed):
            powers = [self._power(dispatch, stored[:, None], pv, load, hours) for dispatch in group]
            power = np.stack(np.broadcast_arrays(*powers), axis=2)
            landings.append(self._landing(power, stored, hours[..., None]))
            money.append(self._money(power, prices, outcomes))
        both = ActionMoney(*(np.concatenate(pair, axis=2) for pair in zip(*money, strict=True)))
        return both, (landings[0], landings[1])

    def _power(self, dispatch: Dispatch, stored: Array, pv: Array, load: Array, hours: Array) -> Array:
        """Return the battery's AC power as `flows.battery_power` does, by slot, level and outcome.

        The last axis has a length of 1 if the power is the same in all outcomes.
        """
        limits, kind = self.bounds.limits, dispatch.kind
        if dispatch.sell_surplus:
            return np.zeros((len(hours), len(stored), 1))
        shortage = load - pv
        available = np.maximum((stored - self.bounds.min_kwh) * (limits.discharge_efficiency / hours), 0.0)
        room = np.maximum((self.bounds.max_kwh - stored) / (limits.charge_efficiency * hours), 0.0)
        if kind is ActionKind.CHARGE:
            return _within(np.subtract(limits.import_kw, shortage), dispatch.power_kw, room)
        if kind is ActionKind.DISCHARGE:
            deliverable = limits.export_kw + (load if limits.curtailable else shortage)
            return np.negative(_within(deliverable, dispatch.power_kw, available))
        stores: Array = np.minimum(np.clip(-shortage, 0.0, limits.charge_kw), room)
        if kind is ActionKind.HOLD:
            return stores
        covers: Array = np.minimum(np.clip(shortage, 0.0, limits.discharge_kw), available)
        return np.subtract(stores, covers)

    def _landing(self, power: Array, stored: Array, hours: Array) -> _Landing:
        limits = self.bounds.limits
        change = np.where(power > 0, power * limits.charge_efficiency, power / limits.discharge_efficiency) * hours
        position = (stored[:, None, None] - self.bounds.min_kwh + change) / self.step_kwh
        level = np.clip(position, 0.0, len(self.levels) - 2).astype(np.intp)
        return _Landing(level, np.clip(position - level, 0.0, 1.0))

    def _money(self, power: Array, prices: SlotPrices, outcomes: SlotOutcomes) -> ActionMoney:
        limits, weights = self.bounds.limits, outcomes.weights
        hours, bought, sold = (part[:, None, None] for part in prices)
        pv = outcomes.pv_kw[:, None, None, :]
        grid = outcomes.load_kw[:, None, None, :] - pv + power
        if limits.curtailable:
            grid = _curtailed(limits, grid, pv, bought[..., None], sold[..., None])
        imported = np.maximum(grid, 0.0) @ weights
        exported = imported - grid @ weights
        moved = np.abs(power)
        moved = moved[..., 0] if moved.shape[-1] == 1 else moved @ weights
        penalty, demand = np.zeros_like(imported), np.zeros_like(imported)
        highest, lowest = grid.max(), grid.min()
        if highest > limits.import_kw or lowest < -limits.export_kw:
            excess = np.maximum(grid - limits.import_kw, 0.0) + np.maximum(-limits.export_kw - grid, 0.0)
            penalty = excess @ weights * hours * limits.penalty
        if self._demand and highest > self._demand.above_kw:
            demand = np.maximum(grid - self._demand.above_kw, 0.0) @ weights * self._demand.price
        return ActionMoney(
            imported * hours * bought, exported * hours * sold, moved * hours * limits.wear, demand, penalty
        )


class Transitions(NamedTuple):
    """Expected money of some slots, and where stored energy ends: for actions that follow the household, and others."""

    money: ActionMoney
    landings: tuple[_Landing, _Landing]
    weights: Array

    def sweep(self, final: Array, penalties: Array | None = None, barred: Array | None = None) -> tuple[Array, Array]:
        """Return the value function at each edge of the slots, and the expected cost of each action in each slot.

        `final` is the value function at the end. `penalties` are added at each edge but the last: those of soft
        targets. `barred` are added to the costs of the actions of each slot. Costs are those to the end of the horizon,
        by slot, level and action.
        """
        total = self.money.total
        costs = np.empty(total.shape)
        values = np.empty((len(total) + 1, len(final)))
        values[-1] = final
        for slot in range(len(total) - 1, -1, -1):
            costs[slot] = self._after(slot, values[slot + 1]) + total[slot]
            if barred is not None:
                costs[slot] += barred[slot]
            values[slot] = costs[slot].min(axis=-1)
            if penalties is not None:
                values[slot] += penalties[slot]
        return values, costs

    def costs(self, slot: int, following: Array) -> Array:
        """Return the expected cost to the end of the horizon by level and action, given the value function after."""
        costs: Array = self.money.total[slot] + self._after(slot, following)
        return costs

    def _after(self, slot: int, following: Array) -> Array:
        steps = np.diff(following)
        after = [landing.expected(slot, following, steps, self.weights) for landing in self.landings]
        return np.concatenate(after, axis=-1)

    def ends(self, slot: int) -> Array:
        """Return the level at which stored energy is expected to end in a slot, by level at its start and action."""
        levels = []
        for landing in self.landings:
            end = landing.level[slot] + landing.share[slot]
            levels.append(end[..., 0] if end.shape[-1] == 1 else _expectation(end, self.weights))
        return np.concatenate(levels, axis=-1)

    def carry(self, slot: int, choice: NDArray[np.intp], mass: Array) -> Array:
        """Return the probability of each level after a slot, given the one before and the action of each level."""
        after = np.zeros(len(mass))
        first = 0
        for landing in self.landings:
            count = landing.level.shape[2]
            rows = np.flatnonzero((choice >= first) & (choice < first + count))
            actions = choice[rows] - first
            level, share = landing.level[slot, rows, actions], landing.share[slot, rows, actions]
            weights = self.weights if level.shape[-1] > 1 else np.ones(1)
            moved = mass[rows, None] * weights
            for target, part in ((level, moved * (1 - share)), (level + 1, moved * share)):
                after += np.bincount(target.ravel(), weights=part.ravel(), minlength=len(mass))
            first += count
        return after


def _expectation(values: Array, weights: Array) -> Array:
    """Return the weighted sum over the last axis."""
    expectation: Array = values @ weights
    return expectation


def _within(connection_kw: Array, power_kw: float, possible_kw: Array) -> Array:
    """Return a power that the battery can do, reduced to what the grid connection leaves in each outcome."""
    power: Array = np.minimum(power_kw, possible_kw)
    if connection_kw.min() >= power_kw:
        return power
    return np.clip(power, 0.0, np.maximum(connection_kw, 0.0))


def _forced(kind: ActionKind, power_kw: float) -> Iterable[Dispatch]:
    return (Dispatch(kind, share * power_kw) for share in POWER_SHARES if power_kw > EPSILON)


def _joined[Item: np.generic](parts: list[NDArray[Item]]) -> NDArray[Item]:
    """Join chunks of slots; the last axis may be 1 in some of them."""
    longest = max(part.shape[-1] for part in parts)
    return np.concatenate([np.broadcast_to(part, (*part.shape[:-1], longest)) for part in parts])


def _curtailed(limits: SystemLimits, grid: Array, pv: Array, bought: Array, sold: Array) -> Array:
    """Return the grid power (kW) after the curtailment that costs least, as `flows.optimal_curtailment` does."""
    best, least = grid, np.full(grid.shape, np.inf)
    for aim in (-np.inf, -limits.export_kw, 0.0, limits.import_kw):
        power = grid + np.clip(aim - grid, 0.0, pv)
        excess = np.maximum(power - limits.import_kw, 0.0) + np.maximum(-limits.export_kw - power, 0.0)
        cost = np.where(power > 0, power * bought, power * sold) + excess * limits.penalty
        better = cost < least - EPSILON
        best, least = np.where(better, power, best), np.where(better, cost, least)
    return best


def target_penalties(levels: Array, slots: int, targets: Iterable[SoftTarget]) -> Array | None:
    """Return the penalties of soft targets at each edge of the slots and each level, or None without a target."""
    penalties = None
    for target in targets:
        penalties = np.zeros((slots + 1, len(levels))) if penalties is None else penalties
        penalties[target.slot + 1] += target.price * np.maximum(target.sign * (target.level_kwh - levels), 0.0)
    return penalties
