"""A backtest over a home's own ledger: what is run, and the report that answers it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import tzinfo
from typing import Any

from ..backtest.account import Account
from ..backtest.actual import actual_account
from ..backtest.process import BacktestRequest
from ..backtest.system import system_from_document
from ..backtest.time_series import priced_in, series_from_ledger
from ..ledger.entry import LedgerEntry
from ..ledger.reports import Period
from .settings import TradingSettings

MIN_QUARTERS = 96  # a day: the energy left at the end is valued by the last day
_DIGITS = 6


class TooFewEntriesError(Exception):
    """Less than a day of ledger entries with prices."""

    def __init__(self, quarters: int) -> None:
        """Name the number of entries that there are."""
        super().__init__(f"The ledger has {quarters} quarter-hours with prices: {MIN_QUARTERS} are needed")
        self.quarters = quarters


@dataclass(frozen=True, slots=True)
class BacktestCase:
    """The request for a period and what was really paid in it.

    `coverage` is the metered share of the period (0 to 1), `unseen` the number of quarter-hours that the ledger lacks,
    `unpriced` the number of entries without a price.
    """

    period: Period
    request: BacktestRequest
    actual: Account
    coverage: float
    unseen: int
    unpriced: int

    @classmethod
    def of(
        cls,
        entries: Sequence[LedgerEntry],
        period: Period,
        currency: str,
        zone: tzinfo,
        own: TradingSettings,
        settings: TradingSettings,
    ) -> BacktestCase:
        """Return the case of a home's entries with the settings to try; raises TooFewEntriesError.

        `own` are the home's own settings. A year of entries takes a while, so call it in a thread of its own.
        """
        usable = priced_in(entries, currency)
        if len(usable) < MIN_QUARTERS:
            raise TooFewEntriesError(len(usable))
        first = usable[0]
        soc_start = first.soc - first.battery.change_kwh / own.capacity
        document = {
            "battery": asdict(settings.battery(min(max(soc_start, 0.0), 1.0))),
            "grid": asdict(settings.grid),
            "currency": currency,
            "peak_price_per_kw": settings.peak_price,
        }
        return cls(
            period=period,
            request=BacktestRequest(series_from_ledger(usable, currency), document, str(zone)),
            actual=actual_account(usable, system_from_document(document), zone),
            coverage=min(sum(entry.coverage for entry in usable) / max(period.quarters, 1), 1.0),
            unseen=max(period.quarters - len(entries), 0),
            unpriced=len(entries) - len(usable),
        )

    def report(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the backtest's document with what only the ledger knows."""
        house = self.request.system
        return {
            **document,
            "actual": round(self.actual.cost(document["terminal_value_per_kwh"]), 9),
            "details": {**document["details"], "actual": self.actual.as_document()},
            "battery": {name: round(value, _DIGITS) for name, value in house["battery"].items()},
            "peak_price_per_kw": house["peak_price_per_kw"],
            "period": {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()},
            "coverage": round(self.coverage, _DIGITS),
            "unseen": self.unseen,
            "unpriced": self.unpriced,
        }
