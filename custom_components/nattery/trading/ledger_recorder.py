"""Keeps the ledger of one home: meters every reading and books every quarter-hour after it has ended.

Nothing that was booked is lost. The running quarter-hour, and those that wait for an unreachable database, are kept in
Home Assistant's storage every minute and at the stop. So killing Home Assistant costs the last minute of the running
quarter-hour at most. That minute is then a gap, as is the time until the next start.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.app.interval_prices import entry_prices
from ..core.app.measurements import Measurements
from ..core.app.monthly_peak import MonthlyPeak, PeakImport
from ..core.app.recorder_state import IntervalRecord, RecorderState
from ..core.app.settings import TradingSettings
from ..core.app.spot_price_review import SpotPriceReview
from ..core.ledger.entry import Expectation, LedgerEntry, MeteredInterval, quarter_start
from ..core.ledger.errors import LedgerError, MeterStateError
from ..core.ledger.meter import PowerReading
from ..core.ledger.pricing import with_prices
from ..core.ledger.reports import Period, Report, Savings, local_days, this_month
from ..core.planning.caution import ACCOUNT_DAYS, PlanningAccount
from .database import Database
from .ledger_client import LedgerClient
from .price_source import TradingPrices

_STORE_VERSION: Final = 1
_MINUTE: Final = timedelta(minutes=1)
_ENDED: Final = 2  # quarter-hours to remember until the statistics contain them


def meter_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of the running quarter-hour and of the quarter-hours not yet booked."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.meter")


class LedgerRecorder:
    """Meter and ledger of one home.

    `savings` are those of today, of this month and of all time, calculated after every quarter-hour. `last` is the last
    entry. Both are None while they are unknown. `error` is why the ledger cannot be kept now, or None; it is tried
    again every minute.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        measurements: Measurements,
        settings: TradingSettings,
        prices: TradingPrices,
        stored_value: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Open nothing yet; `stored_value` returns the value of a stored kWh for reports, or None if unknown."""
        self.savings: Savings | None = None
        self.last: LedgerEntry | None = None
        self.error: LedgerError | None = None
        self._hass = hass
        self._entry = entry
        self._measurements = measurements
        self._settings = settings
        self._prices = prices
        self._stored_value = stored_value
        self._battery = settings.battery(settings.soc_min)  # the meter knows the real state of charge
        self._database = Database(hass, settings.ledger)
        self._ledger = LedgerClient(self._database, entry.unique_id or entry.entry_id)
        self._store = meter_store(hass, entry.entry_id)
        self._state = RecorderState()
        self._ended: deque[MeteredInterval] = deque(maxlen=_ENDED)
        self._review = SpotPriceReview()
        self._peak = MonthlyPeak()
        self._reading: PowerReading | None = None
        self._savings_at: datetime | None = None  # the quarter-hour that `savings` were calculated in
        self._settling = asyncio.Lock()
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._listeners: list[Callable[[], None]] = []

    async def async_open(self) -> asyncio.Task[None]:
        """Continue the running quarter-hour, and follow readings and prices.

        The ledger is opened in the background, by the task that is returned.
        """
        try:
            self._state = RecorderState.from_dict(await self._store.async_load())
        except (MeterStateError, HomeAssistantError, NotImplementedError) as error:
            LOGGER.warning("The running quarter-hour of %s is discarded: %s", self._entry.title, error)
        self._unsubscribe = [
            self._measurements.async_add_listener(self._on_reading),
            self._prices.async_add_listener(self._settle_soon),
            async_track_time_interval(self._hass, self._on_minute, _MINUTE, cancel_on_shutdown=True),
        ]
        return self._start_settling()

    async def async_close(self) -> None:
        """Book what has ended if the ledger can be kept, and store what has not."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self.error is None:
            await self._async_settle()
        await self._store.async_save(self._state.to_dict())

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call a listener after new savings and when `error` changes; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_record(self, at: datetime, record: IntervalRecord) -> None:
        """Record what is done in the quarter-hour that contains `at`.

        The last action before its end counts, and the first expectation: that of the plan in force at its start.
        """
        self._state.record(quarter_start(at), record)

    @property
    def pending_count(self) -> int:
        """The number of quarter-hours that have ended and are not in the ledger yet."""
        return len(self._state.pending)

    def just_ended(self) -> tuple[MeteredInterval, ...]:
        """Return the last quarter-hours that have ended, including one that no later reading has ended yet."""
        now = quarter_start(dt_util.utcnow())
        return tuple(one for one in (*self._ended, *self._state.meter.open_interval) if one.start < now)

    def expected(self) -> dict[datetime, Expectation]:
        """Return what plans expected of the quarter-hours that are not booked yet, by their start."""
        return self._state.expected()

    async def async_read(self, start: datetime, end: datetime) -> tuple[LedgerEntry, ...]:
        """Return the entries that start in [start, end); raises LedgerError."""
        return await self._ledger.async_read(start, end)

    async def async_previous(self, before: datetime) -> LedgerEntry | None:
        """Return the last entry that starts before a time; raises LedgerError."""
        return await self._ledger.async_previous(before)

    async def async_reports(self, periods: Sequence[Period]) -> tuple[Report, ...]:
        """Return a report for each period, in the currency of the prices; raises LedgerError."""
        return await self._ledger.async_reports(periods, self._prices.pricer.book.currency, self._value_per_kwh())

    async def async_peak(self) -> PeakImport:
        """Return the highest import of this local month; while the ledger fails, that of its last answer."""
        month = this_month(dt_util.utcnow(), dt_util.get_default_time_zone())
        if self.error is None:
            with suppress(LedgerError):  # booking reports it
                self._peak.update(month.start, await self._ledger.async_peak(month))
        return self._peak.including(month.start, self._state.highest_import(month.start))

    async def async_planning_account(self) -> PlanningAccount:
        """Return what planning has saved over self-consumption in the last whole days; nothing while unknown."""
        zone = dt_util.get_default_time_zone()
        today = dt_util.utcnow().astimezone(zone).date()
        days = local_days(today - timedelta(days=ACCOUNT_DAYS), today - timedelta(days=1), zone)
        if self.error is not None:
            return PlanningAccount()
        try:
            (report,) = await self.async_reports([Period(days[0].start, days[-1].end)])
        except LedgerError:  # booking reports it
            return PlanningAccount()
        return PlanningAccount(report.saved_over_self_consumption, report.self_consumption_cost, report.priced_coverage)

    # --- from readings to quarter-hours

    @callback
    def _on_reading(self) -> None:
        reading = self._measurements.reading
        if reading is None or reading is self._reading:
            return
        self._reading = reading
        if ended := self._state.meter.add(reading):
            self._close_intervals(ended)
            self._settle_soon()

    @callback
    def _on_minute(self, now: datetime) -> None:
        self._close_intervals(self._state.meter.flush(now))
        self._store.async_delay_save(self._state.to_dict)
        if self._state.pending or self.error is not None or self._savings_at != quarter_start(now):
            self._settle_soon()

    def _close_intervals(self, ended: tuple[MeteredInterval, ...]) -> None:
        self._ended.extend(ended)
        self._state.close(ended)

    # --- from quarter-hours to the ledger, one task at a time

    @callback
    def _settle_soon(self) -> None:
        self._start_settling()

    def _start_settling(self) -> asyncio.Task[None]:
        return self._entry.async_create_background_task(self._hass, self._async_settle(), f"{self._entry.title} ledger")

    async def _async_settle(self) -> None:
        """Book pending quarter-hours, correct prices of booked ones, and calculate the savings."""
        error: LedgerError | None = None
        async with self._settling:
            try:
                await self._async_book()
                await self._async_reprice()
                await self._async_update_savings()
            except LedgerError as failure:
                error, self.savings = failure, None
            self._report(error)

    async def _async_book(self) -> None:
        pending = self._state.pending
        prices = entry_prices(self._prices.pricer, (interval.metered.start for interval in pending))
        while pending:
            interval = pending[0]
            start = interval.metered.start
            if start not in prices:
                self._review.forget(self._day(start))
            await self._ledger.async_book(interval, self._battery, prices.get(start))
            if pending[0] is interval:  # a full queue drops its oldest meanwhile
                pending.popleft()

    async def _async_reprice(self) -> None:
        """Correct the entries whose spot price is missing or has been corrected, on days whose prices changed."""
        pricer = self._prices.pricer
        days = self._review.changed_days(pricer.book, dt_util.utcnow())
        if not days:
            return
        entries = await self._ledger.async_mispriced(pricer.book.currency, days)
        prices = entry_prices(pricer, (entry.start for entry in entries))
        wear = self._battery.wear_per_kwh
        if known := [with_prices(entry, prices[entry.start], wear) for entry in entries if entry.start in prices]:
            await self._ledger.async_write(known)
        self._review.agree(days)
        for entry in entries:
            if entry.start not in prices:  # the tariff's template fails
                self._review.forget(self._day(entry.start))

    async def _async_update_savings(self) -> None:
        now, currency = dt_util.utcnow(), self._prices.pricer.book.currency
        zone, value = dt_util.get_default_time_zone(), self._value_per_kwh()
        self.last, savings = await self._ledger.async_latest(now, zone, currency, value)
        self.savings = savings if currency else None
        self._savings_at = quarter_start(now)

    def _day(self, moment: datetime) -> date:
        """Return the day of the price book that contains a time."""
        return moment.astimezone(self._prices.pricer.book.zone).date()

    def _value_per_kwh(self) -> float:
        """Return the value of a stored kWh: that of the plan, or else what it saves at today's mean price."""
        if (value := self._stored_value()) is not None:
            return value
        today = self._prices.data.today.statistics if self._prices.last_update_success else None
        return max(today.mean * self._settings.efficiency - self._settings.wear, 0.0) if today else 0.0

    @callback
    def _report(self, error: LedgerError | None) -> None:
        if error is not None and self.error is None:
            LOGGER.warning("The ledger of %s cannot be kept: %s", self._entry.title, error)
        elif error is None and self.error is not None:
            LOGGER.info("The ledger of %s is kept again", self._entry.title)
        self.error = error
        for listener in tuple(self._listeners):
            listener()
