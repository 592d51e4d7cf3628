"""What providers of Home Assistant's energy platform say of the sun: those that its Energy dashboard names."""

from collections.abc import Mapping
from datetime import tzinfo

from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.websocket_api import async_get_energy_platforms
from homeassistant.core import HomeAssistant

from ..const import LOGGER
from ..core.forecast.production import Production, ProductionError


class SolarProviders:
    """Asks all of them and adds up what they say; one that fails is told of once and left out."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Ask on behalf of a house."""
        self._hass = hass
        self._failing: set[str] = set()

    async def async_production(self, zone: tzinfo) -> Production | None:
        """What they say together; None where there is none, or none that works."""
        if "energy" not in self._hass.config.components:
            return None
        manager = await async_get_manager(self._hass)
        sources = manager.data["energy_sources"] if manager.data else []
        entries = [
            entry_id
            for source in sources
            if source["type"] == "solar"
            for entry_id in source.get("config_entry_solar_forecast") or ()
        ]
        arrays = [array for entry_id in entries if (array := await self._async_ask(entry_id, zone)) is not None]
        return Production.of(arrays, zone) if arrays else None

    async def _async_ask(self, entry_id: str, zone: tzinfo) -> Mapping[str, float] | None:
        entry = self._hass.config_entries.async_get_entry(entry_id)
        platforms = await async_get_energy_platforms(self._hass)
        if entry is None or entry.domain not in platforms:
            return None
        try:
            said = await platforms[entry.domain](self._hass, entry_id)
            array: Mapping[str, float] | None = said["wh_hours"] if said else None
            if array:
                Production.of([array], zone)
        except ProductionError as error:
            self._complain(entry.title, error)
            return None
        except Exception as error:  # noqa: BLE001  (it is somebody else's, and may fail in any way)
            self._complain(entry.title, error)
            return None
        self._failing.discard(entry.title)
        return array

    def _complain(self, title: str, error: Exception) -> None:
        if title not in self._failing:
            self._failing.add(title)
            LOGGER.warning("The solar forecast of %s cannot be used: %s", title, error)
