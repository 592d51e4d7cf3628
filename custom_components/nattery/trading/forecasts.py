"""Forecasts of one household: learned from its history and judged by what came."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
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
from ..core.app.home_past import HomePast
from ..core.app.household_history import HouseholdHistory
from ..core.app.learned_forecaster import LearnedForecaster
from ..core.app.measurements import EnergyHistory
from ..core.explanation import Explanation
from ..core.forecast.forecast import Forecast
from ..core.forecast.forecast_log import ForecastLog, ForecastLogError
from ..core.forecast.notes import ADD_PROVIDER, HISTORY_UNREADABLE, NO_RECORDER, SOLAR_SILENT
from ..core.forecast.quality import ForecastQuality
from ..core.forecast.quarters import quarter
from ..core.ledger.entry import QUARTER_HOURS, ForecastEnergies, MeteredInterval
from .cold_start import ColdStart
from .solar import SolarProviders
from .statistics import async_household_history
from .weather import WeatherForecasts

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 600  # seconds; the log changes every quarter-hour
_PROVIDER_MINUTES: Final = (5, 20, 35, 50)  # of every hour; apart from the quarter-hours, at which plans are made

type Listener = Callable[[], None]


def forecast_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of the logged forecasts."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.forecasts")


class ForecastService:
    """Load and PV forecasts, calculated in executors.

    `load_quality` and `pv_quality` are those of the last days' forecasts as of the last forecast, None until there is a
    day to judge.
    """

    load_quality: ForecastQuality | None = None
    pv_quality: ForecastQuality | None = None

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        energy_history: EnergyHistory,
        metered: Callable[[], Iterable[MeteredInterval]] = tuple,
    ) -> None:
        """Start nothing before `async_open`; `metered` returns the quarter-hours that have just ended."""
        self._hass = hass
        self._entry = entry
        self._energy_history = energy_history
        self._metered = metered
        self._store = forecast_store(hass, entry.entry_id)
        self._solar = SolarProviders(hass)
        self._weather = WeatherForecasts(hass, entry)
        self._log = ForecastLog()
        self._history: HouseholdHistory | None = HouseholdHistory()
        self._history_fails = False
        self._cold_start = ColdStart(hass, energy_history)
        self._learned: LearnedForecaster | None = None
        self._outdated = False  # whether there is more to learn from than what was learned from
        self._learning = asyncio.Lock()
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._listeners: list[Listener] = []

    async def async_open(self) -> None:
        """Load the log of earlier forecasts, and follow statistics and providers."""
        try:
            if (data := await self._store.async_load()) is not None:
                self._log = ForecastLog.from_dict(data)
        except (ForecastLogError, HomeAssistantError) as error:  # damaged, or of a later version
            LOGGER.warning("The forecast log of %s is discarded: %s", self._entry.title, error)
        await self._weather.async_open()
        self._unsubscribe = [
            self._hass.bus.async_listen(EVENT_RECORDER_HOURLY_STATISTICS_GENERATED, self._outdate),
            async_track_utc_time_change(self._hass, self._ask_providers, minute=_PROVIDER_MINUTES, second=0),
            async_at_started(self._hass, self._ask_providers),
        ]

    async def async_close(self) -> None:
        """Follow nothing any longer, and store the log."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        async with self._learning:
            await self._store.async_save(self._log.to_dict())
            await self._weather.async_close()

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call a listener when a solar or weather forecast changes or an hour has ended; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def async_forecast(self, start: datetime, slots: int) -> Forecast:
        """Return the forecast of some quarter-hours from the one that contains `start`; raises ValueError.

        Those that have passed have their real values if these are known. It learns once a quarter-hour, and again when
        there is more to learn from. Its notes say what is missing.
        """
        async with self._learning:
            learned = self._learned
            if learned is None or self._outdated or learned.at != quarter(dt_util.utcnow()):
                learned = self._learned = await self._async_learn(dt_util.utcnow())
        forecast = await self._hass.async_add_executor_job(learned.forecast, start, slots)
        return replace(forecast, notes=(*forecast.notes, *self._notes()))

    @property
    def past(self) -> HomePast | None:
        """The home's past as it was for the last forecast, or None before the first one."""
        return self._learned.past if self._learned else None

    def issued(self, at: datetime) -> ForecastEnergies | None:
        """Return the forecast of the quarter-hour that contains `at`, as made at the start of its local day.

        For tomorrow it is the last one made. None if there is none.
        """
        powers = self._log.issued(quarter(at))
        return ForecastEnergies(*(kw * QUARTER_HOURS for kw in powers)) if powers else None

    async def _async_learn(self, now: datetime) -> LearnedForecaster:
        self._outdated = False
        if self._solar.arrays is None:
            await self._solar.async_ask()
        if not self._weather.asked:
            await self._weather.async_ask()
        await self._async_read_history(now)
        zone = dt_util.get_default_time_zone()
        known = (self._history or HouseholdHistory()).filled(self._metered())
        history = await self._cold_start.async_fill(known)
        learned = await self._hass.async_add_executor_job(
            LearnedForecaster.learn,
            now,
            zone,
            history,
            self._log,
            self._solar.arrays or (),
            self._weather.local_weather,
        )
        learned.tomorrow.log_to(self._log, zone)
        self._store.async_delay_save(self._log.to_dict, _SAVE_DELAY)
        self.load_quality, self.pv_quality = learned.load_quality, learned.pv_quality
        return learned

    async def _async_read_history(self, now: datetime) -> None:
        """Read the statistics; if the database fails, the history that was read before stays."""
        try:
            self._history = await async_household_history(self._hass, self._energy_history.statistic_ids, now)
        except Exception as error:  # noqa: BLE001  (no error of a database may prevent a plan)
            if not self._history_fails:
                LOGGER.warning("The history of %s cannot be read: %s", self._entry.title, type(error).__name__)
            self._history_fails = True
        else:
            self._history_fails = False

    def _notes(self) -> Iterator[Explanation]:
        """Yield what is missing to learn from."""
        if self._history is None:
            yield Explanation(NO_RECORDER)
        if self._history_fails:
            yield Explanation(HISTORY_UNREADABLE)
        if self._solar.silent:
            yield Explanation(SOLAR_SILENT, {"arrays": tuple(self._solar.silent)})
        if not self._solar.named and self._history is not None and any(self._history.pv.power.values()):
            yield Explanation(ADD_PROVIDER)

    @callback
    def _ask_providers(self, _: object) -> None:
        self._entry.async_create_background_task(
            self._hass, self._async_ask_providers(), f"{self._entry.title} solar forecasts"
        )

    async def _async_ask_providers(self) -> None:
        changed = await asyncio.gather(self._solar.async_ask(), self._weather.async_ask())
        if any(changed):
            self._outdate()

    @callback
    def _outdate(self, _: Event | None = None) -> None:
        self._outdated = True
        for listener in tuple(self._listeners):
            listener()
