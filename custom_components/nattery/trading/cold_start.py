"""The days before Home Assistant met the inverter, as far as that remembers them itself."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..core.forecast.cold_start import Location, load_from_daily_energy, pv_from_daily_energy
from ..core.inverter.codec import Value
from .history import Past
from .house import House

_CLOCK, _LOAD, _PV = _KEYS = ("clock", "load_energy_history", "pv_energy_history")
_DAY: Final = timedelta(days=1)


class FirstDays:
    """The energies of the last seven days, which most houses do not poll; asked for once a day, if at all."""

    def __init__(self, hass: HomeAssistant, house: House) -> None:
        """Nothing is asked before it is wanted."""
        self._hass, self._house = hass, house
        self._asked_on: date | None = None  # by the inverter's clock
        self._load: Mapping[int, float] = {}
        self._pv: Mapping[int, float] = {}

    async def async_fill(self, past: Past) -> Past:
        """The past, with what may be assumed where it is short; as it is while the inverter does not tell."""
        if not (past.load.is_short or past.pv.is_short):
            return past
        if self._asked_on != self._house.today and self._house.readings.last_update_success:
            await self._async_ask()
        return Past(past.load.with_assumed(self._load), past.pv.with_assumed(self._pv))

    async def _async_ask(self) -> None:
        """Its days end when its own clock says so. Those of a clock that is days off are not the house's days."""
        report = await self._house.inverter.read_registers(_KEYS)
        clock = report.values.get(_CLOCK)
        if report.failed or not isinstance(clock, datetime) or abs(clock.date() - self._house.today) > _DAY:
            return
        self._asked_on = clock.date()
        load, pv = (_by_day(report.values[key], self._asked_on) for key in (_LOAD, _PV))
        zone = dt_util.get_default_time_zone()
        place = Location(self._hass.config.latitude, self._hass.config.longitude)
        self._load = await self._hass.async_add_executor_job(load_from_daily_energy, load, zone)
        self._pv = await self._hass.async_add_executor_job(pv_from_daily_energy, pv, zone, place)


def _by_day(value: Value, today: date) -> dict[date, float]:
    """The kWh of each day; the register has yesterday first."""
    energies = value if isinstance(value, list) else []
    return {today - back * _DAY: kwh for back, kwh in enumerate(energies, 1) if isinstance(kwh, int | float)}
