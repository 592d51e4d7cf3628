"""Synthetic roofs under synthetic clouds, with the cloud cover that a weather service forecasts; seeded."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
import math
from random import Random
from statistics import fmean
from typing import NamedTuple

from custom_components.nattery.core.forecast.cloud_cover import CloudLog
from custom_components.nattery.core.forecast.history import PowerHistory
from custom_components.nattery.core.forecast.quarters import PER_DAY, PER_HOUR, quarter
from custom_components.nattery.core.forecast.solar import PvHistoryModel
from custom_components.nattery.core.forecast.sun import Location, clear_sky
from custom_components.nattery.core.forecast.weather import LocalWeather, PvWeatherModel

from .houses import Power

HOME = Location(50.0, 10.0)
HORIZON_HOURS = 48  # of a weather forecast
ISSUED_EVERY = 6  # hours

_HOURS = 24
_ELEVEN = 44  # quarter-hours from midnight
_DAYLIGHT_KW = 0.1
type Roof = Callable[[int], float]  # kW under a clear sky with the sun in the zenith, by UTC hour of the day

ROOFS: dict[str, Roof] = {
    "south": lambda _: 8.0,
    "east": lambda hour: 6.0 if hour < 11 else 2.5,  # noqa: PLR2004
    "shaded": lambda hour: 5.0 * (0.35 if hour < 9 or hour == 15 else 1.0),  # noqa: PLR2004
}


class Weather(NamedTuple):
    """PV power (kW) by quarter-hour, and the forecasts of cloud cover by the quarter-hour they were issued in."""

    pv: Power
    forecasts: dict[int, dict[int, float]]

    def logs(self, moments: range) -> Iterator[tuple[int, CloudLog]]:
        """Yield quarter-hours, and the log as it is then."""
        log = CloudLog()
        waiting = sorted(self.forecasts, reverse=True)
        for now in moments:
            while waiting and waiting[-1] <= now:
                issued = waiting.pop()
                log.add(issued, self.forecasts[issued])
            yield now, log


def weather(seed: int, first: int, days: int, roof: Roof, *, error: float = 0.5) -> Weather:
    """Return the PV of a roof and the cloud cover that was forecast.

    `error` is the forecast error of the latent cloudiness a day ahead, whose standard deviation is about 1.2. With an
    infinite error, the forecasts are those of another place and are unrelated to the weather.
    """
    chance = Random(seed)
    hours = days * _HOURS + HORIZON_HOURS
    clouds = _cloudiness(chance, hours)
    elsewhere = _cloudiness(chance, hours)
    pv: Power = {}
    thickness = 0.0
    for number in range(first, first + days * PER_DAY):
        index, part = divmod(number - first, PER_HOUR)
        cover = _cover(clouds[index] + (clouds[index + 1] - clouds[index]) * part / PER_HOUR)
        thickness = 0.9 * thickness + chance.gauss(0, 0.13)
        transmission = min((1 - 0.75 * cover**3) * math.exp(cover * thickness), 1.1)
        pv[number] = roof(number // PER_HOUR % _HOURS) * clear_sky(number, HOME) * transmission
    forecasts: dict[int, dict[int, float]] = {}
    for issued in range(0, days * _HOURS, ISSUED_EVERY):
        off = 0.0
        covers = forecasts[first + issued * PER_HOUR] = {}
        for lead in range(HORIZON_HOURS):
            off = 0.95 * off + (chance.gauss(0, 0.31 * error) if math.isfinite(error) else 0)
            source = clouds if math.isfinite(error) else elsewhere
            covers[first // PER_HOUR + issued + lead] = round(_cover(source[issued + lead] + off), 2)
    return Weather(pv, forecasts)


def _cloudiness(chance: Random, hours: int) -> list[float]:
    """Return the latent cloudiness of each hour: fronts that last for a day or two, and clouds that last for hours."""
    front = cloud = 0.0
    values = []
    for _ in range(hours + 1):
        front = 0.97 * front + chance.gauss(0, 0.27)
        cloud = 0.7 * cloud + chance.gauss(0, 0.35)
        values.append(front + cloud + 0.3)
    return values


def _cover(cloudiness: float) -> float:
    return 1 / (1 + math.exp(-2.5 * cloudiness))


class PvErrors(NamedTuple):
    """Absolute errors of the hourly PV of the next days over the actual PV, with and without cloud cover.

    `covered` is the share of hours with PV that lie between P10 and P90 of the forecast with cloud cover.
    """

    with_clouds: float
    history: float
    covered: float


def cloud_errors(
    roof: str, month: int, *, seed: int, error: float = 0.5, learned: int = 20, days: int = 45
) -> PvErrors:
    """Measure forecasts that are made at 11:00 UTC for the next day; the first `learned` days are for learning only."""
    first = quarter(datetime(2026, month, 1, tzinfo=UTC))
    sky = weather(seed, first, days, ROOFS[roof], error=error)
    errors, total = [0.0, 0.0], 0.0
    covered = []
    for now, log in sky.logs(range(first + learned * PER_DAY + _ELEVEN, first + (days - 1) * PER_DAY, PER_DAY)):
        past = PowerHistory({number: kw for number, kw in sky.pv.items() if number < now})
        history = PvHistoryModel(past, now)
        model = PvWeatherModel(past, LocalWeather(HOME, log), history, now)
        start = now - _ELEVEN + PER_DAY
        forecasts = [one.predict(start, start + PER_DAY) for one in (model, history)]
        for hour in range(start, start + PER_DAY, PER_HOUR):
            numbers = range(hour, hour + PER_HOUR)
            actual = fmean(sky.pv[number] for number in numbers)
            total += actual
            for index, forecast in enumerate(forecasts):
                errors[index] += abs(fmean(forecast[number].expected for number in numbers) - actual)
            if actual > _DAYLIGHT_KW:
                low, high = (
                    fmean(values)
                    for values in zip(*((forecasts[0][n].p10, forecasts[0][n].p90) for n in numbers), strict=True)
                )
                covered.append(low <= actual <= high)
    return PvErrors(errors[0] / total, errors[1] / total, fmean(covered))
