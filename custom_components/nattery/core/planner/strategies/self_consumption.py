"""Plain self-consumption: store any surplus, cover any shortage, at any price."""

from dataclasses import dataclass
from typing import ClassVar, override

from ...action import ActionKind
from ..flows import Dispatch
from ..problem import Problem
from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class SelfConsumption(Strategy):
    """Does what an inverter does without a plan."""

    key: ClassVar[str] = "self_consumption"

    @override
    def fixed_dispatch(self, problem: Problem) -> list[Dispatch]:
        return [Dispatch(ActionKind.SELF_CONSUME)] * len(problem)
