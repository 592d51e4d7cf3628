"""What a change of overrides or preferences would cost, before it is made."""

from dataclasses import dataclass

from ..planner.plan import Plan
from ..planner.planner import make_plan
from .planning import PlanningInputs, planning_problem
from .preferences import TradingPreferences


@dataclass(frozen=True, slots=True)
class Comparison:
    """The plan as things are and the plan after a change, both made from the same prices, forecasts and state."""

    present: Plan
    changed: Plan

    @property
    def difference(self) -> float:
        """By how much the change costs more, energy left at the end included."""
        return self.changed.cost - self.present.cost


def compare(
    present: tuple[PlanningInputs, TradingPreferences], changed: tuple[PlanningInputs, TradingPreferences]
) -> Comparison:
    """Return both plans; raises ProblemError. Takes up to a tenth of a second, so call it in an executor.

    Both are made by the same solver: a certain forecast counts as the only outcome.
    """
    return Comparison(
        *(
            make_plan(planning_problem(inputs, preferences).with_outcomes(), preferences.as_strategy())
            for inputs, preferences in (present, changed)
        )
    )
