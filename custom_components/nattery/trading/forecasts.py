"""Forecasts of one house: learned from its history, made when they are wanted, and judged by what came."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_RECORDER_HOURLY_STATISTICS_GENERATED
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.explanation import Note
from ..core.forecast.forecast import Forecast, Forecaster
from ..core.forecast.forecast_log import ForecastLog, ForecastLogError
from ..core.forecast.provider import ProviderForecast
from ..core.forecast.quality import ForecastQuality, load_quality, pv_quality
from ..core.forecast.quarters import PER_DAY, day_edges, local_quarter, quarter
from ..core.ledger.entry import MeteredInterval
from .cold_start import FirstDays
from .history import Past, async_past
from .house import House
from .solar import Array, SolarProviders

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 600  # seconds; there is something to keep every quarter-hour
_ASK_AT: Final = (5, 20, 35, 50)  # minutes at which the providers are looked at, apart from everybody's quarters

type Listener = Callable[[], None]


def forecast_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where is kept what was forecast."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.forecasts")


@dataclass(frozen=True, slots=True)
class _Learned:
    """What was learned in a quarter-hour (its number), and what the forecast of all of tomorrow is."""

    at: int
    knows: Forecaster
    production: ProviderForecast
    tomorrow: Forecast
    load_quality: ForecastQuality | None
    pv_quality: ForecastQuality | None

    def forecast(self, start: datetime, slots: int) -> Forecast:
        """The forecast of some quarter-hours with all that is known of the day so far; raises ValueError."""
        return self.knows.revise(self.knows.forecast(start, slots, self.production), self.production)


class ForecastService:
    """Load and PV of the house; all the work is done in executors.

    `load_quality` and `pv_quality` tell how good the last days' forecasts were, None until a day can be judged; they
    are as old as the last forecast.
    """

    load_quality: ForecastQuality | None = None
    pv_quality: ForecastQuality | None = None

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        house: House,
        metered: Callable[[], Iterable[MeteredInterval]] = tuple,
    ) -> None:
        """Describe them; nothing runs before `async_open`, and nothing is made before the inverter is met.

        `metered` gives the quarter-hours that have just ended.
        """
        self._metered = metered
        self._hass = hass
        self._entry = entry
        self._house = house
        self._store = forecast_store(hass, entry.entry_id)
        self._solar = SolarProviders(hass)
        self._record = ForecastLog()
        self._past: Past | None = Past()
        self._first_days = FirstDays(hass, house)
        self._learned: _Learned | None = None
        self._stale = False  # whether there is more to learn from than was learned from
        self._failing = False
        self._learning = asyncio.Lock()
        self._stops: list[CALLBACK_TYPE] = []
        self._listeners: list[Listener] = []

    async def async_open(self) -> None:
        """Take up the record of earlier forecasts, and look out for news."""
        try:
            if (data := await self._store.async_load()) is not None:
                self._record = ForecastLog.from_dict(data)
        except (ForecastLogError, HomeAssistantError) as error:  # damaged, or of a later version
            LOGGER.warning("The record of forecasts of %s begins anew: %s", self._entry.title, error)
        self._stops = [
            self._hass.bus.async_listen(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED, self._tell),
            async_track_utc_time_change(self._hass, self._look, minute=_ASK_AT, second=0),
            async_at_started(self._hass, self._look),
        ]

    async def async_close(self) -> None:
        """Look out no longer, and keep the record."""
        for stop in self._stops:
            stop()
        self._stops.clear()
        async with self._learning:
            await self._store.async_save(self._record.to_dict())

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Be told when a new forecast would be another: a provider says something else, or an hour has come to an end.

        The answer ends that.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def async_make(self, start: datetime, slots: int) -> Forecast:
        """The forecast of some quarter-hours, the first of them the one that holds `start`; raises ValueError.

        Those that have passed are as they came, where that is known. It is learned anew once a quarter-hour, and when
        there is news. What cannot be had is said in its notes.
        """
        async with self._learning:
            learned = self._learned
            if learned is None or self._stale or learned.at != quarter(dt_util.utcnow()):
                learned = self._learned = await self._async_learn(dt_util.utcnow())
        told = await self._hass.async_add_executor_job(learned.forecast, start, slots)
        return replace(told, notes=(*told.notes, *self._notes()))

    async def _async_learn(self, now: datetime) -> _Learned:
        self._stale = False
        if self._solar.arrays is None:
            await self._solar.async_ask()
        await self._async_read(now)
        zone = dt_util.get_default_time_zone()
        past = await self._first_days.async_fill((self._past or Past()).filled(self._metered()))
        work = (now, zone, past, self._record, self._solar.arrays or ())
        learned = await self._hass.async_add_executor_job(_learn, *work)
        learned.tomorrow.log_to(self._record, zone)
        self._store.async_delay_save(self._record.to_dict, _SAVE_DELAY)
        self.load_quality, self.pv_quality = learned.load_quality, learned.pv_quality
        return learned

    async def _async_read(self, now: datetime) -> None:
        """Read the past anew; where the database fails, what was read before must do."""
        try:
            self._past = await async_past(self._hass, self._house.identity.serial_number, now)
        except Exception as error:  # noqa: BLE001  (whatever a database says must not end in no plan)
            if not self._failing:
                LOGGER.warning("The history of %s cannot be read: %s", self._entry.title, type(error).__name__)
            self._failing = True
        else:
            self._failing = False

    def _notes(self) -> Iterator[Note]:
        """What a person should know about where the forecasts come from."""
        if self._past is None:
            yield Note("no_recorder")
        if self._failing:
            yield Note("history_unreadable")
        if self._solar.silent:
            yield Note("solar_silent", {"arrays": ", ".join(self._solar.silent)})

    @callback
    def _look(self, _: object) -> None:
        self._entry.async_create_background_task(self._hass, self._async_look(), f"{self._entry.title} solar forecasts")

    async def _async_look(self) -> None:
        if await self._solar.async_ask():
            self._tell()

    @callback
    def _tell(self, _: Event | None = None) -> None:
        self._stale = True
        for listener in tuple(self._listeners):
            listener()


def _learn(now: datetime, zone: tzinfo, past: Past, record: ForecastLog, arrays: tuple[Array, ...]) -> _Learned:
    """Learn, judge, and say what there is to say of tomorrow; some ten milliseconds of work for an executor."""
    knows = Forecaster.learn(now, zone, past.load, past.pv, record)
    production = ProviderForecast.from_arrays(arrays, zone)
    at = quarter(now)
    _, end = day_edges(local_quarter(at, zone) // PER_DAY + 1, zone)
    return _Learned(
        at,
        knows,
        production,
        knows.forecast(now, end - at, production),
        load_quality(record, past.load, now),
        pv_quality(record, past.pv, now),
    )
