"""The base class of all strategies."""

from typing import ClassVar

from ...explanation import Explanation
from ..flows import Dispatch
from ..problem import Problem
from ..reasons import STRATEGY


class Strategy:
    """A strategy that leaves the problem as it is."""

    key: ClassVar[str]
    reason_key: ClassVar[str] = STRATEGY  # the reason of the slots if the dispatch is fixed

    def constrain(self, problem: Problem) -> Problem:
        """Return the problem with the constraints that this strategy adds."""
        return problem

    def decision_problem(self, problem: Problem) -> Problem:
        """Return the problem whose optimum decides the dispatch. It may differ from the one that is evaluated."""
        return problem

    def fixed_dispatch(self, problem: Problem) -> list[Dispatch] | None:  # noqa: ARG002
        """Return the dispatch of every slot if the strategy has nothing to optimise, otherwise None."""
        return None

    def fixed_reason(self, dispatch: Dispatch) -> Explanation:  # noqa: ARG002
        """Return the reason of a slot with this fixed dispatch."""
        return Explanation(self.reason_key, {"strategy": self.key})
