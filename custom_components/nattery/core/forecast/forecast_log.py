"""A log of past day-ahead forecasts, kept so that they can be compared with the measurements."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
import math
from typing import Any

from .quarters import PER_DAY, PER_HOUR, day_edges, local_quarter

PUBLICATION_HOUR = 13  # of the local clock, in which the prices of the next day are published
KEPT_DAYS = 60
VERSION = 2

type PowerByQuarter = Mapping[int, float]


class ForecastLogError(ValueError):
    """Stored data is not a valid forecast log; the text says why."""


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """The last forecast of a local day that was made before the day began, in kW of each quarter-hour.

    The quarter-hours after the publication of prices have the forecast that was made then. `start` and `end` are the
    numbers of the day's first quarter-hour and of the next day's. `provider` is the provider's PV forecast before
    correction, in kWh of each hour; it is empty unless it covered the whole day.
    """

    start: int
    end: int
    load_kw: tuple[float, ...]
    pv_kw: tuple[float, ...]
    provider: tuple[float, ...] = ()

    def hours(self) -> Iterator[tuple[int, int]]:
        """Return the first quarter-hour of each hour and of the next one."""
        return ((start, min(start + PER_HOUR, self.end)) for start in range(self.start, self.end, PER_HOUR))

    @property
    def load(self) -> tuple[float, ...]:
        """The load, kWh of each hour."""
        return _hourly(self.load_kw)

    @property
    def pv(self) -> tuple[float, ...]:
        """The PV, kWh of each hour."""
        return _hourly(self.pv_kw)


class ForecastLog:
    """The day-ahead forecasts of the last `KEPT_DAYS` local days, and that of today as it was when the day began."""

    def __init__(self) -> None:
        """Start empty."""
        self._days: dict[int, LoggedDay] = {}
        self._today: LoggedDay | None = None  # never replaced; the rest of a day whose start was missed

    def __iter__(self) -> Iterator[LoggedDay]:
        """Iterate over the days, the oldest first."""
        return iter(self._days[start] for start in sorted(self._days))

    def __len__(self) -> int:
        """Return the number of days."""
        return len(self._days)

    def add(self, now: int, zone: tzinfo, load: PowerByQuarter, pv: PowerByQuarter, provider: PowerByQuarter) -> None:
        """Log a forecast made in quarter-hour `now` (kW by number of the quarter-hour).

        It replaces the logged forecast of each local day that has not begun and that it covers completely. In the hour
        in which the prices of the next day are published, it replaces the rest of today as well.
        """
        last = max(load, default=now)
        today, slot = divmod(local_quarter(now, zone), PER_DAY)
        self._keep_today(now, day_edges(today, zone), load, pv)
        if slot // PER_HOUR == PUBLICATION_HOUR:
            self._replace_rest(day_edges(today, zone)[0], now, load, pv)
        for day in range(today + 1, local_quarter(last, zone) // PER_DAY + 1):
            start, end = day_edges(day, zone)
            numbers = range(start, end)
            if all(number in load and number in pv for number in numbers):
                is_covered = all(number in provider for number in numbers)
                self._days[start] = LoggedDay(
                    start,
                    end,
                    _rounded(load[number] for number in numbers),
                    _rounded(pv[number] for number in numbers),
                    _hourly([provider[number] for number in numbers]) if is_covered else (),
                )
        for start in sorted(self._days)[:-KEPT_DAYS]:
            del self._days[start]

    def issued(self, number: int) -> tuple[float, float] | None:
        """Return PV and load (kW) of a quarter-hour as forecast at the start of its local day, or None.

        For a day that has not begun it is the last forecast. Only today and later days are known.
        """
        begun = self._today.end if self._today else 0
        later = (day for day in self._days.values() if day.start >= begun)
        days = (self._today, *later) if self._today else later
        day = next((day for day in days if day.start <= number < day.end), None)
        return (day.pv_kw[number - day.start], day.load_kw[number - day.start]) if day else None

    def _keep_today(self, now: int, edges: tuple[int, int], load: PowerByQuarter, pv: PowerByQuarter) -> None:
        """Keep the logged forecast of a day that has begun, or else the first one that is made in it."""
        start, end = edges
        if self._today is not None and self._today.end == end:
            return
        known = range(now, end)
        if (logged := self._days.get(start)) is not None:
            self._today = logged
        elif all(number in load and number in pv for number in known):
            rest = (_rounded(power[number] for number in known) for power in (load, pv))
            self._today = LoggedDay(now, end, *rest)

    def _replace_rest(self, start: int, now: int, load: PowerByQuarter, pv: PowerByQuarter) -> None:
        """Replace the load and PV of a logged day from the quarter-hour `now` on, as far as a forecast covers it."""
        if (day := self._days.get(start)) is not None:
            numbers = range(now, day.end)
            begun = now - start
            load_kw = (load.get(number, old) for number, old in zip(numbers, day.load_kw[begun:], strict=True))
            pv_kw = (pv.get(number, old) for number, old in zip(numbers, day.pv_kw[begun:], strict=True))
            self._days[start] = replace(
                day,
                load_kw=(*day.load_kw[:begun], *_rounded(load_kw)),
                pv_kw=(*day.pv_kw[:begun], *_rounded(pv_kw)),
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the log as JSON-serialisable data for `from_dict`."""
        today = {} if self._today is None else {"today": _stored(self._today)}
        return {"version": VERSION, "days": [_stored(day) for day in self], **today}

    @classmethod
    def from_dict(cls, data: object) -> ForecastLog:
        """Return the log stored by `to_dict` of this or an earlier version; raise ForecastLogError for other data."""
        if not isinstance(data, dict) or not isinstance(data.get("days"), list):
            raise ForecastLogError("This is not a forecast log")
        read = _READERS.get(data.get("version"))
        if read is None:
            raise ForecastLogError(f"This is not a forecast log of version 1 to {VERSION}")
        log = cls()
        for entry in data["days"]:
            day = read(entry)
            log._days[day.start] = day
        if "today" in data:
            log._today = read(data["today"])
        return log


