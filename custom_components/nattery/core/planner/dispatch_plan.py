"""What both ways to plan give, and the actions of the plan before."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..explanation import Explanation
from .evaluation import Evaluation
from .flows import SlotMoney
from .marginal_value import MarginalValue
from .prepared import PreparedProblem
from .problem import PastAction


@dataclass(frozen=True, slots=True)
class DispatchPlan:
    """The dispatch of every slot with its flows, and the numbers that explain it.

    `money` and `cost` are expected values if the problem has outcomes. `savings` are each slot's savings over plain
    self-consumption; they count the energy left in the battery. `marginal_value` is the value of one more stored kWh at
    the start of each slot, `break_even` its value to the other slots. `kept` counts the first slots whose actions were
    kept from the previous plan.
    """

    evaluation: Evaluation
    money: Sequence[SlotMoney]
    cost: float
    savings: tuple[float, ...]
    marginal_value: Sequence[float]
    break_even: Sequence[MarginalValue]
    solver: str
    exact: bool = True
    kept: int = 0
    notes: tuple[Explanation, ...] = ()


def previous_actions(prepared: PreparedProblem) -> list[PastAction | None]:
    """Return the previous plan's action for each slot; empty without a previous plan."""
    problem = prepared.problem
    past = sorted(problem.previous, key=lambda action: action.start)
    if not past:
        return []
    starts = [action.start for action in past]
    end = starts[-1] + timedelta(minutes=problem.slot_minutes)
    actions: list[PastAction | None] = []
    for start in prepared.edges[:-1]:
        index = bisect_right(starts, start) - 1
        actions.append(past[index] if index >= 0 and start < end else None)
    return actions
