"""PV forecasts of the providers that Home Assistant's Energy dashboard names."""

import asyncio
from collections.abc import Mapping
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..core.forecast.provider import ProviderForecast, ProviderForecastError

if TYPE_CHECKING:
    from homeassistant.components.energy.types import GetSolarForecastType as GetForecast

PATIENCE: Final = 10  # seconds; most providers answer from memory

type Array = Mapping[str, float]


async def async_solar_providers(hass: HomeAssistant) -> list[tuple[ConfigEntry, GetForecast | None]]:
    """Return the config entries that the dashboard's solar sources name, each once, and how to ask them."""
    if "energy" not in hass.config.components:
        return []
    from homeassistant.components.energy.data import async_get_manager  # noqa: PLC0415  (imports the recorder)
    from homeassistant.components.energy.websocket_api import (  # noqa: PLC0415
        async_get_energy_platforms,
    )

    manager = await async_get_manager(hass)
    platforms = await async_get_energy_platforms(hass)
    names = {
        entry_id: None
        for source in (manager.data["energy_sources"] if manager.data else ())
        if source["type"] == "solar"
        for entry_id in source.get("config_entry_solar_forecast") or ()
    }
    entries = (hass.config_entries.async_get_entry(entry_id) for entry_id in names)
    return [(entry, platforms.get(entry.domain)) for entry in entries if entry and not entry.disabled_by]


class SolarProviders:
    """Each provider forecasts one array of the roof; its last answer stands until it gives another one.

    If one provider has never answered, the sum of the others would be a part of the roof, which is worse than no
    forecast: `arrays` is then empty and `silent` names that provider. `arrays` is None before anybody was asked.
    """

    arrays: tuple[Array, ...] | None = None
    named = False  # whether the dashboard names any provider
    silent: tuple[str, ...] = ()

    def __init__(self, hass: HomeAssistant) -> None:
        """Ask nothing yet."""
        self._hass = hass
        self._answers: dict[str, Array] = {}  # by config entry
        self._warned: set[str] = set()

    async def async_ask(self) -> bool:
        """Ask all providers at once, and return whether anything has changed since the last time; raises nothing."""
        before = self.arrays, self.silent
        providers = await async_solar_providers(self._hass)
        self.named = bool(providers)
        received = await asyncio.gather(*(self._async_answer(entry, ask) for entry, ask in providers))
        answers, silent = {}, []
        for (entry, _), answer in zip(providers, received, strict=True):
            if (array := answer or self._answers.get(entry.entry_id)) is None:
                silent.append(entry.title)
            else:
                answers[entry.entry_id] = array
        self._answers, self.silent = answers, tuple(silent)
        self.arrays = () if silent else tuple(answers.values())
        return before[0] is not None and (self.arrays, self.silent) != before

    async def _async_answer(self, entry: ConfigEntry, ask: GetForecast | None) -> Array | None:
        """Return a provider's forecast, or None and one warning if there is none that can be used."""
        try:
            array = await self._async_array(entry, ask)
        except Exception as error:  # noqa: BLE001  (the code of another integration may fail in any way)
            # The text of another integration's error may hold a URL with a key.
            reason = error if isinstance(error, ProviderForecastError) else type(error).__name__
            starting = self._hass.state is not CoreState.running  # the provider may be about to be loaded
            level = logging.DEBUG if entry.entry_id in self._warned or starting else logging.WARNING
            LOGGER.log(level, "The solar forecast of %s cannot be used: %s", entry.title, reason)
            if not starting:
                self._warned.add(entry.entry_id)
            return None
        self._warned.discard(entry.entry_id)
        return array

    async def _async_array(self, entry: ConfigEntry, ask: GetForecast | None) -> Array:
        if ask is None:
            raise ProviderForecastError(f"{entry.domain} is not loaded, or gives no forecasts")
        async with asyncio.timeout(PATIENCE):
            answer = await ask(self._hass, entry.entry_id)
        if not answer or not answer["wh_hours"]:
            raise ProviderForecastError("The forecast is empty")
        array = {**answer["wh_hours"]}
        if array != self._answers.get(entry.entry_id):
            await self._hass.async_add_executor_job(
                ProviderForecast.from_arrays, [array], dt_util.get_default_time_zone()
            )
        return array
