"""The least cost: prices, forecasts, losses and wear, all together."""

from dataclasses import dataclass
from typing import ClassVar

from .strategy import Strategy


@dataclass(frozen=True, slots=True)
class Optimise(Strategy):
    """The default."""

    key: ClassVar[str] = "optimise"
