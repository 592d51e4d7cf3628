"""What planning has brought in the last days of a backtest, as the ledger tells it in Home Assistant."""

from collections.abc import Sequence

from ..forecast.quarters import PER_DAY
from ..planning.caution import ACCOUNT_DAYS, PlanningAccount

type Spent = tuple[float, float]  # money spent until the end of a quarter-hour, and the energy (kWh) stored then

_QUARTERS = ACCOUNT_DAYS * PER_DAY


class RunningAccount:
    """Compares the closed loop with plain self-consumption over the last `ACCOUNT_DAYS` days."""

    def __init__(self, self_consumption: Sequence[Spent]) -> None:
        """Take what self-consumption spends in each quarter-hour of the series."""
        self._plain = self_consumption
        self._planned: list[Spent] = []

    def add(self, spent: float, stored_kwh: float) -> None:
        """Add the next quarter-hour of the closed loop."""
        self._planned.append((spent, stored_kwh))

    def account(self, end: int, stored_value: float) -> PlanningAccount:
        """Return the account of the days before the quarter-hour with the index `end`.

        `stored_value` is the value of a stored kWh.
        """
        first = end - _QUARTERS
        if first <= 0:
            return PlanningAccount()
        (plain_before, plain_stored), (plain_after, plain_end) = self._plain[first - 1], self._plain[end - 1]
        (before, stored), (after, at_end) = self._planned[first - 1], self._planned[end - 1]
        more_stored = (at_end - stored) - (plain_end - plain_stored)
        cost = plain_after - plain_before
        return PlanningAccount(cost - (after - before) + stored_value * more_stored, cost, 1.0)
