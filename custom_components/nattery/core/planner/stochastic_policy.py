"""Decisions of the stochastic dynamic programme: the best action for any slot and any stored energy."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..action import ActionKind
from .energy_bounds import SoftTarget
from .flows import Dispatch, SlotMoney, StorageBounds
from .marginal_value import MarginalValue
from .problem import Outcome, PastAction, Problem, ValueCurve
from .stochastic import Array, DemandCharge, SlotPrices, StochasticModel, slot_outcomes, target_penalties

TIE_BREAK = 1e-4  # per kWh at full power: actions whose expected costs differ by less are equally good


class ExpectedPath(NamedTuple):
    """The expected money of every slot, the expected value of the stored energy at each edge, and the demand charge."""

    money: list[SlotMoney]
    stored_values: list[float]
    demand_charge: float

    @property
    def cost(self) -> float:
        """The expected cost, less the value of the energy that is left more than there was at the start."""
        return sum(self.costs_less_stored()) + self.demand_charge

    def costs_less_stored(self) -> Iterator[float]:
        """Yield each slot's cost less the value of the energy that it adds to the battery."""
        for money, (before, after) in zip(self.money, pairwise(self.stored_values), strict=True):
            yield money.total - (after - before)


class StochasticPolicy:
    """The value function of a problem with outcomes, computed by one backward pass, and the decisions that follow.

    Slots are counted from the start of the problem. The value function is the expected cost from the beginning of a
    slot to the end of the horizon.
    """

    def __init__(
        self,
        problem: Problem,
        bounds: StorageBounds,
        soft_targets: Iterable[SoftTarget],
        terminal: ValueCurve,
        demand: DemandCharge | None = None,
        required: Sequence[Dispatch | None] = (),
    ) -> None:
        """Solve a problem, given the value of the energy that is left at its end.

        `required` holds the action that each slot must have, None where the best one is sought.
        """
        self._required = tuple(one for one in required if one is not None)
        self.model = model = StochasticModel(bounds, demand, self._required)
        self._barred = model.barred(required) if self._required else None
        self.bounds = bounds
        self._margin = problem.margin_per_kwh
        self._prices = SlotPrices.of(problem)
        self._outcomes = slot_outcomes(problem.outcomes)
        self._terminal = np.array([terminal.at(kwh) for kwh in model.levels])
        self._penalties = target_penalties(model.levels, len(problem), soft_targets)
        final = -self._terminal
        if self._penalties is not None:
            final = final + self._penalties[-1]
        self._transitions = model.transitions(self._prices, self._outcomes)
        self._values, self._costs = self._transitions.sweep(final, self._penalties, self._barred)

    def revise(self, slot: int, outcomes: Sequence[Outcome]) -> None:
        """Replace the outcomes of the slots from `slot` on, and repeat the backward pass from their end.

        The value function after these slots stays valid, so the cost depends on the number of revised slots only.
        """
        revised = slot_outcomes(outcomes)
        end = slot + len(revised.pv_kw)
        self._outcomes = self._outcomes.revised(slot, revised)
        transitions = self.model.transitions(self._prices.part(slot, end), revised)
        penalties = None if self._penalties is None else self._penalties[slot:end]
        values, costs = transitions.sweep(self._values[end], penalties, self._barred_in(slot, end))
        self._values[slot:end], self._costs[slot:end] = values[:-1], costs

    def charge_demand(self, slot: int, demand: DemandCharge) -> None:
        """Replace the demand charge for the slots from `slot` on."""
        self.model = StochasticModel(self.bounds, demand, self._required)
        transitions = self.model.transitions(self._prices.part(slot, None), self._outcomes.part(slot, None))
        penalties = None if self._penalties is None else self._penalties[slot:-1]
        self._values[slot:-1], self._costs[slot:] = (
            part[: len(self._costs) - slot]
            for part in transitions.sweep(self._values[-1], penalties, self._barred_in(slot, None))
        )

    def decide(
        self,
        slot: int,
        stored_kwh: float,
        outcomes: Sequence[Outcome] = (),
        previous: Dispatch | PastAction | None = None,
    ) -> Dispatch:
        """Return the best action of a slot, given its stored energy (kWh) and its outcomes.

        `outcomes` have one slot; without any, those of the problem are taken. Among equally good actions, the
        `previous` one is preferred, then self-consumption.
        """
        seen = slot_outcomes(outcomes) if outcomes else self._outcomes.part(slot, slot + 1)
        stored = np.array([min(max(stored_kwh, self.bounds.min_kwh), self.bounds.max_kwh)])
        transitions = self.model.transitions(self._prices.part(slot, slot + 1), seen, stored)
        costs = transitions.costs(0, self._values[slot + 1])[0]
        if self._barred is not None:
            costs += self._barred[slot]
        return self._choice(slot, costs + self._margins(transitions.ends(0)[0]), previous)

    def follow(self, slot: int, stored_kwh: float, previous: Dispatch | PastAction | None) -> Dispatch:
        """Return the best action as `decide` does, from costs that are interpolated between the levels: much faster."""
        level, share = self._position(stored_kwh)
        below, above = self._costs[slot, level : level + 2]
        margins = np.zeros_like(below)
        if self._margin:
            near, far = map(self._margins, self._transitions.ends(slot)[level : level + 2])
            margins = near + (far - near) * share
        return self._choice(slot, below + (above - below) * share + margins, previous)

    def marginal_value(self, edge: int, stored_kwh: float) -> MarginalValue:
        """Return the value of a stored kWh at an edge between slots: the loss with one less, the gain with one more."""
        values, levels = self._values[edge], self.model.levels
        step = self.model.step_kwh
        here = np.interp(stored_kwh, levels, values)
        less, more = (np.interp(stored_kwh + sign * step, levels, values) for sign in (-1, 1))
        down = min(stored_kwh - levels[0], step)
        up = min(levels[-1] - stored_kwh, step)
        gain = (here - more) / up if up > 0 else 0.0
        loss = (less - here) / down if down > 0 else gain
        return MarginalValue(float(loss), float(gain if up > 0 else loss))

    def expected_path(self, stored_kwh: float, *, self_consumption: bool = False) -> ExpectedPath:
        """Return what is expected from a stored energy on, by the best actions or by plain self-consumption."""
        transitions, model = self._transitions, self.model
        level, share = self._position(stored_kwh)
        mass = np.zeros(len(model.levels))
        mass[level : level + 2] = 1 - share, share
        choices = self._costs.argmin(axis=-1)
        if self_consumption:
            choices = np.zeros_like(choices)
        masses = [mass]
        for slot, choice in enumerate(choices):
            masses.append(transitions.carry(slot, choice, masses[-1]))
        probability = np.array(masses)
        parts = [
            (np.take_along_axis(part, choices[..., None], axis=-1)[..., 0] * probability[:-1]).sum(axis=-1)
            for part in transitions.money[:4]
        ]
        money = [SlotMoney(*amounts) for amounts in zip(*(part.tolist() for part in parts[:3]), strict=True)]
        return ExpectedPath(money, (probability @ self._terminal).tolist(), float(parts[3].sum()))

    def _barred_in(self, first: int, end: int | None) -> Array | None:
        return None if self._barred is None else self._barred[first:end]

    def _margins(self, ends: Array) -> Array:
        """Return by how much each action must be better, given the levels at which they end."""
        margins: Array = self._margin * self.model.step_kwh * np.abs(ends - ends[0])
        return margins

    def _choice(self, slot: int, costs: Array, previous: Dispatch | PastAction | None) -> Dispatch:
        limits = self.bounds.limits
        energy = max(limits.charge_kw, limits.discharge_kw) * float(self._prices.hours[slot])
        least = float(costs.min())
        equal = [
            action for action, cost in zip(self.model.actions, costs, strict=True) if cost <= least + TIE_BREAK * energy
        ]
        return next((action for action in equal if previous and _is_same(action, previous)), equal[0])

    def _position(self, stored_kwh: float) -> tuple[int, float]:
        """Return the level below a stored energy, and its share of the way to the next one."""
        position = (stored_kwh - self.bounds.min_kwh) / self.model.step_kwh
        level = int(min(max(position, 0.0), len(self.model.levels) - 2))
        return level, min(max(position - level, 0.0), 1.0)


def _is_same(action: Dispatch, previous: Dispatch | PastAction) -> bool:
    if action.kind is not previous.kind:
        return False
    if action.kind is ActionKind.HOLD and isinstance(previous, Dispatch):
        return action.sell_surplus == previous.sell_surplus
    return abs(action.power_kw - previous.power_kw) < TIE_BREAK
