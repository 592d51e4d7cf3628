"""Least cost: prices, forecasts, losses and wear together."""

from dataclasses import dataclass
from typing import ClassVar

from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Optimise(Strategy):
    """The default strategy: minimises the cost without further constraints."""

    key: ClassVar[str] = "optimise"
