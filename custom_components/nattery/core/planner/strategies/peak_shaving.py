"""Import kept under a limit of one's own, and the least cost within it."""

from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..problem import Problem, number
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class PeakShaving(Strategy):
    """Soft like every grid limit: broken only where the battery cannot help it, and named. Raises ProblemError."""

    limit_kw: float

    key: ClassVar[str] = "peak_shaving"

    def __post_init__(self) -> None:
        """Refuse a limit that is none."""
        number("limit_kw", self.limit_kw)

    @override
    def shape(self, problem: Problem) -> Problem:
        grid = replace(problem.grid, import_kw=min(problem.grid.import_kw, self.limit_kw))
        return replace(problem, grid=grid)
