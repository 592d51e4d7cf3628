"""One action, chosen by a person."""

from dataclasses import dataclass
from typing import ClassVar, override

from ...action import FORCED, ActionKind
from ..flows import Dispatch
from ..problem import Problem, ProblemError, number
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Manual(Strategy):
    """`power_kw` belongs to charge and discharge. Raises ProblemError."""

    kind: ActionKind = ActionKind.SELF_CONSUME
    power_kw: float = 0.0

    key: ClassVar[str] = "manual"

    def __post_init__(self) -> None:
        """Refuse a power where none belongs, and none where one does."""
        number("power_kw", self.power_kw)
        if (self.kind in FORCED) != (self.power_kw > 0):
            raise ProblemError("power_kw", f"cannot be {self.power_kw:g} for {self.kind}")

    @override
    def moves(self, problem: Problem) -> list[Dispatch]:
        return [Dispatch(self.kind, self.power_kw)] * len(problem)
