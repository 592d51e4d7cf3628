"""The result of a solver."""

from dataclasses import dataclass


class SolverError(Exception):
    """Raised if a solver finds no solution. The text gives the reason."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The battery's AC power in every slot (kW, positive = charging) and the dual value of one more stored kWh in it.

    If `curtail_kw` is None, the sign of the prices decides the curtailment. `exact` is False if the time limit was
    reached before the optimum was proven.
    """

    power_kw: list[float]
    marginal_value: list[float]
    solver: str
    curtail_kw: list[float] | None = None
    exact: bool = True
