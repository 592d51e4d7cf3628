"""A planning problem with what all planners derive from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from .energy_bounds import SoftTarget, energy_bounds
from .flows import SlotInputs, StorageBounds, slot_inputs
from .problem import Problem, ValueCurve
from .slot_cost import system_limits
from .terminal_value import terminal_value


class PreparedProblem(NamedTuple):
    """A problem, its constraints on stored energy, its slots, and the value of the energy left at its end.

    `edges` are the starts of the slots and the end of the last one.
    """

    problem: Problem
    bounds: StorageBounds
    soft_targets: Sequence[SoftTarget]
    inputs: Sequence[SlotInputs]
    edges: Sequence[datetime]
    terminal: ValueCurve

    @classmethod
    def of(cls, problem: Problem) -> PreparedProblem:
        """Prepare a problem."""
        energy = energy_bounds(problem)
        return cls(
            problem,
            StorageBounds(system_limits(problem), energy.min_kwh, energy.max_kwh),
            energy.soft_targets,
            list(slot_inputs(problem)),
            problem.edges,
            terminal_value(problem),
        )
