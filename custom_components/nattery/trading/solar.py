"""What providers of Home Assistant's energy platform say of the sun: those that its Energy dashboard names."""

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
    from homeassistant.components.energy.types import GetSolarForecastType as Ask

PATIENCE: Final = 10  # seconds; most providers answer from memory

type Array = Mapping[str, float]


class SolarProviders:
    """Each is one array of the roof. What one has said stands, as far ahead as it went, while it says nothing new.

    One that has never said anything makes the sum of the others a part of the roof, which is worse than none: `arrays`
    is empty then, and `silent` names it. `arrays` is None before anybody was asked.
    """

    arrays: tuple[Array, ...] | None = None
    silent: tuple[str, ...] = ()

    def __init__(self, hass: HomeAssistant) -> None:
        """Ask on behalf of a house."""
        self._hass = hass
        self._said: dict[str, Array] = {}  # by config entry
        self._complained: set[str] = set()

    async def async_ask(self) -> bool:
        """Ask all of them at once; whether anything differs from when they were asked before. Raises nothing."""
        before = self.arrays, self.silent
        named = await self._async_named()
        answers = await asyncio.gather(*(self._async_answer(entry, ask) for entry, ask in named))
        said, silent = {}, []
        for (entry, _), answer in zip(named, answers, strict=True):
            if (array := answer or self._said.get(entry.entry_id)) is None:
                silent.append(entry.title)
            else:
                said[entry.entry_id] = array
        self._said, self.silent = said, tuple(silent)
        self.arrays = () if silent else tuple(said.values())
        return before[0] is not None and (self.arrays, self.silent) != before

    async def _async_named(self) -> list[tuple[ConfigEntry, Ask | None]]:
        """The config entries that the dashboard's solar sources name, each once, and how to ask them."""
        if "energy" not in self._hass.config.components:
            return []
        from homeassistant.components.energy.data import async_get_manager  # noqa: PLC0415  (needs the recorder's)
        from homeassistant.components.energy.websocket_api import (  # noqa: PLC0415
            async_get_energy_platforms,
        )

        manager = await async_get_manager(self._hass)
        platforms = await async_get_energy_platforms(self._hass)
        names = {
            entry_id: None
            for source in (manager.data["energy_sources"] if manager.data else ())
            if source["type"] == "solar"
            for entry_id in source.get("config_entry_solar_forecast") or ()
        }
        entries = (self._hass.config_entries.async_get_entry(entry_id) for entry_id in names)
        return [(entry, platforms.get(entry.domain)) for entry in entries if entry and not entry.disabled_by]

    async def _async_answer(self, entry: ConfigEntry, ask: Ask | None) -> Array | None:
        """What one says; None where it says nothing that can be used, of which the log tells once."""
        try:
            array = await self._async_array(entry, ask)
        except Exception as error:  # noqa: BLE001  (it is somebody else's, and may fail in any way)
            # Others' errors may have addresses with keys in them.
            reason = error if isinstance(error, ProviderForecastError) else type(error).__name__
            told = entry.entry_id in self._complained
            starting = self._hass.state is not CoreState.running  # and it may be about to be loaded
            level = logging.DEBUG if told or starting else logging.WARNING
            LOGGER.log(level, "The solar forecast of %s cannot be used: %s", entry.title, reason)
            if not starting:
                self._complained.add(entry.entry_id)
            return None
        self._complained.discard(entry.entry_id)
        return array

    async def _async_array(self, entry: ConfigEntry, ask: Ask | None) -> Array:
        if ask is None:
            raise ProviderForecastError(f"{entry.domain} is not loaded, or gives no forecasts")
        async with asyncio.timeout(PATIENCE):
            told = await ask(self._hass, entry.entry_id)
        if not told or not told["wh_hours"]:
            raise ProviderForecastError("It says nothing")
        array = {**told["wh_hours"]}
        if array != self._said.get(entry.entry_id):
            await self._hass.async_add_executor_job(
                ProviderForecast.from_arrays, [array], dt_util.get_default_time_zone()
            )
        return array
