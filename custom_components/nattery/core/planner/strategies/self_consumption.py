"""Plain self-consumption: store any surplus, cover any shortage, at any price."""

from dataclasses import dataclass
from typing import ClassVar, override

from ...action import ActionKind
from ...explanation import Explanation
from ..energy_bounds import energy_bounds
from ..flows import SELF_CONSUME, Dispatch, StorageBounds, required_dispatches, simulate_slot, slot_inputs
from ..problem import Problem
from ..reasons import RESERVE
from ..slot_cost import EPSILON, system_limits
from .strategy import Strategy

_HOLD = Dispatch(ActionKind.HOLD)


@dataclass(frozen=True, slots=True)
class SelfConsumption(Strategy):
    """Does what an inverter does without a plan, and holds the battery where a reserve would be used."""

    key: ClassVar[str] = "self_consumption"

    @override
    def fixed_dispatch(self, problem: Problem) -> list[Dispatch]:
        if not problem.targets:
            return [SELF_CONSUME] * len(problem)
        energy = energy_bounds(problem)
        bounds = StorageBounds(system_limits(problem), energy.min_kwh, energy.max_kwh)
        levels = [energy.min_kwh] * len(problem)
        for target in energy.soft_targets:
            if target.sign > 0:
                levels[target.slot] = max(levels[target.slot], target.level_kwh)
        dispatches, stored = [], problem.battery.stored_start
        for inputs, level, required in zip(slot_inputs(problem), levels, required_dispatches(problem), strict=True):
            flow = simulate_slot(required or SELF_CONSUME, bounds, stored, inputs)
            held = not required and flow.discharge_kw > 0 and flow.stored_kwh < level - EPSILON
            dispatches.append(_HOLD if held else SELF_CONSUME)
            stored = stored if held else flow.stored_kwh
        return dispatches

    @override
    def fixed_reason(self, dispatch: Dispatch) -> Explanation:
        if dispatch.kind is ActionKind.HOLD:
            return Explanation(RESERVE)
        return super().fixed_reason(dispatch)
