"""What a strategy may do to a problem."""

from typing import ClassVar

from ..flows import Dispatch
from ..problem import Problem


class Strategy:
    """The base: nothing is changed."""

    key: ClassVar[str]

    def shape(self, problem: Problem) -> Problem:
        """The problem with what this strategy adds to it."""
        return problem

    def question(self, problem: Problem) -> Problem:
        """The problem that decides what the battery does, where it is another one than the house's."""
        return problem

    def moves(self, problem: Problem) -> list[Dispatch] | None:  # noqa: ARG002
        """The moves, where there is nothing to be decided."""
        return None
