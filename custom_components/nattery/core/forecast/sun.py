"""The geometry of the sun: clear-sky power by place and time."""

import math
from typing import NamedTuple

from .quarters import PER_DAY

_AXIAL_TILT = math.radians(23.44)  # of the Earth
_DAYS_PER_YEAR = 365.25
_SOLSTICE = 10  # days from the winter solstice to the new year
_CLEAR_SKY_EXPONENT = 1.15  # of the sine of the solar elevation: the clear-sky model of Adnot and others (1979)


class Location(NamedTuple):
    """The geographic location of a home, in degrees north and east."""

    latitude: float
    longitude: float


def clear_sky(number: int, location: Location) -> float:
    """Return the clear-sky irradiance in the middle of a quarter-hour, as a share of that of the sun in the zenith."""
    return math.pow(max(_sine_of_elevation(number, location), 0.0), _CLEAR_SKY_EXPONENT)


def _sine_of_elevation(number: int, location: Location) -> float:
    """Return the sine of the solar elevation in the middle of a quarter-hour.

    The equation of time is ignored: it moves solar noon by at most 16 minutes, less than the panels' orientation does.
    """
    days = (number + 0.5) / PER_DAY  # since 1970
    declination = -_AXIAL_TILT * math.cos(math.tau * (days + _SOLSTICE) / _DAYS_PER_YEAR)
    hour_angle = math.tau * (days % 1 - 0.5) + math.radians(location.longitude)
    latitude = math.radians(location.latitude)
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
