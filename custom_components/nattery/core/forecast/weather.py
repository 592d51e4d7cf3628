"""PV forecasts from cloud cover: clear-sky power times what the roof has given under such clouds."""

from typing import NamedTuple

from .cloud_cover import AHEAD_HOURS, CloudLog
from .cloud_response import MIN_CLEAR_KWH, CloudResponse, WeatherSkill, clear_energy, sunny_hours
from .history import PowerHistory
from .quantiles import Quantiles
from .quarters import PER_DAY, PER_HOUR
from .solar import PvHistoryModel, smooth_power
from .sun import Location


class LocalWeather(NamedTuple):
    """The location of a home and the log of the cloud cover there."""

    location: Location
    clouds: CloudLog


class PvWeatherModel:
    """A PV forecast from the forecast cloud cover; where the cover is unknown, from the history.

    What the roof gives is learned from the last forecast of each hour that has passed, which was the best one. The
    reliability of a day-ahead forecast is learned from day-ahead forecasts.
    """

    def __init__(self, history: PowerHistory, weather: LocalWeather, baseline: PvHistoryModel, now: int) -> None:
        """Learn from the hours before the quarter-hour `now`; `baseline` has learned from the same history."""
        self._location, clouds = weather
        self._cover = {} if clouds.is_stuck(now) else clouds.latest
        self._baseline = baseline
        self._day_ahead_from = now // PER_HOUR + AHEAD_HOURS
        hours = sunny_hours(history, self._location, clouds.latest, now)
        self._response = CloudResponse.learn(hours)
        self._near = WeatherSkill.learn(hours, self._response, clouds.latest)
        self._day_ahead = WeatherSkill.learn(hours, self._response, clouds.day_ahead)
        self.days = len({hour.day for hour in hours})

    def covers(self, number: int) -> bool:
        """Return whether a quarter-hour is forecast from the cloud cover."""
        return self.days > 0 and number // PER_HOUR in self._cover

    def predict(self, start: int, end: int) -> dict[int, Quantiles]:
        """Return the power (kW) of each quarter-hour in [start, end)."""
        return smooth_power(start, end, self._energy)

    def _energy(self, hour: int) -> Quantiles:
        """Return the energy (kWh) of an hour."""
        history, cover = self._baseline.energy(hour), self._cover.get(hour)
        clear = clear_energy(hour, self._location)
        if cover is None or clear <= MIN_CLEAR_KWH or not self.days:
            return history
        skill = self._day_ahead if hour >= self._day_ahead_from else self._near
        clear_kwh = self._response.gains[hour * PER_HOUR % PER_DAY // PER_HOUR] * clear
        return skill.energy(clear_kwh, clear_kwh * self._response.transmitted(cover), history)
