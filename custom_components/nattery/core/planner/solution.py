"""What a solver gives back."""

from dataclasses import dataclass


class SolverError(Exception):
    """A solver that cannot do it; the text says why."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The battery's AC power of every slot (kW, positive = charging), and what one more stored kWh is worth in it.

    `curtail_kw` None means that the sign of the prices decides it. `exact` is False when the time ran out first.
    """

    power_kw: list[float]
    marginal_value: list[float]
    solver: str
    curtail_kw: list[float] | None = None
    exact: bool = True
