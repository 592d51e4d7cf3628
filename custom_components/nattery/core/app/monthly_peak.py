"""The month's highest import, which a capacity tariff charges for."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class PeakImport(NamedTuple):
    """The highest import of a quarter-hour (kW), and whether booked quarter-hours are included."""

    kw: float = 0.0
    booked: bool = True


@dataclass(slots=True)
class MonthlyPeak:
    """The highest booked import (kW) of the local month that starts at `month`, as the ledger last returned it."""

    month: datetime | None = None
    kw: float = 0.0

    def update(self, month: datetime, kw: float) -> None:
        """Keep what the ledger returned for a month."""
        self.month, self.kw = month, kw

    def including(self, month: datetime, not_booked_kw: float) -> PeakImport:
        """Return the highest import of a month with that of its quarter-hours that are not booked yet."""
        known = self.month == month
        return PeakImport(max(self.kw if known else 0.0, not_booked_kw), known)
