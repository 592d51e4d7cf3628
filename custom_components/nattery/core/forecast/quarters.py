"""Time as whole quarter-hours since 1970 UTC, and where a quarter stands on the wall clock of a zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

PER_HOUR = 4
PER_DAY = 96
_SECONDS = 900


def quarter(moment: datetime) -> int:
    """The number of the quarter-hour that holds an aware moment; raises ValueError for one without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone, so it may be any of two dozen moments")
    return int(moment.timestamp() // _SECONDS)


def moment(number: int) -> datetime:
    """When a quarter-hour begins, UTC."""
    return datetime.fromtimestamp(number * _SECONDS, UTC)


def wall(number: int, zone: tzinfo) -> int:
    """The same quarter counted by the zone's wall clock: `// 96` is the local day, `% 96` the time of day.

    The hour that comes twice in autumn has the same numbers twice, and the one that spring leaves out has none.
    """
    return number + _offsets(zone, number // PER_DAY)[number % PER_DAY]


def weekday(day: int) -> int:
    """0 for Monday to 6 for Sunday, of a day counted from 1970-01-01, a Thursday."""
    return (day + 3) % 7


def day_edges(day: int, zone: tzinfo) -> tuple[int, int]:
    """The quarters at which a local day begins and ends; 92, 96 or 100 apart."""
    return _midnight(day, zone), _midnight(day + 1, zone)


def _midnight(day: int, zone: tzinfo) -> int:
    local = datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=day)  # the wall's arithmetic, not the world's
    return quarter(local.astimezone(UTC))


@lru_cache(maxsize=4096)
def _offsets(zone: tzinfo, day: int) -> tuple[int, ...]:
    """How many quarters the wall is ahead of UTC, for each quarter of a UTC day; most days have no change."""
    first, last = (_offset(zone, number) for number in (day * PER_DAY, (day + 1) * PER_DAY))
    if first == last:
        return (first,) * PER_DAY
    return tuple(_offset(zone, day * PER_DAY + index) for index in range(PER_DAY))


def _offset(zone: tzinfo, number: int) -> int:
    ahead = moment(number).astimezone(zone).utcoffset()
    return (ahead or timedelta()) // timedelta(seconds=_SECONDS)
