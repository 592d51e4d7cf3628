"""Forecasts of one house: learned from its history, made when they are wanted, and judged by what came."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.forecast.forecast import Forecast, Forecaster
from ..core.forecast.history import History
from ..core.forecast.quality import Quality, load_quality, pv_quality
from ..core.forecast.record import Record, RecordError
from .history import async_history
from .solar import SolarProviders

if TYPE_CHECKING:
    from ..site import Site

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 60
_STALE: Final = timedelta(minutes=14)  # what was learned is used for the rest of a quarter-hour
_AHEAD: Final = timedelta(days=2)  # so far, whatever is asked for: tomorrow must be in it to be judged
_QUARTER: Final = timedelta(minutes=15)


def forecast_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where is kept what was forecast."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.forecasts")


class Forecasts:
    """Load and PV of the house; all the work is done in executors."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, site: Site) -> None:
        """Describe them; nothing runs before `async_open`."""
        self._hass = hass
        self._entry = entry
        self._site = site
        self._store = forecast_store(hass, entry.entry_id)
        self._solar = SolarProviders(hass)
        self._record = Record()
        self._learned_at: datetime | None = None
        self._forecaster: Forecaster | None = None
        self.load_quality: Quality | None = None
        self.pv_quality: Quality | None = None

    async def async_open(self) -> None:
        """Take up the record of earlier forecasts."""
        try:
            if (data := await self._store.async_load()) is not None:
                self._record = Record.from_dict(data)
        except (RecordError, HomeAssistantError) as error:  # damaged, or of a later version
            LOGGER.warning("The record of forecasts of %s begins anew: %s", self._entry.title, error)

    async def async_close(self) -> None:
        """Keep the record."""
        await self._store.async_save(self._record.to_dict())

    async def async_make(self, start: datetime, slots: int) -> Forecast:
        """The forecast of quarter-hours, the first of them the one that holds `start`."""
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        forecaster = await self._async_learned(now)
        production = await self._solar.async_production(zone)
        longest = max(slots, _AHEAD // _QUARTER)
        forecast = await self._hass.async_add_executor_job(forecaster.forecast, start, longest, production)
        forecast.keep(self._record, zone)
        self._store.async_delay_save(self._record.to_dict, _SAVE_DELAY)
        return forecast

    async def _async_learned(self, now: datetime) -> Forecaster:
        forecaster = self._forecaster
        if forecaster is None or self._learned_at is None or now - self._learned_at > _STALE:
            load = await async_history(self._hass, self._site, "load", now)
            pv = await async_history(self._hass, self._site, "pv", now)
            work = partial(_learn, now, self._record, load, pv)
            learned, self.load_quality, self.pv_quality = await self._hass.async_add_executor_job(work)
            self._forecaster, self._learned_at = learned, now
            return learned
        return forecaster


def _learn(
    now: datetime, record: Record, load: History, pv: History
) -> tuple[Forecaster, Quality | None, Quality | None]:
    forecaster = Forecaster.learn(now, dt_util.get_default_time_zone(), load, pv, record)
    return forecaster, load_quality(record, load, now), pv_quality(record, pv, now)
