"""The days before Home Assistant knew the device, from what the device remembers of them."""

from collections.abc import Mapping
from datetime import date

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..core.app.household_history import HouseholdHistory
from ..core.app.measurements import EnergyHistory
from ..core.forecast.cold_start import load_from_daily_energy, pv_from_daily_energy
from ..core.forecast.sun import Location


class ColdStart:
    """Fills a short history with the daily energies that the device remembers; asks for them once a day at most."""

    def __init__(self, hass: HomeAssistant, history: EnergyHistory) -> None:
        """Ask nothing before a history is short."""
        self._hass, self._history = hass, history
        self._asked_on: date | None = None  # by the device's clock
        self._load: Mapping[int, float] = {}
        self._pv: Mapping[int, float] = {}

    async def async_fill(self, known: HouseholdHistory) -> HouseholdHistory:
        """Return the history with assumed powers where it is short, unchanged while the device does not answer."""
        if not known.short:
            return known
        if self._asked_on != self._history.today:
            await self._async_ask()
        return known.assuming(self._load, self._pv)

    async def _async_ask(self) -> None:
        energies = await self._history.async_daily_energies()
        if energies is None:
            return
        self._asked_on = energies.today
        zone = dt_util.get_default_time_zone()
        place = Location(self._hass.config.latitude, self._hass.config.longitude)
        self._load = await self._hass.async_add_executor_job(load_from_daily_energy, energies.load, zone)
        self._pv = await self._hass.async_add_executor_job(pv_from_daily_energy, energies.pv, zone, place)
