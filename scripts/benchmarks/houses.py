"""Synthetic households and PV systems to measure forecasts on; each is reproducible from its seed.

Each household function returns the mean load (kW) by number of the quarter-hour, from quarter-hour `first` on.
"""

from collections.abc import Callable
import math
from random import Random
from zoneinfo import ZoneInfo

from custom_components.nattery.core.forecast.quarters import PER_DAY, local_quarter, moment, weekday

ZONE = ZoneInfo("Europe/Berlin")
WEEKEND = (5, 6)
WASHING = 0.4  # washing cycles a day
SHADED_UNTIL = 9.5  # solar time, hours
NIGHT = range(-16, 28)  # quarter-hours from midnight
type Power = dict[int, float]

_PEAKS = {  # (hour, width in hours, kW) of the peaks of a day
    "workday": ((7.0, 0.7, 0.9), (12.5, 0.8, 0.15), (18.7, 1.2, 1.3), (21.0, 1.3, 0.5)),
    "weekend": ((9.3, 1.2, 0.8), (12.7, 1.0, 1.2), (18.5, 1.5, 1.0), (21.5, 1.3, 0.5)),
}


def family(seed: int, first: int, days: int, *, like_sunday: frozenset[int] = frozenset()) -> Power:
    """Return the load of a family with varying workday and weekend routines and random appliances."""
    chance = Random(seed)
    time_shift: dict[int, float] = {}
    level_factor: dict[int, float] = {}
    appliance_runs: dict[int, list[tuple[int, int, float]]] = {}
    level = 0.0
    power: Power = {}
    for number in range(first, first + days * PER_DAY):
        day, slot = divmod(local_quarter(number, ZONE), PER_DAY)
        if day not in time_shift:
            level = 0.6 * level + chance.gauss(0, 0.12)
            time_shift[day], level_factor[day] = chance.gauss(0, 0.4), math.exp(level)
            appliance_runs[day] = [
                (chance.randrange(28, 84), chance.randrange(1, 3), chance.uniform(1, 2.2)) for _ in range(4)
            ]
            if chance.random() < WASHING:
                appliance_runs[day].append((chance.randrange(32, 76), 6, 0.8))
        kind = "weekend" if weekday(day) in WEEKEND or day in like_sunday else "workday"
        hour = slot / 4 + time_shift[day]
        peaks = sum(kw * math.exp(-(((hour - at) / width) ** 2)) for at, width, kw in _PEAKS[kind])
        appliances = sum(kw for start, length, kw in appliance_runs[day] if start <= slot < start + length)
        power[number] = 0.22 + 0.08 * chance.random() + level_factor[day] * peaks + appliances
    return power


