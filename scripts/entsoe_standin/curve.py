"""Synthetic day-ahead prices with a realistic shape, the same for the same seed, bidding zone and time."""

from datetime import date, datetime, timedelta
from hashlib import sha256
import math
from random import Random
from zoneinfo import ZoneInfo

MARKET_ZONE = ZoneInfo("Europe/Brussels")  # the time zone of market days
# Typical price of each hour in EUR/MWh: low at night, peaks in the morning and evening, a dip at noon.
_SHAPE = (62, 58, 55, 54, 56, 66, 84, 101, 104, 88, 72, 60, 53, 50, 54, 66, 86, 112, 124, 118, 102, 88, 76, 68)
_MEAN = sum(_SHAPE) / len(_SHAPE)
_SUNNY = range(4, 10)  # months with enough sun for low prices at noon


def price(seed: int, domain: str, moment: datetime, spread: float = 1.0) -> float:
    """Return the price in EUR/MWh of the quarter-hour that contains an aware time; negative at sunny noons.

    `spread` multiplies how far the typical price of each hour is from their mean, and makes days more alike.
    """
    local = moment.astimezone(MARKET_ZONE)
    day, quarter = local.date(), local.hour * 4 + local.minute // 15
    random = _random(seed, domain, day.isoformat())
    wind, sun = 1 + random.uniform(-0.55, 0.45) / spread, random.uniform(0.0, 1.0)
    base = _MEAN + (_interpolate(_SHAPE, quarter / 4) - _MEAN) * spread
    noon = math.exp(-(((quarter / 4 - 13) / 2.4) ** 2))
    depth = (95 if day.month in _SUNNY else 30) * sun * (1.25 if day.weekday() >= 5 else 1)  # noqa: PLR2004
    # In UTC, because in autumn an hour occurs twice, at different prices.
    noise = _random(seed, domain, day.isoformat(), int(moment.timestamp()) // 900).gauss(0, 1.6)
    return round(base * wind - depth * noon + noise, 2)


def _interpolate(shape: tuple[int, ...], hour: float) -> float:
    left = int(hour) % 24
    return shape[left] + (shape[(left + 1) % 24] - shape[left]) * (hour - int(hour))


def _random(*parts: object) -> Random:
    return Random(sha256(repr(parts).encode()).digest())  # noqa: S311  (reproducible, not for cryptography)


def market_day(moment: datetime) -> date:
    """Return the market day of an aware time."""
    return moment.astimezone(MARKET_ZONE).date()


def edges(day: date) -> tuple[datetime, datetime]:
    """Return the start and end of a market day, in the market's time zone."""
    start = datetime(day.year, day.month, day.day, tzinfo=MARKET_ZONE)
    next_day = day + timedelta(days=1)
    return start, datetime(next_day.year, next_day.month, next_day.day, tzinfo=MARKET_ZONE)
