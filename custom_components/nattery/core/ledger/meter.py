"""The meter: integrates power readings to the energies of quarter-hours.

Between two readings up to `MAX_POLL_GAP` apart, powers are interpolated linearly. A longer interval is a gap, for which
nothing is assumed: the coverage tells how much of the quarter-hour was measured. A quarter-hour without any measurement
is omitted.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
import math
from typing import Any

from .entry import MIN_COVERAGE, QUARTER, Energies, MeteredInterval, quarter_start
from .errors import MeterStateError

MAX_POLL_GAP = timedelta(seconds=60)
_WATT_SECONDS_PER_KWH = 3_600_000.0


@dataclass(frozen=True, slots=True)
class PowerReading:
    """The readings of one poll, W: battery positive while discharging, grid positive while importing; SOC 0..1."""

    time: datetime
    grid_power: float
    battery_power: float
    pv_power: float
    load_power: float
    soc: float

    def __post_init__(self) -> None:
        """Validate; raise ValueError."""
        if self.time.tzinfo is None:
            raise ValueError("A reading without a time zone is not allowed")
        if not all(map(math.isfinite, self._values)):
            raise ValueError(f"A reading at {self.time.isoformat()} with a value that is no number is not allowed")

    @property
    def _values(self) -> tuple[float, ...]:
        return self.grid_power, self.battery_power, self.pv_power, self.load_power, self.soc

    def interpolate(self, later: PowerReading, time: datetime) -> PowerReading:
        """Return the linear interpolation between this and a later reading."""
        share = (time - self.time) / (later.time - self.time)
        values = (a + (b - a) * share for a, b in zip(self._values, later._values, strict=True))
        return PowerReading(time, *values)


@dataclass(slots=True)
class _OpenInterval:
    """The quarter-hour being measured: kWh in the order of Energies, seconds covered, and the SOC."""

    start: datetime
    energies: list[float]
    seconds: float = 0.0
    soc: float = 0.0
    soc_change: float = 0.0

    @classmethod
    def empty(cls, start: datetime) -> _OpenInterval:
        """Return an interval without any measurement."""
        return cls(start, [0.0] * len(astuple(Energies())))

    def add(self, before: PowerReading, after: PowerReading) -> None:
        """Add the energies between two readings within this quarter-hour."""
        seconds = (after.time - before.time).total_seconds()
        powers = (
            _mean_positive_part(before.grid_power, after.grid_power),
            _mean_positive_part(-before.grid_power, -after.grid_power),
            _mean_positive_part(-before.battery_power, -after.battery_power),
            _mean_positive_part(before.battery_power, after.battery_power),
            _mean_positive_part(before.pv_power, after.pv_power),
            _mean_positive_part(before.load_power, after.load_power),
        )
        for index, power in enumerate(powers):
            self.energies[index] += power * seconds / _WATT_SECONDS_PER_KWH
        self.seconds += seconds
        self.soc, self.soc_change = after.soc, self.soc_change + after.soc - before.soc

    def metered(self) -> tuple[MeteredInterval, ...]:
        """Return the measurement so far, empty if there is none."""
        # If the clock is set back, more seconds than the quarter-hour has may be measured.
        coverage = min(self.seconds / QUARTER.total_seconds(), 1.0)
        if coverage < MIN_COVERAGE:
            return ()
        return (MeteredInterval(self.start, coverage, Energies(*self.energies), self.soc, self.soc_change),)


class Meter:
    """Takes readings in chronological order and returns quarter-hours as they end; it does no I/O and has no clock."""

    def __init__(self) -> None:
        """Start without readings."""
        self._open: _OpenInterval | None = None
        self._last: PowerReading | None = None

    def add(self, reading: PowerReading) -> tuple[MeteredInterval, ...]:
        """Add a reading; return the quarter-hour that ended before it, if it was measured."""
        ended: tuple[MeteredInterval, ...] = ()
        before, self._last = self._last, reading
        start = quarter_start(reading.time)
        is_continuous = before is not None and timedelta() < reading.time - before.time <= MAX_POLL_GAP
        if before is not None and is_continuous and self._open and self._open.start < start:
            edge = before.interpolate(reading, start)
            self._open.add(before, edge)
            before = edge
        if self._open is None or self._open.start != start:
            ended = self._replace_open(_OpenInterval.empty(start))
        if before is not None and is_continuous and self._open:
            self._open.add(before, reading)
        return ended

    def flush(self, now: datetime) -> tuple[MeteredInterval, ...]:
        """Return the quarter-hour that has ended when no reading follows it, as while the inverter does not respond.

        Returns nothing while a reading may still come that completes the quarter-hour.
        """
        if self._open is None or now < self._open.start + QUARTER + MAX_POLL_GAP:
            return ()
        self._last = None
        return self._replace_open(None)

    @property
    def open_interval(self) -> tuple[MeteredInterval, ...]:
        """The measurement so far of the current quarter-hour, empty if there is none."""
        return self._open.metered() if self._open else ()

    def _replace_open(self, following: _OpenInterval | None) -> tuple[MeteredInterval, ...]:
        ended, self._open = self.open_interval, following
        return ended

    def to_dict(self) -> dict[str, Any]:
        """Return the current quarter-hour as JSON-serialisable data.

        The last reading is left out, so that the time until the restart is a gap.
        """
        if self._open is None:
            return {}
        interval = self._open
        return {
            "start": interval.start.isoformat(),
            "energies": list(interval.energies),
            "seconds": interval.seconds,
            "soc": interval.soc,
            "soc_change": interval.soc_change,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Meter:
        """Return the meter stored by `to_dict`, or a new one without data; raise MeterStateError."""
        meter = cls()
        if data:
            meter._open = _restore(data)
        return meter


def _mean_positive_part(begin: float, end: float) -> float:
    """Return the mean of the positive part of a power that changes linearly from `begin` to `end`."""
    if begin >= 0 and end >= 0:
        return (begin + end) / 2
    if begin <= 0 and end <= 0:
        return 0.0
    positive = max(begin, end)
    return positive * positive / abs(end - begin) / 2


def _restore(data: Mapping[str, Any]) -> _OpenInterval:
    try:
        start = datetime.fromisoformat(data["start"]).astimezone(UTC)
        energies = [float(energy) for energy in data["energies"]]
        seconds, soc, soc_change = (float(data[name]) for name in ("seconds", "soc", "soc_change"))
    except (KeyError, TypeError, ValueError) as error:
        raise MeterStateError(f"{type(error).__name__}: {error}") from None
    if quarter_start(start) != start or len(energies) != len(astuple(Energies())):
        raise MeterStateError("the start or the number of energies is wrong")
    if not all(map(math.isfinite, (*energies, seconds, soc, soc_change))) or min(*energies, seconds) < 0:
        raise MeterStateError("a value is not valid")
    return _OpenInterval(start, energies, seconds, soc, soc_change)
