"""A house without a history: what was counted of each of its last days, spread over the hours of that day.

So little is known then that a plain shape will do. It is a guess and no measurement: nothing is judged by it.
"""

from collections.abc import Callable, Mapping
from datetime import date, tzinfo
import math
from typing import NamedTuple

from .history import ABSURD_KW
from .quarters import PER_DAY, PER_HOUR, day_edges, wall, weekday

_EPOCH = date(1970, 1, 1)
_SATURDAY = 5
_TILT = math.radians(23.44)  # of the Earth
_YEAR = 365.25
_SOLSTICE = 10  # days before a year begins
_THICKER = 1.15  # the lower the sun, the more air is in its way: the clear sky of Adnot and others (1979)

# Thousandths of a day's energy in each hour of the wall clock: the year's mean of H25, the standard load profile of
# households that the German BDEW published in 2025, from meters of 2018 and 2019 without solar panels.
_WORKDAY = (
    *(31, 27, 25, 25, 26, 30, 38, 41, 38, 37, 38, 41),
    *(43, 42, 41, 42, 46, 55, 63, 65, 62, 56, 50, 39),
)
_WEEKEND = (
    *(30, 25, 23, 23, 22, 23, 27, 34, 42, 48, 52, 56),
    *(55, 51, 48, 47, 48, 53, 57, 56, 53, 48, 43, 35),
)


class Location(NamedTuple):
    """Where the house stands: degrees north and east."""

    latitude: float
    longitude: float


def sun(energies: Mapping[date, float], zone: tzinfo, place: Location) -> dict[int, float]:
    """Mean power (kW) of the quarter-hours of local days (of `zone`) with some kWh of PV, as under a clear sky.

    Each day keeps its energy. Left out are those without any, those on which the sun does not rise, and impossible ones
    (more than `ABSURD_KW` at any time). Raises nothing.
    """
    return _spread(energies, zone, lambda number: max(_sine_of_elevation(number, place), 0.0) ** _THICKER)


def household(energies: Mapping[date, float], zone: tzinfo) -> dict[int, float]:
    """Mean power (kW) of the quarter-hours of local days (of `zone`) with some kWh of load, as of a usual household.

    Each day keeps its energy; left out are those without any, and impossible ones. Raises nothing.
    """

    def usual(number: int) -> float:
        day, slot = divmod(wall(number, zone), PER_DAY)
        return (_WEEKEND if weekday(day) >= _SATURDAY else _WORKDAY)[slot // PER_HOUR]

    return _spread(energies, zone, usual)


def _spread(energies: Mapping[date, float], zone: tzinfo, share: Callable[[int], float]) -> dict[int, float]:
    """Each day's energy (kWh) over its quarter-hours, by their shares of it (in any unit)."""
    power: dict[int, float] = {}
    for day, kwh in energies.items():
        shares = {number: share(number) for number in range(*day_edges((day - _EPOCH).days, zone))}
        total = math.fsum(shares.values())
        if total and 0 < kwh * PER_HOUR * max(shares.values()) / total <= ABSURD_KW:
            power |= {number: kwh * PER_HOUR * part / total for number, part in shares.items()}
    return power


def _sine_of_elevation(number: int, place: Location) -> float:
    """Of the sun in the middle of a quarter-hour; its noon is up to 16 minutes off, less than a roof's direction is."""
    days = (number + 0.5) / PER_DAY  # since 1970
    declination = -_TILT * math.cos(math.tau * (days + _SOLSTICE) / _YEAR)
    hour_angle = math.tau * (days % 1 - 0.5) + math.radians(place.longitude)
    north = math.radians(place.latitude)
    return math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour_angle)
