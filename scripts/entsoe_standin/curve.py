"""Invented day-ahead prices that look like real ones, the same for the same seed, area and time."""

from datetime import date, datetime, timedelta
from hashlib import sha256
import math
from random import Random
from zoneinfo import ZoneInfo

CLOCK = ZoneInfo("Europe/Brussels")  # the market's day
# EUR/MWh around which an hour of the day lies: nights low, a morning and an evening peak, a dip at noon.
_SHAPE = (62, 58, 55, 54, 56, 66, 84, 101, 104, 88, 72, 60, 53, 50, 54, 66, 86, 112, 124, 118, 102, 88, 76, 68)
_SUNNY = range(4, 10)  # months with sun enough to sink the noon


def price(seed: int, domain: str, moment: datetime) -> float:
    """EUR/MWh of the quarter of an hour that holds an aware moment, to two decimals; negative on sunny noons."""
    local = moment.astimezone(CLOCK)
    day, quarter = local.date(), local.hour * 4 + local.minute // 15
    dice = _dice(seed, domain, day.isoformat())
    wind, sun = dice.uniform(0.45, 1.45), dice.uniform(0.0, 1.0)
    base = _between(_SHAPE, quarter / 4)
    noon = math.exp(-(((quarter / 4 - 13) / 2.4) ** 2))
    depth = (95 if day.month in _SUNNY else 30) * sun * (1.25 if day.weekday() >= 5 else 1)  # noqa: PLR2004
    # By the clock of the world, since in autumn an hour comes twice and costs differently each time.
    noise = _dice(seed, domain, day.isoformat(), int(moment.timestamp()) // 900).gauss(0, 1.6)
    return round(base * wind - depth * noon + noise, 2)


def _between(shape: tuple[int, ...], hour: float) -> float:
    left = int(hour) % 24
    return shape[left] + (shape[(left + 1) % 24] - shape[left]) * (hour - int(hour))


def _dice(*parts: object) -> Random:
    return Random(sha256(repr(parts).encode()).digest())  # noqa: S311  (dice that fall the same way every time)


def market_day(moment: datetime) -> date:
    """The market's day of an aware moment."""
    return moment.astimezone(CLOCK).date()


def edges(day: date) -> tuple[datetime, datetime]:
    """When a market day begins and ends, on the market's clock."""
    start = datetime(day.year, day.month, day.day, tzinfo=CLOCK)
    following = day + timedelta(days=1)
    return start, datetime(following.year, following.month, following.day, tzinfo=CLOCK)
