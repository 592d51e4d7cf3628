"""Plain self-consumption: surplus in, shortage out, whatever the price."""

from dataclasses import dataclass
from typing import ClassVar, override

from ...action import ActionKind
from ..flows import Dispatch
from ..problem import Problem
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class SelfConsumption(Strategy):
    """What an inverter does by itself."""

    key: ClassVar[str] = "self_consumption"

    @override
    def moves(self, problem: Problem) -> list[Dispatch]:
        return [Dispatch(ActionKind.SELF_CONSUME)] * len(problem)