def _stored(day: LoggedDay) -> dict[str, Any]:
    return {
        "start": day.start, "end": day.end, "load_kw": [*day.load_kw], "pv_kw": [*day.pv_kw], "said": [*day.provider],
    }  # fmt: skip


def _hourly(power: Sequence[float]) -> tuple[float, ...]:
    """Return the energy of each hour, in kWh rounded to whole watt-hours."""
    return _rounded(math.fsum(power[index : index + PER_HOUR]) / PER_HOUR for index in range(0, len(power), PER_HOUR))


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Return values in thousandths: whole watts, or watt-hours."""
    return tuple(round(value, 3) for value in values)


def _hourly_day(entry: object) -> LoggedDay:
    """Return a day that was stored by version 1, with load and PV in kWh of each hour."""
    return _logged_day(entry, ("load", "pv"), PER_HOUR)


def _quarter_hourly_day(entry: object) -> LoggedDay:
    """Return a day that was stored by version 2."""
    return _logged_day(entry, ("load_kw", "pv_kw"), 1)


_READERS: dict[object, Callable[[object], LoggedDay]] = {1: _hourly_day, VERSION: _quarter_hourly_day}


def _logged_day(entry: object, keys: tuple[str, str], repeats: int) -> LoggedDay:
    """Return a stored day whose load and PV have a value for every `repeats` quarter-hours."""
    wanted = (*keys, "said")
    try:
        start, end = int(entry["start"]), int(entry["end"])  # type: ignore[index]
        load, pv, provider = (tuple(map(float, entry[key])) for key in wanted)  # type: ignore[index]
    except KeyError, TypeError, ValueError, OverflowError:
        raise ForecastLogError(
            f"A day of the forecast log needs numbers for start, end, {keys[0]}, {keys[1]} and said"
        ) from None
    quarters = end - start
    hours = -(-quarters // PER_HOUR)
    if (
        not 0 < hours <= PER_DAY
        or {len(load), len(pv)} != {-(-quarters // repeats)}
        or len(provider or range(hours)) != hours
    ):
        raise ForecastLogError(f"The day of the forecast log at quarter {start} does not have one value for each slot")
    if not all(math.isfinite(value) and value >= 0 for value in (*load, *pv, *provider)):
        raise ForecastLogError(f"The day of the forecast log at quarter {start} has values that are not valid energies")
    load, pv = (tuple(kw for kw in values for _ in range(repeats))[:quarters] for values in (load, pv))
    return LoggedDay(start, end, load, pv, provider)
