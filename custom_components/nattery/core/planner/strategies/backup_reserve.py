"""Least cost, with energy reserved for an outage."""

from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..problem import Problem, Target
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class BackupReserve(Strategy):
    """Keeps `soc` (0 to 1) as a soft constraint with the penalty `price` per missing kWh and hour.

    Raises ProblemError.
    """

    soc: float
    price: float = 1.0

    key: ClassVar[str] = "backup_reserve"

    def __post_init__(self) -> None:
        """Raise ProblemError for a reserve outside its range."""
        Target(self.soc, self.price)

    @override
    def constrain(self, problem: Problem) -> Problem:
        return replace(problem, targets=(*problem.targets, Target(self.soc, self.price)))
