"""One action, chosen by the user."""

from dataclasses import dataclass
from typing import ClassVar, override

from ...action import FORCED, ActionKind
from ..flows import Dispatch
from ..problem import Problem, ProblemError, checked_number
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Manual(Strategy):
    """The same action in every slot; `power_kw` belongs to charge and discharge. Raises ProblemError."""

    kind: ActionKind = ActionKind.SELF_CONSUME
    power_kw: float = 0.0

    key: ClassVar[str] = "manual"

    def __post_init__(self) -> None:
        """Raise ProblemError for a power that does not fit the action."""
        checked_number("power_kw", self.power_kw)
        if (self.kind in FORCED) != (self.power_kw > 0):
            raise ProblemError("power_kw", f"cannot be {self.power_kw:g} for {self.kind}")

    @override
    def fixed_dispatch(self, problem: Problem) -> list[Dispatch]:
        return [Dispatch(self.kind, self.power_kw)] * len(problem)
