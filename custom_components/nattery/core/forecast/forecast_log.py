"""A log of past day-ahead forecasts, kept so that they can be compared with the measurements."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
import math
from typing import Any

from .quarters import PER_DAY, PER_HOUR, day_edges, local_quarter

KEPT_DAYS = 60
VERSION = 1

type PowerByQuarter = Mapping[int, float]


class ForecastLogError(ValueError):
    """Stored data is not a valid forecast log; the text says why."""


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """The last forecast of a local day that was made before the day began, in kWh of each hour.

    `start` and `end` are the numbers of the day's first quarter-hour and of the next day's. `provider` is the
    provider's PV forecast before correction; it is empty unless it covered the whole day.
    """

    start: int
    end: int
    load: tuple[float, ...]
    pv: tuple[float, ...]
    provider: tuple[float, ...] = ()

    def hours(self) -> Iterator[tuple[int, int]]:
        """Return the first quarter-hour of each hour and of the next one."""
        return ((start, min(start + PER_HOUR, self.end)) for start in range(self.start, self.end, PER_HOUR))


class ForecastLog:
    """The day-ahead forecasts of the last `KEPT_DAYS` local days."""

    def __init__(self) -> None:
        """Start empty."""
        self._days: dict[int, LoggedDay] = {}

    def __iter__(self) -> Iterator[LoggedDay]:
        """Iterate over the days, the oldest first."""
        return iter(self._days[start] for start in sorted(self._days))

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self._days)

    def add(self, now: int, zone: tzinfo, load: PowerByQuarter, pv: PowerByQuarter, provider: PowerByQuarter) -> None:
        """Log a forecast made in quarter-hour `now` (kW by number of the quarter-hour).

        It replaces the logged forecast of each local day that has not begun and that it covers completely.
        """
        last = max(load, default=now)
        for day in range(local_quarter(now, zone) // PER_DAY + 1, local_quarter(last, zone) // PER_DAY + 1):
            start, end = day_edges(day, zone)
            numbers = range(start, end)
            if all(number in load and number in pv for number in numbers):
                is_covered = all(number in provider for number in numbers)
                self._days[start] = LoggedDay(
                    start,
                    end,
                    _hourly(load, numbers),
                    _hourly(pv, numbers),
                    _hourly(provider, numbers) if is_covered else (),
                )
        for start in sorted(self._days)[:-KEPT_DAYS]:
            del self._days[start]

    def to_dict(self) -> dict[str, Any]:
        """Return the log as JSON-serialisable data for `from_dict`."""
        days = [
            {"start": day.start, "end": day.end, "load": [*day.load], "pv": [*day.pv], "said": [*day.provider]}
            for day in self
        ]
        return {"version": VERSION, "days": days}

    @classmethod
    def from_dict(cls, data: object) -> ForecastLog:
        """Return the log stored by `to_dict`; raise ForecastLogError for anything else."""
        if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("days"), list):
            raise ForecastLogError(f"This is not a forecast log of version {VERSION}")
        log = cls()
        for entry in data["days"]:
            day = _logged_day(entry)
            log._days[day.start] = day
        return log


def _hourly(power: PowerByQuarter, numbers: range) -> tuple[float, ...]:
    """Return the energy of each hour, in kWh rounded to whole watt-hours."""
    return tuple(
        round(math.fsum(power[number] for number in numbers[index : index + PER_HOUR]) / PER_HOUR, 3)
        for index in range(0, len(numbers), PER_HOUR)
    )


def _logged_day(entry: object) -> LoggedDay:
    try:
        start, end = int(entry["start"]), int(entry["end"])  # type: ignore[index]
        load, pv, provider = (tuple(map(float, entry[key])) for key in ("load", "pv", "said"))  # type: ignore[index]
    except KeyError, TypeError, ValueError, OverflowError:
        raise ForecastLogError("A day of the forecast log needs numbers for start, end, load, pv and said") from None
    hours = -(-(end - start) // PER_HOUR)
    if not 0 < hours <= PER_DAY or {len(load), len(pv), len(provider) or hours} != {hours}:
        raise ForecastLogError(f"The day of the forecast log at quarter {start} does not have one value for each hour")
    if not all(math.isfinite(value) and value >= 0 for value in (*load, *pv, *provider)):
        raise ForecastLogError(f"The day of the forecast log at quarter {start} has values that are not valid energies")
    return LoggedDay(start, end, load, pv, provider)
