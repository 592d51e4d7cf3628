"""One home's part of the ledger, for the event loop."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING

from ..core.app.recorder_state import PendingInterval
from ..core.app.spot_price_review import DaySlots, spot_prices
from ..core.ledger.entry import EntryPrices, LedgerEntry
from ..core.ledger.pricing import create_entry
from ..core.ledger.reports import Period, Report, Savings
from ..core.planner.problem import BatteryModel
from .database import Database

if TYPE_CHECKING:
    from ..core.ledger.ledger import Ledger


class LedgerClient:
    """Reads and writes the entries of one site; every method raises LedgerError."""

    def __init__(self, database: Database, site: str) -> None:
        """Use the entries of `site` in a database."""
        self._database, self._site = database, site

    async def async_read(self, start: datetime, end: datetime) -> tuple[LedgerEntry, ...]:
        """Return the entries that start in [start, end)."""
        return await self._do(lambda ledger: ledger.read(self._site, start, end))

    async def async_previous(self, before: datetime) -> LedgerEntry | None:
        """Return the last entry that starts before a time."""
        return await self._do(lambda ledger: ledger.previous(self._site, before))

    async def async_reports(self, periods: Sequence[Period], currency: str, stored_value: float) -> tuple[Report, ...]:
        """Return a report for each period; `stored_value` is the value of a stored kWh."""
        return await self._do(lambda ledger: ledger.reports(self._site, periods, currency, stored_value))

    async def async_latest(
        self, now: datetime, zone: tzinfo, currency: str, stored_value: float
    ) -> tuple[LedgerEntry | None, Savings]:
        """Return the last entry and the savings until now."""

        def task(ledger: Ledger) -> tuple[LedgerEntry | None, Savings]:
            return ledger.previous(self._site, now), ledger.savings(self._site, now, zone, currency, stored_value)

        return await self._do(task)

    async def async_peak(self, period: Period) -> float:
        """Return the highest import (kW) of a quarter-hour in a period."""
        return await self._do(lambda ledger: ledger.peak_import_kw(self._site, period))

    async def async_book(self, interval: PendingInterval, battery: BatteryModel, prices: EntryPrices | None) -> None:
        """Write the entry of a quarter-hour that has ended."""
        await self._do(partial(self._book, interval, battery, prices))

    async def async_mispriced(self, currency: str, days: DaySlots) -> tuple[LedgerEntry, ...]:
        """Return the entries of some days whose spot price is missing or differs from the market's slots."""
        return await self._do(lambda ledger: ledger.mispriced(self._site, currency, spot_prices(days)))

    async def async_write(self, entries: Sequence[LedgerEntry]) -> None:
        """Write entries, in place of those that start at the same times."""
        await self._do(lambda ledger: ledger.write(self._site, entries))

    def _book(
        self, interval: PendingInterval, battery: BatteryModel, prices: EntryPrices | None, ledger: Ledger
    ) -> None:
        record = interval.record
        entry = create_entry(
            interval.metered,
            battery,
            ledger.previous(self._site, interval.metered.start),
            prices=prices,
            action=record.action,
            reason=record.reason,
            expected=record.expected,
        )
        ledger.write(self._site, [replace(entry, forecast=record.forecast)])

    async def _do[T](self, task: Callable[[Ledger], T]) -> T:
        return await self._database.async_do(task)
