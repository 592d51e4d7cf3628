"""Least cost, with the import kept below a limit of the user's choice."""

from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..problem import Problem, checked_number
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class PeakShaving(Strategy):
    """Keeps the import below `limit_kw`. The limit is a soft constraint, like every grid limit. Raises ProblemError."""

    limit_kw: float

    key: ClassVar[str] = "peak_shaving"

    def __post_init__(self) -> None:
        """Raise ProblemError for a limit outside its range."""
        checked_number("limit_kw", self.limit_kw)

    @override
    def constrain(self, problem: Problem) -> Problem:
        grid = replace(problem.grid, import_kw=min(problem.grid.import_kw, self.limit_kw))
        return replace(problem, grid=grid)
