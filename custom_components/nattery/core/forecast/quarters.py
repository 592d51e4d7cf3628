"""Quarter-hours numbered from 1970-01-01 00:00 UTC, and their place on the local clock of a time zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

PER_HOUR = 4
PER_DAY = 96
_SECONDS = 900


def quarter(moment: datetime) -> int:
    """Return the number of the quarter-hour that contains an aware datetime; raise ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return int(moment.timestamp() // _SECONDS)


def moment(number: int) -> datetime:
    """Return the start of a quarter-hour, UTC."""
    return datetime.fromtimestamp(number * _SECONDS, UTC)


def local_quarter(number: int, zone: tzinfo) -> int:
    """Return the number of a quarter-hour on the local clock: `// 96` is the local day, `% 96` the time of day.

    The repeated hour in autumn has the same numbers twice. The skipped hour in spring has none.
    """
    return number + _offsets(zone, number // PER_DAY)[number % PER_DAY]


def weekday(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday; `day` is counted from 1970-01-01, a Thursday."""
    return (day + 3) % 7


def day_edges(day: int, zone: tzinfo) -> tuple[int, int]:
    """Return the first quarter-hour of a local day and of the next one; they are 92, 96 or 100 apart."""
    return _midnight(day, zone), _midnight(day + 1, zone)


def _midnight(day: int, zone: tzinfo) -> int:
    local = datetime(1970, 1, 1, tzinfo=zone) + timedelta(days=day)  # adds calendar days, not multiples of 24 hours
    return quarter(local.astimezone(UTC))


@lru_cache(maxsize=4096)
def _offsets(zone: tzinfo, day: int) -> tuple[int, ...]:
    """Return the UTC offset, in quarter-hours, of each quarter-hour of a UTC day."""
    first, last = (_offset(zone, number) for number in (day * PER_DAY, (day + 1) * PER_DAY))
    if first == last:  # shortcut: the offset changes on only two days a year
        return (first,) * PER_DAY
    return tuple(_offset(zone, day * PER_DAY + index) for index in range(PER_DAY))


def _offset(zone: tzinfo, number: int) -> int:
    offset = moment(number).astimezone(zone).utcoffset()
    return (offset or timedelta()) // timedelta(seconds=_SECONDS)
