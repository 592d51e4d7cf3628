"""The strategies: what the user wants from the battery. Each one adjusts the planning problem in its own way."""

from .arbitrage import Arbitrage
from .manual import Manual
from .optimise import Optimise
from .peak_shaving import PeakShaving
from .self_consumption import SelfConsumption
from .strategy import Strategy

STRATEGIES: dict[str, type[Strategy]] = {
    strategy.key: strategy for strategy in (Optimise, Arbitrage, PeakShaving, SelfConsumption, Manual)
}

__all__ = [
    "STRATEGIES", "Arbitrage", "Manual", "Optimise", "PeakShaving", "SelfConsumption", "Strategy",
]  # fmt: skip
