"""Cloud cover by hour: of weather forecasts in Home Assistant's format, and a log of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from .quarters import PER_HOUR, quarter

KEPT_HOURS = 30 * 24
AHEAD_HOURS = 12  # a forecast made so long before the hour counts as day-ahead
VERSION = 1

_LONGEST_PERIOD = 3  # hours that one item of a forecast stands for
_PERCENT = 100
_STUCK_HOURS = 48

# Cloud cover of Home Assistant's weather conditions, where a provider gives no percentage. Conditions that do not tell
# the clouds are missing.
_COVER_OF_CONDITION: Final = {
    "clear-night": 0.05,
    "sunny": 0.05,
    "partlycloudy": 0.45,
    "windy-variant": 0.6,
    "lightning": 0.8,
    "cloudy": 0.9,
    "fog": 0.9,
    "lightning-rainy": 0.95,
    "rainy": 0.95,
    "hail": 1.0,
    "pouring": 1.0,
    "snowy": 1.0,
    "snowy-rainy": 1.0,
}

type CoverByHour = Mapping[int, float]  # 0 (clear) to 1 (overcast), by number of the hour since 1970, UTC


class CloudLogError(ValueError):
    """Stored data is not a valid log of cloud cover; the text says why."""


class HourlyCover(NamedTuple):
    """The cloud cover that a weather forecast has for each hour, and whether the provider gave percentages."""

    by_hour: CoverByHour
    has_percentages: bool

    @classmethod
    def from_items(cls, items: object) -> HourlyCover:
        """Return the cover of the items of a forecast as Home Assistant's action `weather.get_forecasts` returns them.

        An item stands until the next one, for three hours at most. Items without a valid time or cover are skipped.
        Raises nothing.
        """
        covers: dict[int, float | None] = {}
        has_percentages = False
        for item in items if isinstance(items, list | tuple) else ():
            if isinstance(item, Mapping) and (hour := _hour(item.get("datetime"))) is not None:
                percentage = _share(item.get("cloud_coverage"))
                has_percentages = has_percentages or percentage is not None
                covers[hour] = _cover_of_condition(item) if percentage is None else percentage
        starts = sorted(covers)
        ends = [*starts[1:], *(start + 1 for start in starts[-1:])]
        return cls(
            {
                hour: cover
                for start, end in zip(starts, ends, strict=True)
                if (cover := covers[start]) is not None
                for hour in range(start, min(end, start + _LONGEST_PERIOD))
            },
            has_percentages,
        )


class CloudLog:
    """The cloud cover of the last `KEPT_HOURS` and of the hours to come.

    `latest` has the last forecast of each hour, which stands for the weather of an hour that has passed. `day_ahead`
    has the last forecast that was made at least `AHEAD_HOURS` before the hour.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.latest: dict[int, float] = {}
        self.day_ahead: dict[int, float] = {}

    def __bool__(self) -> bool:
        """Return whether there is any cover."""
        return bool(self.latest)

    def copy(self) -> CloudLog:
        """Return a copy, for use in another thread."""
        log = CloudLog()
        log.latest, log.day_ahead = self.latest.copy(), self.day_ahead.copy()
        return log

    def add(self, now: int, cover: CoverByHour) -> bool:
        """Log a forecast that was made in the quarter-hour `now`, and return whether it is news.

        The hours that have passed do not change.
        """
        current = now // PER_HOUR
        upcoming = {hour: share for hour, share in cover.items() if hour >= current}
        is_news = not upcoming.items() <= self.latest.items()
        self.latest |= upcoming
        self.day_ahead |= {hour: share for hour, share in upcoming.items() if hour >= current + AHEAD_HOURS}
        for log in (self.latest, self.day_ahead):
            for hour in [hour for hour in log if hour < current - KEPT_HOURS]:
                del log[hour]
        return is_news

    def is_stuck(self, now: int) -> bool:
        """Return whether the cover has had one value for two days and keeps it: such a forecast tells nothing."""
        current = now // PER_HOUR
        known = {hour: share for hour, share in self.latest.items() if hour >= current - _STUCK_HOURS}
        return len(set(known.values())) == 1 and min(known) <= current - _STUCK_HOURS

    def to_dict(self) -> dict[str, Any]:
        """Return the log as JSON-serialisable data for `from_dict`."""
        return {
            "version": VERSION,
            **{
                key: [[hour, round(share, 2)] for hour, share in sorted(log.items())]
                for key, log in (("latest", self.latest), ("day_ahead", self.day_ahead))
            },
        }

    @classmethod
    def from_dict(cls, data: object) -> CloudLog:
        """Return the log stored by `to_dict`; raise CloudLogError for other data."""
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise CloudLogError(f"This is not a log of cloud cover of version {VERSION}")
        log = cls()
        try:
            for key, covers in (("latest", log.latest), ("day_ahead", log.day_ahead)):
                covers |= {int(hour): float(share) for hour, share in data[key]}
        except KeyError, TypeError, ValueError, OverflowError:
            raise CloudLogError("The log of cloud cover needs pairs of an hour and a share") from None
        if not all(0 <= share <= 1 for share in (*log.latest.values(), *log.day_ahead.values())):
            raise CloudLogError("The log of cloud cover has shares that are not from 0 to 1")
        return log


def _hour(start: object) -> int | None:
    """Return the number of the hour in which a period starts, or None if its time is not valid."""
    try:
        return quarter(datetime.fromisoformat(start)) // PER_HOUR if isinstance(start, str) else None
    except ValueError, OverflowError:
        return None


def _share(percentage: object) -> float | None:
    """Return a percentage as a share, or None if it is not valid."""
    if isinstance(percentage, bool) or not isinstance(percentage, int | float) or not 0 <= percentage <= _PERCENT:
        return None
    return percentage / _PERCENT


def _cover_of_condition(item: Mapping[Any, object]) -> float | None:
    condition = item.get("condition")
    return _COVER_OF_CONDITION.get(condition) if isinstance(condition, str) else None
