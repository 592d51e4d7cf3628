"""Made-up houses to measure forecasts on: seeded, so that they are the same every time, and as unruly as real ones.

Each gives the mean power (kW) of every quarter-hour of a local span, by number of the quarter.
"""

from collections.abc import Callable
import math
from random import Random
from zoneinfo import ZoneInfo

from custom_components.nattery.core.forecast.quarters import PER_DAY, moment, wall, weekday

ZONE = ZoneInfo("Europe/Berlin")
WEEKEND = (5, 6)
WASHING = 0.4  # loads a day
SHADED_UNTIL = 9.5  # hours of the sun
NIGHT = range(-16, 28)  # quarters around midnight
type Power = dict[int, float]

_PEAKS = {  # (hour, width in hours, kW) of a usual day
    "workday": ((7.0, 0.7, 0.9), (12.5, 0.8, 0.15), (18.7, 1.2, 1.3), (21.0, 1.3, 0.5)),
    "weekend": ((9.3, 1.2, 0.8), (12.7, 1.0, 1.2), (18.5, 1.5, 1.0), (21.5, 1.3, 0.5)),
}


def family(seed: int, first: int, days: int, *, like_sunday: frozenset[int] = frozenset()) -> Power:
    """Two routines, workday and weekend, whose times and sizes wander; ovens, kettles and a washing machine."""
    chance = Random(seed)
    shift: dict[int, float] = {}
    size: dict[int, float] = {}
    runs: dict[int, list[tuple[int, int, float]]] = {}
    level = 0.0
    power: Power = {}
    for number in range(first, first + days * PER_DAY):
        day, slot = divmod(wall(number, ZONE), PER_DAY)
        if day not in shift:
            level = 0.6 * level + chance.gauss(0, 0.12)
            shift[day], size[day] = chance.gauss(0, 0.4), math.exp(level)
            runs[day] = [(chance.randrange(28, 84), chance.randrange(1, 3), chance.uniform(1, 2.2)) for _ in range(4)]
            if chance.random() < WASHING:
                runs[day].append((chance.randrange(32, 76), 6, 0.8))
        kind = "weekend" if weekday(day) in WEEKEND or day in like_sunday else "workday"
        hour = slot / 4 + shift[day]
        peaks = sum(kw * math.exp(-(((hour - at) / width) ** 2)) for at, width, kw in _PEAKS[kind])
        lumps = sum(kw for start, length, kw in runs[day] if start <= slot < start + length)
        power[number] = 0.22 + 0.08 * chance.random() + size[day] * peaks + lumps
    return power


def electric_car(seed: int, first: int, days: int) -> Power:
    """A family that charges its car with 11 kW on most Tuesdays and Fridays, and now and then on another day."""
    power = family(seed, first, days)
    chance = Random(seed + 1)
    for start in range(first, first + days * PER_DAY, PER_DAY):
        usual = weekday(wall(start + 8, ZONE) // PER_DAY) in {1, 4}
        if chance.random() < (0.85 if usual else 0.06):
            begin = start + chance.randrange(72, 80)
            for number in range(begin, begin + chance.randrange(4, 11)):
                if number in power:
                    power[number] += 11
    return power


def away(seed: int, first: int, days: int) -> Power:
    """A family with holidays that look like Sundays, nine days away, three days without readings and mad rows."""
    day = wall(first, ZONE) // PER_DAY
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
    """A family with a heat pump that follows weather which changes over days."""
    power = family(seed, first, days)
    chance = Random(seed + 3)
    cold = 0.0
    for index, number in enumerate(range(first, first + days * PER_DAY)):
        if index % PER_DAY == 0:
            cold = 0.8 * cold + chance.gauss(0, 0.3)
        slot = wall(number, ZONE) % PER_DAY
        power[number] += (
            max(0.9 + cold, 0.0) * (1.2 if slot in NIGHT or slot - PER_DAY in NIGHT else 0.7) * chance.uniform(0.6, 1.4)
        )
    return power


def no_routine(seed: int, first: int, days: int) -> Power:
    """People who live by no week: the day is the same any day, but its level wanders."""
    chance = Random(seed)
    level = 0.0
    power: Power = {}
    for number in range(first, first + days * PER_DAY):
        slot = wall(number, ZONE) % PER_DAY
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


def roof(seed: int, first: int, days: int, *, told: float = 1.25) -> tuple[Power, dict[int, dict[str, float]]]:
    """A roof of 8 kW at 50 degrees north, and what a provider says of each local day on the eve, by number of the day.

    The provider knows the weather to some degree, is too high by `told`, and has not seen the tree in the east. What it
    says is Wh of each hour with daylight by its start, as Home Assistant has it.
    """
    chance = Random(seed)
    power: Power = {}
    said: dict[int, dict[str, float]] = {}
    weather = 0.0
    for index in range(days):
        start, end = (first + (index + offset) * PER_DAY for offset in (0, 1))
        weather = 0.5 * weather + chance.gauss(0, 0.9)
        clear, guessed = (1 / (1 + math.exp(-1.5 * value)) for value in (weather, weather + chance.gauss(0, 0.6)))
        told_of: dict[str, float] = {}
        cloud = 0.0
        for number in range(start, end):
            sky = 8 * 0.85 * max(_sine_of_elevation(number), 0.0) ** 1.2
            cloud = 0.8 * cloud + chance.gauss(0, 0.3 * (1 - abs(2 * clear - 1)))
            shade = 0.6 if _hour_of_the_sun(number) < SHADED_UNTIL else 1.0
            power[number] = sky * shade * min(max(0.15 + 0.85 * clear + cloud, 0.05), 1.0)
            if sky:
                hour = moment(number // 4 * 4).isoformat()
                told_of[hour] = told_of.get(hour, 0) + told * sky * (0.15 + 0.85 * guessed) * 250
        said[wall(start + 48, ZONE) // PER_DAY] = told_of
    return power, said


def _hour_of_the_sun(number: int) -> float:
    return number % PER_DAY / 4 + 0.125 + 0.7  # near 10 degrees east


def _sine_of_elevation(number: int) -> float:
    """Of the sun, at 50 degrees north and 10 east."""
    declination = math.radians(-23.44 * math.cos(2 * math.pi * (number / PER_DAY + 10) / 365.25))
    north = math.radians(50)
    hour = math.radians(15 * (_hour_of_the_sun(number) - 12))
    return math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour)
