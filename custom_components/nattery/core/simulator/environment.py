"""The environment of the inverter: sun, household and grid, as pure functions of a seed and the local time.

No state is kept: the same seed and time always give the same environment, so runs can be repeated and continued.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from math import asin, cos, floor, pi, radians, sin

LATITUDE = radians(45)
AXIAL_TILT = radians(23.44)
SOLAR_NOON = 12.5  # local hours, between winter and summer time
EPOCH = date(2000, 1, 1)
SATURDAY = 5

STRING_PEAK_WATTS = (3400.0, 2800.0)
STRING_AZIMUTH_HOURS = (-1.0, 1.25)  # the first string faces south-east, the second south-west

# Average household load in W by hour of the day.
_HOURLY_WATTS = (
    *(240, 220, 210, 210, 220, 280, 480, 650, 560, 430, 400, 430),
    *(560, 480, 400, 390, 430, 620, 900, 980, 820, 640, 460, 320),
)
_APPLIANCE_WATTS = 2200  # kettle, oven, washing machine; each runs for a quarter-hour
_APPLIANCE_PROBABILITY = (0.01,) * 6 + (0.06,) * 4 + (0.03,) * 7 + (0.1,) * 4 + (0.02,) * 3


@dataclass(frozen=True, slots=True)
class Environment:
    """Available PV power, household load and grid at one moment, in W, V, Hz and degrees Celsius."""

    pv1: float
    pv2: float
    load: float
    grid_voltage: float = 230.0
    grid_frequency: float = 50.0
    temperature: float = 22.0

    @property
    def pv(self) -> float:
        """The PV power of both strings in W."""
        return self.pv1 + self.pv2


def environment_at(seed: int, now: datetime) -> Environment:
    """Return the environment of `seed` at the naive local time `now`."""
    second = (now.date() - EPOCH).days * 86400 + now.hour * 3600 + now.minute * 60 + now.second + now.microsecond / 1e6
    clouds = _cloud_transmission(seed, second)
    pv1, pv2 = (
        peak * _clear_sky_share(now, azimuth) * clouds
        for peak, azimuth in zip(STRING_PEAK_WATTS, STRING_AZIMUTH_HOURS, strict=True)
    )
    return Environment(
        pv1=pv1,
        pv2=pv2,
        load=_household_load(seed, now, second),
        grid_voltage=227 + 8 * _noise(seed, "volts", second / 40),
        grid_frequency=49.97 + 0.06 * _noise(seed, "hertz", second / 15),
        temperature=17 + 10 * _noise(seed, "warmth", second / 14400),
    )


def _random_share(seed: int, name: str, slot: int) -> float:
    """Return the number in 0..1 that belongs to this slot."""
    digest = blake2b(f"{seed}:{name}:{slot}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 0xFFFFFFFF


def _noise(seed: int, name: str, position: float) -> float:
    """Return a smooth curve in 0..1 through the random numbers of the whole positions."""
    slot = floor(position)
    fraction = position - slot
    weight = fraction * fraction * (3 - 2 * fraction)
    return _random_share(seed, name, slot) * (1 - weight) + _random_share(seed, name, slot + 1) * weight


def _clear_sky_share(now: datetime, azimuth_hours: float) -> float:
    """Return the share of its peak power that a string generates under a clear sky, 0..1."""
    year_angle = 2 * pi * (now.timetuple().tm_yday - 172) / 365
    declination = asin(sin(AXIAL_TILT) * cos(year_angle))
    hour = now.hour + now.minute / 60 + now.second / 3600
    height = sin(LATITUDE) * sin(declination) + cos(LATITUDE) * cos(declination) * cos((hour - SOLAR_NOON) * pi / 12)
    facing = cos((hour - SOLAR_NOON - azimuth_hours) * pi / 12)
    return max(0.0, height) * max(0.25, 0.35 + 0.65 * facing) if height > 0 else 0.0


def _cloud_transmission(seed: int, second: float) -> float:
    """Return the share of sunlight that the clouds transmit, 0..1: daily weather, drifting fields, flicker."""
    cover = _noise(seed, "weather", second / 86400)
    fields = _noise(seed, "fields", second / 900)
    flicker = _noise(seed, "flicker", second / 12)
    return (1 - 0.9 * cover * (0.35 + 0.65 * fields)) * (0.97 + 0.03 * flicker)


def _household_load(seed: int, now: datetime, second: float) -> float:
    """Return the household's load in W."""
    hour = now.hour + now.minute / 60 + now.second / 3600
    before, after = _HOURLY_WATTS[now.hour], _HOURLY_WATTS[(now.hour + 1) % 24]
    profile = before + (after - before) * (hour - now.hour)
    weekend = 1.2 if now.weekday() >= SATURDAY else 1.0
    variation = 0.75 + 0.5 * _noise(seed, "habit", second / 5400)
    fluctuation = 0.95 + 0.1 * _noise(seed, "flutter", second / 8)
    running = _random_share(seed, "appliance", floor(second / 900)) < _APPLIANCE_PROBABILITY[now.hour]
    return profile * weekend * variation * fluctuation + (_APPLIANCE_WATTS * fluctuation if running else 0)
