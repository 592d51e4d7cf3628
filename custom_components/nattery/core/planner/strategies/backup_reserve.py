"""The least cost, with energy held back for an outage."""

from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..problem import Problem, Target
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class BackupReserve(Strategy):
    """`soc` (0 to 1) is held as long as a missing kWh is worth less than `price` an hour. Raises ProblemError."""

    soc: float
    price: float = 1.0

    key: ClassVar[str] = "backup_reserve"

    def __post_init__(self) -> None:
        """Refuse a reserve that is none."""
        Target(self.soc, self.price)

    @override
    def shape(self, problem: Problem) -> Problem:
        return replace(problem, targets=(*problem.targets, Target(self.soc, self.price)))
