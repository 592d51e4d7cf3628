"""Keeps the books of one house: meters every reading, and writes a line when a quarter-hour has ended.

What is lost when Home Assistant is killed is at most the last minute of the running quarter-hour, which is then a gap;
lines that were written are safe.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.action import ActionKind
from ..core.ledger.booking import book_quarter, priced
from ..core.ledger.errors import LedgerError, MeterStateError, MissingDriverError
from ..core.ledger.meter import Meter, Reading
from ..core.ledger.quarter import Expectation, Metered, Prices, Quarter, Reason, quarter_start
from ..core.ledger.reports import Period, Report, Savings
from ..core.market.tariff import Kind
from ..prices.coordinator import PriceCoordinator
from .settings import Settings

if TYPE_CHECKING:
    from ..core.ledger.book import Ledger
    from ..site import Site

FILE: Final = "nattery.db"
_STORE_VERSION: Final = 1
_MINUTE: Final = timedelta(minutes=1)
_READINGS: Final = ("grid_power", "battery_power", "pv_power", "load_power", "battery_soc")
_PERCENT: Final = 100
_POSTGRESQL: Final = ("postgresql:", "postgres:", "postgresql+psycopg2:")
_DRIVER: Final = "psycopg2-binary>=2.9.11"
_EXPECTED_KEPT: Final = 8  # quarter-hours; a line is written a minute after the end of its own
_WAITING_KEPT: Final = 35_040  # quarter-hours that wait for a database which is away: a year of them


def meter_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where the running quarter-hour is kept."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.meter")


class Bookkeeper:
    """Meter and ledger of one house; the database is only touched in executors, one call after the other."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        site: Site,
        settings: Settings,
        prices: PriceCoordinator,
        stored_value: Callable[[], float | None],
    ) -> None:
        """Describe it; `stored_value` is what a stored kWh counts in reports, None where nobody knows."""
        self.savings: Savings | None = None
        self.error: LedgerError | None = None
        self._hass = hass
        self._entry = entry
        self._site = site
        self._settings = settings
        self._prices = prices
        self._stored_value = stored_value
        self._battery = settings.battery(settings.soc_min)  # how much it holds is the meter's to say
        self._store = meter_store(hass, entry.entry_id)
        self._meter = Meter()
        self._expected: dict[datetime, tuple[ActionKind, Reason, Expectation | None]] = {}
        self._waiting: deque[Metered] = deque(maxlen=_WAITING_KEPT)
        self._ledger: Ledger | None = None
        self._busy = asyncio.Lock()
        self._stops: list[CALLBACK_TYPE] = []
        self._listeners: list[Callable[[], None]] = []

    async def async_open(self) -> None:
        """Go on with the running quarter-hour, and follow readings and prices."""
        try:
            self._meter = Meter.from_dict(await self._store.async_load())
        except (MeterStateError, HomeAssistantError) as error:
            LOGGER.warning("The running quarter-hour of %s begins anew: %s", self._entry.title, error)
        self._stops = [
            self._site.readings.async_add_listener(self._read),
            self._prices.async_add_listener(self._price_soon),
            async_track_time_interval(self._hass, self._minute, _MINUTE, cancel_on_shutdown=True),
        ]
        self._write_soon()

    async def async_close(self) -> None:
        """Write what has ended, and keep what has not."""
        for stop in self._stops:
            stop()
        self._stops.clear()
        await self._async_write()
        await self._store.async_save(self._meter.to_dict())

    @callback
    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Be told when there are new figures; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_expect(self, at: datetime, kind: ActionKind, reason: Reason, expected: Expectation | None = None) -> None:
        """What is done and was planned in the quarter-hour that holds `at`; the last word before its end counts."""
        start = quarter_start(at)
        self._expected[start] = (kind, reason, expected or self._expected.get(start, (kind, reason, None))[2])
        self._expected = dict(sorted(self._expected.items())[-_EXPECTED_KEPT:])

    async def async_read(self, start: datetime, end: datetime) -> tuple[Quarter, ...]:
        """The lines from `start` on that begin before `end`; raises LedgerError."""
        return await self._async_call(lambda ledger: ledger.read(self._name, start, end))

    async def async_reports(self, periods: tuple[Period, ...]) -> tuple[Report, ...]:
        """Reports of some periods, in the currency of the prices; raises LedgerError."""
        currency, worth = self._prices.pricer.book.currency, self._worth
        return await self._async_call(lambda ledger: ledger.reports(self._name, periods, currency, worth))

    @property
    def place(self) -> Path | str:
        """Where the book is: a file, or the address of a database (which may hold a password)."""
        return self._settings.ledger or Path(self._hass.config.path(FILE))

    @property
    def _name(self) -> str:
        return self._entry.unique_id or self._entry.entry_id

    @property
    def _worth(self) -> float:
        """What a stored kWh counts: by the plan, or else what it saves at the mean price of today."""
        if (worth := self._stored_value()) is not None:
            return worth
        day = self._prices.data.today.statistics if self._prices.last_update_success else None
        return max(day.mean * self._settings.efficiency - self._settings.wear, 0.0) if day else 0.0

    # --- metering

    @callback
    def _read(self) -> None:
        if not self._site.readings.last_update_success:
            return
        values = [self._site.value(key) for key in _READINGS]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        if len(numbers) < len(_READINGS):
            return
        grid, battery, pv, load, soc = numbers
        self._take(self._meter.add(Reading(dt_util.utcnow(), grid, battery, pv, load, soc / _PERCENT)))

    @callback
    def _minute(self, now: datetime) -> None:
        self._take(self._meter.flush(now))
        self._store.async_delay_save(self._meter.to_dict, 0)
        if self._waiting:
            self._write_soon()

    @callback
    def _take(self, ended: tuple[Metered, ...]) -> None:
        if ended:
            self._waiting += ended
            self._write_soon()

    # --- booking

    @callback
    def _write_soon(self) -> None:
        self._entry.async_create_background_task(self._hass, self._async_write(), f"{DOMAIN} ledger")

    @callback
    def _price_soon(self) -> None:
        self._entry.async_create_background_task(self._hass, self._async_price(), f"{DOMAIN} ledger prices")

    async def _async_write(self) -> None:
        """Write all that waits; what cannot be written waits on."""
        async with self._busy:
            try:
                while self._waiting:
                    await self._async_book(self._waiting[0])
                    self._waiting.popleft()
                await self._async_count()
            except LedgerError as error:
                self._fail(error)
                return
        self._succeed()

    async def _async_book(self, metered: Metered) -> None:
        kind, reason, expected = self._expected.get(metered.start, (None, None, None))
        prices = self._prices_of(metered.start)

        def work(ledger: Ledger) -> None:
            previous = ledger.previous(self._name, metered.start)
            line = book_quarter(
                metered, self._battery, previous, prices=prices, action=kind, reason=reason, expected=expected
            )
            ledger.write(self._name, [line])

        await self._async_call(work)

    async def _async_price(self) -> None:
        """Put prices to lines that were written without."""
        async with self._busy:
            try:
                lines = await self._async_call(lambda ledger: ledger.unpriced(self._name))
                wear = self._battery.wear_per_kwh
                known = [priced(line, prices, wear) for line in lines if (prices := self._prices_of(line.start))]
                if known:
                    await self._async_call(lambda ledger: ledger.write(self._name, known))
                    await self._async_count()
            except LedgerError as error:
                self._fail(error)
                return
        self._succeed()

    async def _async_count(self) -> None:
        currency, worth = self._prices.pricer.book.currency, self._worth
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        if currency:
            self.savings = await self._async_call(lambda ledger: ledger.savings(self._name, now, zone, currency, worth))

    def _prices_of(self, start: datetime) -> Prices | None:
        """The prices of a quarter-hour, whatever the length of the exchange's slots."""
        pricer = self._prices.pricer
        if not self._prices.last_update_success:
            return None
        day = pricer.day(start.astimezone(pricer.book.zone).date())
        found = {kind: slot.price for kind in Kind for slot in day.slots[kind] if slot.start <= start < slot.end}
        if Kind.IMPORT not in found or Kind.EXPORT not in found:
            return None
        return Prices(pricer.book.currency, found[Kind.IMPORT], found[Kind.EXPORT], found.get(Kind.SPOT))

    async def _async_call[T](self, work: Callable[[Ledger], T]) -> T:
        """Do something with the ledger in an executor; opens it the first time. Raises LedgerError."""
        try:
            return await self._hass.async_add_executor_job(partial(self._call, work))
        except MissingDriverError:
            if not str(self._settings.ledger).startswith(_POSTGRESQL):
                raise
            try:
                await async_process_requirements(self._hass, DOMAIN, [_DRIVER])
            except RequirementsNotFound:
                raise MissingDriverError from None
            return await self._hass.async_add_executor_job(partial(self._call, work))

    def _call[T](self, work: Callable[[Ledger], T]) -> T:
        from ..core.ledger.book import Ledger  # noqa: PLC0415  (imports SQLAlchemy, which is for executors)

        if self._ledger is None:
            self._ledger = Ledger(self.place)
        return work(self._ledger)

    @callback
    def _fail(self, error: LedgerError) -> None:
        if self.error is None:
            LOGGER.warning("The books of %s cannot be kept: %s", self._entry.title, error)
        self.error = error
        self._tell()

    @callback
    def _succeed(self) -> None:
        if self.error is not None:
            LOGGER.info("The books of %s are kept again", self._entry.title)
        self.error = None
        self._tell()

    @callback
    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
