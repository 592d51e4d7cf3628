"""Price arbitrage with the grid alone, as if there were no load and no PV."""

from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..problem import Problem
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Arbitrage(Strategy):
    """Decides by prices alone. Flows and costs of the plan include the actual load and PV."""

    key: ClassVar[str] = "arbitrage"

    @override
    def decision_problem(self, problem: Problem) -> Problem:
        none = (0.0,) * len(problem)
        return replace(problem, pv_kw=none, load_kw=none, outcomes=())
