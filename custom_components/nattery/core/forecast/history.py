"""Measured energy history in quarter-hours, half-hours or hours; gaps stay gaps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
import math

from .quarters import PER_DAY, PER_HOUR, quarter

MAX_PLAUSIBLE_KW = 100.0  # more than the grid connection of any home carries: a meter error

_SHORT_QUARTERS = 7 * PER_DAY


@dataclass(frozen=True, slots=True)
class IntervalEnergy:
    """The energy of an interval: its start (aware, UTC), its length in hours (0.25, 0.5 or 1), and kWh."""

    start: datetime
    hours: float
    kwh: float


@dataclass(frozen=True, slots=True)
class PowerHistory:
    """Measured mean power (kW) by number of the quarter-hour; unmeasured quarter-hours are absent.

    `quarter_hourly` are the quarter-hours measured individually, not as part of a longer interval. `dropped` counts the
    invalid rows: not a number, negative, above `MAX_PLAUSIBLE_KW`, or not aligned to quarter-hours. `assumed` (kW) are
    assumptions for unmeasured quarter-hours; they affect expected values only.
    """

    power: Mapping[int, float]
    quarter_hourly: frozenset[int] = frozenset()
    dropped: int = 0
    assumed: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def from_rows(cls, rows: Iterable[IntervalEnergy]) -> PowerHistory:
        """Return the history of rows in any order.

        Where rows overlap, the shorter interval takes precedence; of equal intervals, the later row. Invalid rows are
        dropped and counted. Raises nothing.
        """
        dropped = 0
        by_length: dict[int, dict[int, float]] = {4: {}, 2: {}, 1: {}}  # longest first: shorter intervals overwrite
        for row in rows:
            powers = by_length.get(_length_in_quarters(row.hours))
            if powers is None or row.start.tzinfo is None or not _is_aligned(row.start) or not _is_plausible(row):
                dropped += 1
            else:
                powers[quarter(row.start)] = row.kwh / row.hours
        power: dict[int, float] = {}
        for length, powers in by_length.items():
            for start, kw in powers.items():
                for number in range(start, start + length):
                    power[number] = kw
        return cls(power, frozenset(by_length[1]), dropped)

    def with_gaps_filled(self, power: Mapping[int, float]) -> PowerHistory:
        """Return this history with quarter-hours of another measurement (kW) in its gaps."""
        new = power.keys() - self.power.keys()
        return replace(self, power={**power, **self.power}, quarter_hourly=self.quarter_hourly | new)

    @property
    def is_short(self) -> bool:
        """Whether less than a week was measured."""
        return len(self) < _SHORT_QUARTERS

    def with_assumed(self, power: Mapping[int, float]) -> PowerHistory:
        """Return this history with assumptions (kW) for its gaps; unchanged if the history is not short."""
        if not self.is_short:
            return self
        return replace(self, assumed={number: kw for number, kw in power.items() if number not in self.power})

    def __len__(self) -> int:
        """Return the number of measured quarter-hours."""
        return len(self.power)

    def kwh(self, start: int, end: int) -> float | None:
        """Return the energy of the quarter-hours in [start, end), or None if any of them is unmeasured."""
        parts = [self.power.get(number) for number in range(start, end)]
        known = [kw for kw in parts if kw is not None]
        return math.fsum(known) / PER_HOUR if len(known) == len(parts) else None


def _length_in_quarters(hours: float) -> int:
    """Return 0 for a length that is not supported."""
    return int(hours * PER_HOUR) if hours in {0.25, 0.5, 1.0} else 0


def _is_aligned(start: datetime) -> bool:
    return start.minute % 15 == 0 and start.second == 0 and start.microsecond == 0


def _is_plausible(row: IntervalEnergy) -> bool:
    return math.isfinite(row.kwh) and 0 <= row.kwh <= MAX_PLAUSIBLE_KW * row.hours
