"""The cloud cover of a weather entity's hourly forecast, and its log."""

import asyncio
import logging
from typing import Any, Final

from homeassistant.components.weather.const import DOMAIN as WEATHER, SERVICE_GET_FORECASTS, WeatherEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..core.forecast.cloud_cover import CloudLog, CloudLogError, HourlyCover
from ..core.forecast.quarters import quarter
from ..core.forecast.sun import Location
from ..core.forecast.weather import LocalWeather
from .solar import PATIENCE

_STORE_VERSION: Final = 1
_SAVE_DELAY: Final = 600  # seconds


def cloud_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of the logged cloud cover."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.clouds")


class WeatherForecasts:
    """The hourly forecasts of the first weather entity, in order of entity ids, that gives the cloud cover.

    An entity with percentages takes precedence over one with conditions only.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Ask nothing yet."""
        self._hass, self._entry = hass, entry
        self._store = cloud_store(hass, entry.entry_id)
        self._log = CloudLog()
        self._warned: set[str] = set()  # entity ids
        self.asked = False

    async def async_open(self) -> None:
        """Load the log of earlier forecasts."""
        try:
            if (data := await self._store.async_load()) is not None:
                self._log = CloudLog.from_dict(data)
        except (CloudLogError, HomeAssistantError) as error:  # damaged, or of a later version
            LOGGER.warning("The log of cloud cover of %s is discarded: %s", self._entry.title, error)

    async def async_close(self) -> None:
        """Store the log if there is any."""
        if self._log:
            await self._store.async_save(self._log.to_dict())

    @property
    def local_weather(self) -> LocalWeather | None:
        """What is known of the weather now, or None if that is nothing."""
        location = Location(self._hass.config.latitude, self._hass.config.longitude)
        return LocalWeather(location, self._log.copy()) if self._log else None

    async def async_ask(self) -> bool:
        """Log the present forecast, and return whether it differs from the one before; raises nothing."""
        self.asked = True
        cover = await self._async_cover()
        is_news = self._log.add(quarter(dt_util.utcnow()), cover.by_hour)
        if is_news:
            self._store.async_delay_save(self._log.to_dict, _SAVE_DELAY)
        return is_news

    async def _async_cover(self) -> HourlyCover:
        """Return the cover of the first entity with percentages, else of the first one that gives any."""
        found = HourlyCover({}, has_percentages=False)
        for entity_id in self._entity_ids():
            cover = await self._async_cover_of(entity_id)
            if cover.has_percentages:
                return cover
            found = found if found.by_hour else cover
        return found

    def _entity_ids(self) -> list[str]:
        """Return the weather entities with an hourly forecast."""
        return sorted(
            state.entity_id
            for state in self._hass.states.async_all(WEATHER)
            if isinstance(features := state.attributes.get(ATTR_SUPPORTED_FEATURES), int)
            and features & WeatherEntityFeature.FORECAST_HOURLY
        )

    async def _async_cover_of(self, entity_id: str) -> HourlyCover:
        """Return the cover that an entity forecasts; if it fails, there is none and one warning."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._hass.services.async_call(
                    WEATHER,
                    SERVICE_GET_FORECASTS,
                    {ATTR_ENTITY_ID: entity_id, "type": "hourly"},
                    blocking=True,
                    return_response=True,
                )
            items = answer[entity_id]["forecast"] if answer else None  # type: ignore[index, call-overload]
            cover = await self._hass.async_add_executor_job(HourlyCover.from_items, items)
        except Exception as error:  # noqa: BLE001  (the code of another integration may fail in any way)
            starting = self._hass.state is not CoreState.running  # the integration may be about to be loaded
            level = logging.DEBUG if entity_id in self._warned or starting else logging.WARNING
            # The text of another integration's error may hold a URL with a key.
            LOGGER.log(level, "The forecast of %s cannot be used: %s", entity_id, type(error).__name__)
            if not starting:
                self._warned.add(entity_id)
            return HourlyCover({}, has_percentages=False)
        self._warned.discard(entity_id)
        return cover
