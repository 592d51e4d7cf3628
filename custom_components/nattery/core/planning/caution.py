"""When plans are careful: without a known forecast error, and after planning has lost for two weeks."""

from dataclasses import dataclass

ACCOUNT_DAYS = 14
CAREFUL_MARGIN = 0.01  # per kWh, by which another action than self-consumption must then be better
_MIN_LOSS = 0.005  # share of the cost of self-consumption: less is chance
_MIN_COVERAGE = 0.9  # of the days, that must be known


@dataclass(frozen=True, slots=True)
class PlanningAccount:
    """What planning has saved over plain self-consumption in the last `ACCOUNT_DAYS` days, and what that would cost.

    `coverage` is the known share of these days (0 to 1).
    """

    saved: float = 0.0
    self_consumption_cost: float = 0.0
    coverage: float = 0.0

    @property
    def is_careful(self) -> bool:
        """Whether planning has lost, so that plans leave self-consumption only for a clear gain."""
        return self.coverage >= _MIN_COVERAGE and self.saved < -_MIN_LOSS * abs(self.self_consumption_cost)


def margin_per_kwh(account: PlanningAccount, known_days: int) -> float:
    """Return the gain per kWh below which a plan stays with self-consumption.

    `known_days` are the days whose forecast errors are known.
    """
    return CAREFUL_MARGIN if account.is_careful or not known_days else 0.0
