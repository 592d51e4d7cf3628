"""The value of the energy left at the end of a plan: what it would bring on the days that follow.

They are expected to be like the last days: any of their prices, with the PV and load of any of them. On each of them,
the battery does what costs least if nothing but the usual PV and load is known. So the value is that of decisions under
uncertainty, and not of a perfect forecast. What is usual is learned from one half of the days and judged on the other
half: judged on the days that it has learned from, a policy looks better than it is. This module imports numpy.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .flows import StorageBounds
from .problem import Outcome, Problem, ValueCurve
from .slot_cost import system_limits
from .stochastic import ActionMoney, Array, SlotOutcomes, SlotPrices, StochasticModel, Transitions, slot_outcomes

_LEVELS = 16  # the value of the end is a smooth function
_PASSES = 2  # the day after the end, and the one after that
_QUARTER_HOURS = 0.25


class DayPrices(NamedTuple):
    """The prices (per kWh) of the quarter-hours of a day."""

    import_price: Sequence[float]
    export_price: Sequence[float]


def continuation_value(system: Problem, days: Sequence[DayPrices], measured: Sequence[Outcome]) -> ValueCurve:
    """Return the value of stored energy at the end of a plan.

    `system` has the battery and the grid connection, `days` are the last known days of prices, and `measured` are the
    PV and load of the last measured days. All days have equally many quarter-hours. PV is not curtailed in them.
    """
    battery = system.battery
    prices = [price for day in days for price in (*day.import_price, *day.export_price)]
    none = [0.0] * len(prices)
    limits = system_limits(replace(
        system, import_price=prices, export_price=prices, pv_kw=none, load_kw=none, pv_curtailable=False, outcomes=(),
        terminal_curve=None, targets=(),
    ))  # fmt: skip
    model = StochasticModel(StorageBounds(limits, battery.stored_min, battery.stored_max), levels=_LEVELS)
    halves = [measured[::2], measured[1::2]] if len(measured) > 1 else [measured, measured]
    following = [
        _FollowingDays.of(model, days, slot_outcomes(usual), slot_outcomes(judged))
        for usual, judged in (halves, reversed(halves))
    ]
    cost = np.zeros(_LEVELS)
    for _ in range(_PASSES):
        cost = np.mean([half.mean_cost(cost) for half in following], axis=0)
        cost -= cost[0]
    return ValueCurve.of_values(model.levels.tolist(), (-cost).tolist())


class _FollowingDays(NamedTuple):
    """What each action brings at the prices of each day: with uncertain PV and load, and on each measured day."""

    uncertain: Transitions
    uncertain_costs: Array  # by day of prices, quarter-hour, level and action
    costs: Array  # by day of prices, measured day, quarter-hour, level and action
    ends: Array  # where stored energy ends, in levels, by measured day, quarter-hour, level and action

    @classmethod
    def of(
        cls, model: StochasticModel, days: Sequence[DayPrices], usual: SlotOutcomes, judged: SlotOutcomes
    ) -> _FollowingDays:
        slots, count = judged.pv_kw.shape
        uncertain = model.transitions(_energies(slots), usual)
        one_by_one = SlotOutcomes(judged.pv_kw.T.reshape(-1, 1), judged.load_kw.T.reshape(-1, 1), np.ones(1))
        certain = model.transitions(_energies(slots * count), one_by_one)
        ends = np.concatenate([landing.level[..., 0] + landing.share[..., 0] for landing in certain.landings], axis=-1)
        shape = (count, slots, *ends.shape[1:])
        costs = [_priced(certain.money, np.tile(bought, count), np.tile(sold, count)).reshape(shape)
                 for bought, sold in days]  # fmt: skip
        uncertain_costs = [_priced(uncertain.money, np.array(bought), np.array(sold)) for bought, sold in days]
        return cls(uncertain, np.array(uncertain_costs), np.array(costs), ends.reshape(shape))

    def mean_cost(self, final: Array) -> Array:
        """Return the mean cost by level at the start of a day, given the cost by level at its end."""
        days, count, slots = self.costs.shape[:3]
        rows = np.arange(len(final))
        day, measured = np.arange(days)[:, None, None], np.arange(count)[:, None]
        value, after = np.tile(final, (days, 1)), np.tile(final, (days, count, 1))
        for slot in range(slots - 1, -1, -1):
            expected = self.uncertain_costs[:, slot] + self._after(slot, value)
            choice = expected.argmin(axis=-1)
            value = expected.min(axis=-1)
            end = self._ends(slot, choice)
            level = np.minimum(end.astype(np.intp), len(final) - 2)
            share = end - level
            cost = self.costs[day, measured, slot, rows, choice[:, None, :]]
            after = cost + after[day, measured, level] * (1 - share) + after[day, measured, level + 1] * share
        mean: Array = after.mean(axis=(0, 1))
        return mean

    def _after(self, slot: int, value: Array) -> Array:
        """Return the expected cost after a quarter-hour by day of prices, level and action."""
        steps = np.diff(value)
        expected = []
        for landing in self.uncertain.landings:
            level, share = landing.level[slot], landing.share[slot]
            after = value[:, level] + steps[:, level] * share
            expected.append(after[..., 0] if after.shape[-1] == 1 else after @ self.uncertain.weights)
        return np.concatenate(expected, axis=-1)

    def _ends(self, slot: int, choice: NDArray[np.intp]) -> Array:
        """Return where the chosen actions end, by day of prices, measured day and level."""
        rows = np.arange(choice.shape[-1])
        return self.ends[:, slot][:, rows, choice].transpose(1, 0, 2)


def _energies(slots: int) -> SlotPrices:
    """Return prices at which money is energy: each kWh costs 1."""
    return SlotPrices(np.full(slots, _QUARTER_HOURS), np.ones(slots), np.ones(slots))


def _priced(energies: ActionMoney, bought: Array, sold: Array) -> Array:
    """Return the cost of energies (kWh) at the prices of each quarter-hour."""
    imported = energies.import_cost * bought[:, None, None]
    exported = energies.export_revenue * sold[:, None, None]
    return np.asarray(imported - exported + energies.wear + energies.penalty)