def electric_car(seed: int, first: int, days: int) -> Power:
    """Return the load of a family that charges a car at 11 kW, mostly on Tuesdays and Fridays."""
    power = family(seed, first, days)
    chance = Random(seed + 1)
    for start in range(first, first + days * PER_DAY, PER_DAY):
        is_usual_day = weekday(local_quarter(start + 8, ZONE) // PER_DAY) in {1, 4}
        if chance.random() < (0.85 if is_usual_day else 0.06):
            begin = start + chance.randrange(72, 80)
            for number in range(begin, begin + chance.randrange(4, 11)):
                if number in power:
                    power[number] += 11
    return power


def away(seed: int, first: int, days: int) -> Power:
    """Return the load of a family with public holidays, nine days of absence, a gap of three days and outliers."""
    day = local_quarter(first, ZONE) // PER_DAY
    power = family(seed, first, days, like_sunday=frozenset({day + days - 24, day + days - 8}))
    chance = Random(seed + 2)
    for number in range(first + (days - 38) * PER_DAY, first + (days - 29) * PER_DAY):
        power[number] = 0.2 + 0.05 * chance.random()
    for number in range(first + (days - 18) * PER_DAY, first + (days - 15) * PER_DAY):
        del power[number]
    for _ in range(20):
        power[first + chance.randrange(0, (days - 40) * PER_DAY)] = 60.0
    return power


def heat_pump(seed: int, first: int, days: int) -> Power:
    """Return the load of a family with a heat pump that follows the weather."""
    power = family(seed, first, days)
    chance = Random(seed + 3)
    cold = 0.0
    for index, number in enumerate(range(first, first + days * PER_DAY)):
        if index % PER_DAY == 0:
            cold = 0.8 * cold + chance.gauss(0, 0.3)
        slot = local_quarter(number, ZONE) % PER_DAY
        power[number] += (
            max(0.9 + cold, 0.0) * (1.2 if slot in NIGHT or slot - PER_DAY in NIGHT else 0.7) * chance.uniform(0.6, 1.4)
        )
    return power


def no_routine(seed: int, first: int, days: int) -> Power:
    """Return the load of a household without a weekly routine, whose level drifts."""
    chance = Random(seed)
    level = 0.0
    power: Power = {}
    for number in range(first, first + days * PER_DAY):
        slot = local_quarter(number, ZONE) % PER_DAY
        level = 0.97 * level + chance.gauss(0, 0.1)
        power[number] = (0.3 + 0.5 * math.exp(-(((slot / 4 - 20) / 4) ** 2))) * math.exp(level) + 0.02
    return power


HOUSES: dict[str, Callable[[int, int, int], Power]] = {
    "family": family,
    "electric_car": electric_car,
    "away": away,
    "heat_pump": heat_pump,
    "no_routine": no_routine,
}


def pv_system(
    seed: int, first: int, days: int, *, provider_bias: float = 1.25
) -> tuple[Power, dict[int, dict[str, float]]]:
    """Return the power of an 8 kW PV system at 50 degrees north, and the provider's day-ahead forecasts by local day.

    The provider's forecasts correlate with the weather, are too high by the factor `provider_bias`, and ignore the
    shading of the morning. They are Wh of each hour with daylight by its start, in Home Assistant's format.
    """
    chance = Random(seed)
    power: Power = {}
    provider_wh: dict[int, dict[str, float]] = {}
    weather = 0.0
    for index in range(days):
        start, end = (first + (index + offset) * PER_DAY for offset in (0, 1))
        weather = 0.5 * weather + chance.gauss(0, 0.9)
        clearness, forecast_clearness = (
            1 / (1 + math.exp(-1.5 * value)) for value in (weather, weather + chance.gauss(0, 0.6))
        )
        hours: dict[str, float] = {}
        cloud = 0.0
        for number in range(start, end):
            clear_sky = 8 * 0.85 * max(_sine_of_elevation(number), 0.0) ** 1.2
            cloud = 0.8 * cloud + chance.gauss(0, 0.3 * (1 - abs(2 * clearness - 1)))
            shading = 0.6 if _solar_time(number) < SHADED_UNTIL else 1.0
            power[number] = clear_sky * shading * min(max(0.15 + 0.85 * clearness + cloud, 0.05), 1.0)
            if clear_sky:
                hour = moment(number // 4 * 4).isoformat()
                hours[hour] = hours.get(hour, 0) + provider_bias * clear_sky * (0.15 + 0.85 * forecast_clearness) * 250
        provider_wh[local_quarter(start + 48, ZONE) // PER_DAY] = hours
    return power, provider_wh


def _solar_time(number: int) -> float:
    """Return the solar time of day in hours, near 10 degrees east."""
    return number % PER_DAY / 4 + 0.125 + 0.7


def _sine_of_elevation(number: int) -> float:
    """Return the sine of the solar elevation at 50 degrees north and 10 degrees east."""
    declination = math.radians(-23.44 * math.cos(2 * math.pi * (number / PER_DAY + 10) / 365.25))
    latitude = math.radians(50)
    hour_angle = math.radians(15 * (_solar_time(number) - 12))
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
