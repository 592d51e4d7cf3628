"""From readings to quarters: integrates powers over the time that was really seen.

Between two readings up to a minute apart the powers are taken to go in a straight line; that is exact for whatever
moves slower than the polling. A longer silence is a gap, and nothing is said about it: the quarter's coverage tells how
much of it was seen. Quarters of which nothing was seen are not told at all.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
import math
from typing import Any

from .entry import LEAST_COVERAGE, QUARTER, Energies, MeteredInterval, quarter_start
from .errors import MeterStateError

LONGEST_SILENCE = timedelta(seconds=60)
_WATT_SECONDS = 3_600_000.0  # in a kWh


@dataclass(frozen=True, slots=True)
class PowerReading:
    """One poll, W: battery positive while discharging, grid while importing, PV and load always; SOC 0..1."""

    at: datetime
    grid_power: float
    battery_power: float
    pv_power: float
    load_power: float
    soc: float

    def __post_init__(self) -> None:
        """Refuse what cannot be integrated; raises ValueError."""
        if self.at.tzinfo is None:
            raise ValueError("A reading without a time zone is not allowed")
        if not all(map(math.isfinite, self._numbers)):
            raise ValueError(f"A reading at {self.at.isoformat()} with a value that is no number is not allowed")

    @property
    def _numbers(self) -> tuple[float, ...]:
        return self.grid_power, self.battery_power, self.pv_power, self.load_power, self.soc

    def towards(self, other: PowerReading, moment: datetime) -> PowerReading:
        """What would have been read at a moment between this and a later reading, on the straight line."""
        share = (moment - self.at) / (other.at - self.at)
        values = (a + (b - a) * share for a, b in zip(self._numbers, other._numbers, strict=True))
        return PowerReading(moment, *values)


@dataclass(slots=True)
class _Open:
    """The quarter that is being filled: kWh by flow (in the order of Energies), seconds seen, and the SOC."""

    start: datetime
    energies: list[float]
    seconds: float = 0.0
    soc: float = 0.0
    soc_change: float = 0.0

    @classmethod
    def at(cls, start: datetime) -> _Open:
        """An empty one."""
        return cls(start, [0.0] * len(astuple(Energies())))

    def add(self, before: PowerReading, after: PowerReading) -> None:
        """Count what flowed between two readings of this quarter."""
        seconds = (after.at - before.at).total_seconds()
        flows = (
            _positive(before.grid_power, after.grid_power),
            _positive(-before.grid_power, -after.grid_power),
            _positive(-before.battery_power, -after.battery_power),
            _positive(before.battery_power, after.battery_power),
            _positive(before.pv_power, after.pv_power),
            _positive(before.load_power, after.load_power),
        )
        for index, power in enumerate(flows):
            self.energies[index] += power * seconds / _WATT_SECONDS
        self.seconds += seconds
        self.soc, self.soc_change = after.soc, self.soc_change + after.soc - before.soc

    def closed(self) -> tuple[MeteredInterval, ...]:
        """The quarter; nothing when nothing of it was seen."""
        # A clock that was set back can make a quarter longer than it is.
        coverage = min(self.seconds / QUARTER.total_seconds(), 1.0)
        if coverage < LEAST_COVERAGE:
            return ()
        return (MeteredInterval(self.start, coverage, Energies(*self.energies), self.soc, self.soc_change),)


class Meter:
    """Takes readings in the order of time, gives quarters as they end; no I/O, no clock of its own."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._open: _Open | None = None
        self._last: PowerReading | None = None

    def add(self, reading: PowerReading) -> tuple[MeteredInterval, ...]:
        """Take one reading; gives the quarters that have ended with it, none or one."""
        closed: tuple[MeteredInterval, ...] = ()
        before, self._last = self._last, reading
        start = quarter_start(reading.at)
        seen = before is not None and timedelta() < reading.at - before.at <= LONGEST_SILENCE
        if before is not None and seen and self._open and self._open.start < start:
            edge = before.towards(reading, start)
            self._open.add(before, edge)
            before = edge
        if self._open is None or self._open.start != start:
            closed = self._turn(_Open.at(start))
        if before is not None and seen and self._open:
            self._open.add(before, reading)
        return closed

    def flush(self, now: datetime) -> tuple[MeteredInterval, ...]:
        """The quarter that has ended without a reading after it; for when the inverter no longer answers.

        Gives nothing as long as a reading may still come that completes the quarter.
        """
        if self._open is None or now < self._open.start + QUARTER + LONGEST_SILENCE:
            return ()
        self._last = None
        return self._turn(None)

    @property
    def running(self) -> tuple[MeteredInterval, ...]:
        """The quarter that has not ended, as far as it was seen; nothing where nothing was."""
        return self._open.closed() if self._open else ()

    def _turn(self, following: _Open | None) -> tuple[MeteredInterval, ...]:
        closed, self._open = self.running, following
        return closed

    def to_dict(self) -> dict[str, Any]:
        """The unfinished quarter as plain JSON; the last reading is left out, so that the time down is a gap."""
        if self._open is None:
            return {}
        quarter = self._open
        return {
            "start": quarter.start.isoformat(),
            "energies": list(quarter.energies),
            "seconds": quarter.seconds,
            "soc": quarter.soc,
            "soc_change": quarter.soc_change,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> Meter:
        """The meter from its JSON, or a new one of nothing; raises MeterStateError."""
        meter = cls()
        if data:
            meter._open = _restored(data)
        return meter


def _positive(begin: float, end: float) -> float:
    """The mean, over a straight line from one power to another, of the part above zero."""
    if begin >= 0 and end >= 0:
        return (begin + end) / 2
    if begin <= 0 and end <= 0:
        return 0.0
    above = max(begin, end)
    return above * above / abs(end - begin) / 2


def _restored(data: Mapping[str, Any]) -> _Open:
    try:
        start = datetime.fromisoformat(data["start"]).astimezone(UTC)
        energies = [float(energy) for energy in data["energies"]]
        seconds, soc, soc_change = (float(data[name]) for name in ("seconds", "soc", "soc_change"))
    except (KeyError, TypeError, ValueError) as error:
        raise MeterStateError(f"{type(error).__name__}: {error}") from None
    if quarter_start(start) != start or len(energies) != len(astuple(Energies())):
        raise MeterStateError("it is of no quarter of an hour, or of other energies")
    if not all(map(math.isfinite, (*energies, seconds, soc, soc_change))) or min(*energies, seconds) < 0:
        raise MeterStateError("it holds a value that cannot be")
    return _Open(start, energies, seconds, soc, soc_change)
