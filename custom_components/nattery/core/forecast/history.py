"""What was measured: energies of quarter-hours, half-hours and hours, with their gaps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
import math

from .quarters import PER_DAY, PER_HOUR, quarter

ABSURD_KW = 100.0  # more than any home's connection carries: a counter that jumped

_SHORT = 7 * PER_DAY


@dataclass(frozen=True, slots=True)
class IntervalEnergy:
    """The energy of one stretch of time: its start (aware, UTC), its length in hours (0.25, 0.5 or 1), and kWh."""

    start: datetime
    hours: float
    kwh: float


@dataclass(frozen=True, slots=True)
class PowerHistory:
    """Mean power (kW) by number of the quarter-hour; what is not there was not measured and is never guessed.

    `fine` are the quarters that were measured as such, and not as a part of an hour; `dropped` counts the rows that
    were no measurement: not a number, below zero, above `ABSURD_KW`, or not on the quarters of the clock. `made_up`
    (kW) stands in for quarters that were not measured where something is to be expected, and nowhere else.
    """

    power: Mapping[int, float]
    fine: frozenset[int] = frozenset()
    dropped: int = 0
    made_up: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[IntervalEnergy]) -> PowerHistory:
        """The history of rows in any order; of two that overlap the finer one counts, of equals the later given.

        The broken are left out and counted. Raises nothing.
        """
        dropped = 0
        by_length: dict[int, dict[int, float]] = {4: {}, 2: {}, 1: {}}  # the coarse first, so that the fine overwrite
        for row in rows:
            length = by_length.get(_quarters(row.hours))
            if length is None or row.start.tzinfo is None or not _on_the_clock(row.start) or not _plausible(row):
                dropped += 1
            else:
                length[quarter(row.start)] = row.kwh / row.hours
        power: dict[int, float] = {}
        for count, found in by_length.items():
            for start, kw in found.items():
                for number in range(start, start + count):
                    power[number] = kw
        return cls(power, frozenset(by_length[1]), dropped)

    def filled(self, power: Mapping[int, float]) -> PowerHistory:
        """This history with quarters of another measurement (kW) where it knows nothing itself."""
        new = power.keys() - self.power.keys()
        return replace(self, power={**power, **self.power}, fine=self.fine | new)

    @property
    def short(self) -> bool:
        """Whether less than a week was measured."""
        return len(self) < _SHORT

    def assuming(self, made_up: Mapping[int, float]) -> PowerHistory:
        """The same, and while it is short, what is `made_up` (kW) for where it knows nothing."""
        if not self.short:
            return self
        return replace(self, made_up={number: kw for number, kw in made_up.items() if number not in self.power})

    def __len__(self) -> int:
        """How many quarter-hours were measured."""
        return len(self.power)

    def kwh(self, start: int, end: int) -> float | None:
        """The energy from one quarter to another (its end not included), or None where any of it is not known."""
        parts = [self.power.get(number) for number in range(start, end)]
        known = [kw for kw in parts if kw is not None]
        return math.fsum(known) / PER_HOUR if len(known) == len(parts) else None


def _quarters(hours: float) -> int:
    return int(hours * PER_HOUR) if hours in {0.25, 0.5, 1.0} else 0


def _on_the_clock(start: datetime) -> bool:
    return start.minute % 15 == 0 and start.second == 0 and start.microsecond == 0


def _plausible(row: IntervalEnergy) -> bool:
    return math.isfinite(row.kwh) and 0 <= row.kwh <= ABSURD_KW * row.hours
