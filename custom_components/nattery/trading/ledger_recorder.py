"""Keeps the books of one house: meters every reading, and books every quarter-hour when it has ended.

Nothing that was booked is lost. The running quarter-hour and those that wait for a database which is away are kept in
Home Assistant's storage, every minute and when it stops; so killing Home Assistant costs the last minute of the running
quarter-hour at most, which is then a gap, as is the time until it runs again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.action import ActionKind
from ..core.inverter.polling import PollResult as Poll
from ..core.ledger.entry import (
    QUARTER_HOURS,
    EntryPrices,
    Expectation,
    LedgerEntry,
    MeteredInterval,
    Reason,
    quarter_start,
)
from ..core.ledger.errors import LedgerError, MeterStateError
from ..core.ledger.meter import PowerReading
from ..core.ledger.pricing import book_quarter, priced
from ..core.ledger.reports import Period, Report, Savings, this_month
from ..core.market.book import RETENTION
from ..core.market.prices import PriceSlot
from ..prices.coordinator import PriceCoordinator
from .database import Database
from .house import House
from .quarter_prices import by_quarter, quarter_prices
from .recorder_state import IntervalRecord, PendingInterval, RecorderState
from .settings import TradingSettings

if TYPE_CHECKING:
    from ..core.ledger.book import Ledger

_STORE_VERSION: Final = 1
_MINUTE: Final = timedelta(minutes=1)
_READINGS: Final = ("grid_power", "battery_power", "pv_power", "load_power", "battery_soc")
_PERCENT: Final = 100
_REMEMBERED: Final = 2  # quarter-hours, until the statistics know them


def meter_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where the running quarter-hour of an entry is kept, and what waits to be booked."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.meter")


class Peak(NamedTuple):
    """The highest import of a quarter-hour (kW), and whether the book has told of it or only the meter."""

    kw: float = 0.0
    booked: bool = True


class LedgerRecorder:
    """Meter and ledger of one house.

    `savings` are those of today, this month and all the time, worked out anew with every quarter-hour, and `last` is
    the last line of the book; both are None while they are not known. `error` is why the book cannot be kept now, None
    when all is well; it is tried again every minute.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        house: House,
        settings: TradingSettings,
        prices: PriceCoordinator,
        stored_value: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Describe it; `stored_value` is what a stored kWh counts in reports, None where nobody knows."""
        self.savings: Savings | None = None
        self.last: LedgerEntry | None = None
        self.error: LedgerError | None = None
        self._hass = hass
        self._entry = entry
        self._house = house
        self._settings = settings
        self._prices = prices
        self._stored_value = stored_value
        self._battery = settings.battery(settings.soc_min)  # how much it holds is the meter's to say
        self._name = entry.unique_id or entry.entry_id
        self._database = Database(hass, settings.ledger)
        self._store = meter_store(hass, entry.entry_id)
        self._memory = RecorderState()
        self._ended: deque[MeteredInterval] = deque(maxlen=_REMEMBERED)
        self._priced: dict[date, tuple[PriceSlot, ...]] = {}  # the slots that the lines of a day agree with
        self._poll: Poll | None = None
        self._counted: datetime | None = None
        self._peak: tuple[datetime | None, float] = None, 0.0  # the month of which it is, and kW
        self._settling = asyncio.Lock()
        self._stops: list[CALLBACK_TYPE] = []
        self._listeners: list[Callable[[], None]] = []

    async def async_open(self) -> None:
        """Go on with the running quarter-hour, follow readings and prices, and open the book in the background."""
        try:
            self._memory = RecorderState.from_dict(await self._store.async_load())
        except (MeterStateError, HomeAssistantError, NotImplementedError) as error:
            LOGGER.warning("The running quarter-hour of %s begins anew: %s", self._entry.title, error)
        self._stops = [
            self._house.readings.async_add_listener(self._read),
            self._prices.async_add_listener(self._settle_soon),
            async_track_time_interval(self._hass, self._minute, _MINUTE, cancel_on_shutdown=True),
        ]
        self._settle_soon()

    async def async_close(self) -> None:
        """Book what has ended, where the book can be kept, and save what has not."""
        for stop in self._stops:
            stop()
        self._stops.clear()
        if self.error is None:
            await self._async_settle()
        await self._store.async_save(self._memory.to_dict())

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Be told when there are new figures, or there is an error or none any more; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_expect(self, at: datetime, kind: ActionKind, reason: Reason, expected: Expectation | None = None) -> None:
        """What is done in the quarter-hour that holds `at`, and what was planned for it.

        The last word before its end counts, and the first expectation: that of the plan in force as it began.
        """
        self._memory.note(quarter_start(at), IntervalRecord(kind, reason, expected))

    def just_ended(self) -> tuple[MeteredInterval, ...]:
        """The last quarter-hours that have ended, also where no reading after it has ended one yet."""
        now = quarter_start(dt_util.utcnow())
        return tuple(one for one in (*self._ended, *self._memory.meter.running) if one.start < now)

    async def async_read(self, start: datetime, end: datetime) -> tuple[LedgerEntry, ...]:
        """The lines that begin in [start, end); raises LedgerError."""
        return await self._database.async_do(lambda ledger: ledger.read(self._name, start, end))

    async def async_previous(self, before: datetime) -> LedgerEntry | None:
        """The last line that begins before a moment; raises LedgerError."""
        return await self._database.async_do(lambda ledger: ledger.previous(self._name, before))

    async def async_reports(self, periods: Sequence[Period]) -> tuple[Report, ...]:
        """A report for each period, in the currency of the prices; raises LedgerError."""
        currency, value = self._prices.pricer.book.currency, self._value_per_kwh()
        return await self._database.async_do(lambda ledger: ledger.reports(self._name, periods, currency, value))

    async def async_peak(self) -> Peak:
        """That of this local month so far. Of a book that is away, what it said last in this month."""
        month = this_month(dt_util.utcnow(), dt_util.get_default_time_zone())
        if self.error is None:
            with suppress(LedgerError):  # settling tells
                kw = await self._database.async_do(lambda ledger: ledger.peak(self._name, month))
                self._peak = month.start, kw
        start, kw = self._peak
        known = start == month.start
        metered = (*(one.metered for one in self._memory.unbooked), *self._memory.meter.running)
        unbooked = [one.energies.import_kwh / QUARTER_HOURS for one in metered if one.start >= month.start]
        return Peak(max([kw if known else 0.0, *unbooked]), known)

    # From readings to quarter-hours.

    @callback
    def _read(self) -> None:
        poll = self._house.readings.data
        if not self._house.readings.last_update_success or poll is self._poll:
            return
        self._poll = poll
        values = [self._house.value(key) for key in _READINGS]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        if len(numbers) < len(_READINGS):
            return
        grid, battery, pv, load, soc = numbers
        ended = self._memory.meter.add(PowerReading(dt_util.utcnow(), grid, battery, pv, load, soc / _PERCENT))
        if ended:
            self._end(ended)
            self._settle_soon()

    @callback
    def _minute(self, now: datetime) -> None:
        self._end(self._memory.meter.flush(now))
        self._store.async_delay_save(self._memory.to_dict)
        if self._memory.unbooked or self.error is not None or self._counted != quarter_start(now):
            self._settle_soon()

    def _end(self, ended: tuple[MeteredInterval, ...]) -> None:
        self._ended.extend(ended)
        self._memory.end(ended)

    # From quarter-hours to the book, one after the other.

    @callback
    def _settle_soon(self) -> None:
        self._entry.async_create_background_task(self._hass, self._async_settle(), f"{self._entry.title} ledger")

    async def _async_settle(self) -> None:
        """Book all that waits, see to the prices of what is booked, and look what it all comes to."""
        error: LedgerError | None = None
        async with self._settling:
            try:
                await self._async_book()
                await self._async_price()
                await self._async_count()
            except LedgerError as failure:
                error, self.savings = failure, None
            self._tell(error)

    async def _async_book(self) -> None:
        waiting = self._memory.unbooked
        prices = quarter_prices(self._prices.pricer, (one.metered.start for one in waiting))
        while waiting:
            one = waiting[0]
            if one.metered.start not in prices:
                self._priced.pop(self._day(one.metered.start), None)
            await self._database.async_do(partial(self._book, one, prices.get(one.metered.start)))
            if waiting[0] is one:  # where too many wait, the oldest has gone meanwhile
                waiting.popleft()

    def _book(self, one: PendingInterval, prices: EntryPrices | None, ledger: Ledger) -> None:
        previous = ledger.previous(self._name, one.metered.start)
        line = book_quarter(
            one.metered,
            self._battery,
            previous,
            prices=prices,
            action=one.deed.action,
            reason=one.deed.reason,
            expected=one.deed.expected,
        )
        ledger.write(self._name, [line])

    async def _async_price(self) -> None:
        """Price the lines anew whose spot price is not the market's: it was not known, or has been corrected.

        They are looked for in days of which there is news. A new tariff is none: it holds from when it is set.
        """
        pricer, news = self._prices.pricer, self._news()
        if not news:
            return
        lines = await self._database.async_do(partial(self._mispriced, news.values(), pricer.book.currency))
        prices = quarter_prices(pricer, (line.start for line in lines))
        known = [priced(line, prices[line.start], self._battery.wear_per_kwh) for line in lines if line.start in prices]
        if known:
            await self._database.async_do(lambda ledger: ledger.write(self._name, known))
        self._priced |= news
        for line in lines:
            if line.start not in prices:  # the tariff fails: look again
                self._priced.pop(self._day(line.start), None)

    def _news(self) -> dict[date, tuple[PriceSlot, ...]]:
        """The days whose slots the lines may not agree with; every one at first."""
        book, today = self._prices.pricer.book, self._day(dt_util.utcnow())
        days = {day: book.day(day).slots for day in (today - timedelta(past) for past in range(RETENTION.days + 1))}
        self._priced = {day: slots for day, slots in self._priced.items() if day in days}
        return {day: slots for day, slots in days.items() if slots != self._priced.get(day, ())}

    def _mispriced(self, days: Iterable[Iterable[PriceSlot]], currency: str, ledger: Ledger) -> tuple[LedgerEntry, ...]:
        spots = {start: price for slots in days for start, price in by_quarter(slots).items()}
        return ledger.mispriced(self._name, currency, spots)

    def _day(self, moment: datetime) -> date:
        """The day of the price book that holds a moment."""
        return moment.astimezone(self._prices.pricer.book.zone).date()

    async def _async_count(self) -> None:
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        currency, value = self._prices.pricer.book.currency, self._value_per_kwh()

        def task(ledger: Ledger) -> tuple[LedgerEntry | None, Savings]:
            return ledger.previous(self._name, now), ledger.savings(self._name, now, zone, currency, value)

        self.last, savings = await self._database.async_do(task)
        self.savings = savings if currency else None
        self._counted = quarter_start(now)

    def _value_per_kwh(self) -> float:
        """What a stored kWh counts: by the plan, or else what it saves at the mean price of today."""
        if (value := self._stored_value()) is not None:
            return value
        today = self._prices.data.today.statistics if self._prices.last_update_success else None
        return max(today.mean * self._settings.efficiency - self._settings.wear, 0.0) if today else 0.0

    @callback
    def _tell(self, error: LedgerError | None) -> None:
        if error is not None and self.error is None:
            LOGGER.warning("The books of %s cannot be kept: %s", self._entry.title, error)
        elif error is None and self.error is not None:
            LOGGER.info("The books of %s are kept again", self._entry.title)
        self.error = error
        for listener in tuple(self._listeners):
            listener()
