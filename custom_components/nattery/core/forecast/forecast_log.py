"""What was forecast, kept until it can be compared with what came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
import math
from typing import Any

from .quarters import PER_DAY, PER_HOUR, day_edges, wall

KEPT_DAYS = 60
VERSION = 1

type Power = Mapping[int, float]


class ForecastLogError(ValueError):
    """What should be a kept record is none; the text says why."""


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """The last forecast of a whole local day that was made before the day began, in kWh of each of its hours.

    `start` and `end` are the day's quarter-hours by number; `said` is the PV as the provider had said it, before any
    correction, and empty where none had spoken of the whole day.
    """

    start: int
    end: int
    load: tuple[float, ...]
    pv: tuple[float, ...]
    said: tuple[float, ...] = ()

    def hours(self) -> Iterator[tuple[int, int]]:
        """The quarters at which each hour begins and ends."""
        return ((start, min(start + PER_HOUR, self.end)) for start in range(self.start, self.end, PER_HOUR))


class ForecastLog:
    """The forecasts of the last `KEPT_DAYS` local days: small, and plain data for any store."""

    def __init__(self) -> None:
        """Empty."""
        self._days: dict[int, LoggedDay] = {}

    def __iter__(self) -> Iterator[LoggedDay]:
        """What was made, the oldest day first."""
        return iter(self._days[start] for start in sorted(self._days))

    def __len__(self) -> int:
        """How many days."""
        return len(self._days)

    def note(self, now: int, zone: tzinfo, load: Power, pv: Power, said: Power) -> None:
        """Keep a forecast made in quarter `now` (kW by number of the quarter), in place of earlier ones.

        Of each local day that is yet to begin and wholly within the forecast; other days are left as they are.
        """
        last = max(load, default=now)
        for day in range(wall(now, zone) // PER_DAY + 1, wall(last, zone) // PER_DAY + 1):
            start, end = day_edges(day, zone)
            whole = range(start, end)
            if all(number in load and number in pv for number in whole):
                known = all(number in said for number in whole)
                self._days[start] = LoggedDay(
                    start, end, _hourly(load, whole), _hourly(pv, whole), _hourly(said, whole) if known else ()
                )
        for start in sorted(self._days)[:-KEPT_DAYS]:
            del self._days[start]

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data; from_dict takes it back."""
        days = [
            {"start": made.start, "end": made.end, "load": [*made.load], "pv": [*made.pv], "said": [*made.said]}
            for made in self
        ]
        return {"version": VERSION, "days": days}

    @classmethod
    def from_dict(cls, data: object) -> ForecastLog:
        """The record that was kept; raises RecordError for anything else."""
        if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("days"), list):
            raise ForecastLogError(f"This is no record of forecasts of version {VERSION}")
        record = cls()
        for day in data["days"]:
            made = _made(day)
            record._days[made.start] = made
        return record


def _hourly(power: Power, whole: range) -> tuple[float, ...]:
    """The energy of each hour, in whole watt-hours."""
    return tuple(
        round(math.fsum(power[number] for number in whole[index : index + PER_HOUR]) / PER_HOUR, 3)
        for index in range(0, len(whole), PER_HOUR)
    )


def _made(day: object) -> LoggedDay:
    try:
        start, end = int(day["start"]), int(day["end"])  # type: ignore[index]
        load, pv, said = (tuple(map(float, day[name])) for name in ("load", "pv", "said"))  # type: ignore[index]
    except KeyError, TypeError, ValueError, OverflowError:
        raise ForecastLogError(
            "A day of the record has no start, end, load, pv or said, or they are no numbers"
        ) from None
    hours = -(-(end - start) // PER_HOUR)
    if not 0 < hours <= PER_DAY or {len(load), len(pv), len(said) or hours} != {hours}:
        raise ForecastLogError(f"The day of the record that begins at quarter {start} has not one value for each hour")
    if not all(math.isfinite(value) and value >= 0 for value in (*load, *pv, *said)):
        raise ForecastLogError(f"The day of the record that begins at quarter {start} has values that are no energies")
    return LoggedDay(start, end, load, pv, said)
