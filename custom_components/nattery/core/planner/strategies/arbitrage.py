"""Trading with the grid alone: buy low, sell high, as though there were no house and no PV."""

from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..problem import Problem
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Arbitrage(Strategy):
    """Decided by prices; what the house and PV then make of the grid's power is counted as it is."""

    key: ClassVar[str] = "arbitrage"

    @override
    def question(self, problem: Problem) -> Problem:
        none = (0.0,) * len(problem)
        return replace(problem, pv_kw=none, load_kw=none, pv_p10_kw=None, pv_p90_kw=None, load_p90_kw=None)
