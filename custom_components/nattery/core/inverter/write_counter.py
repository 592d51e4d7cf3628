"""Counting of writes per register and day, because every write wears the EEPROM that holds the settings.

An EEPROM cell of this kind endures about 100 000 writes. At 50 writes a day it lasts five and a half years.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, override

from ..errors import Placeholder
from .errors import InverterError

WARN_AT, REFUSE_AT = 50, 100  # writes of one register per day


class WriteOrigin(StrEnum):
    """Who requests a write."""

    USER = "person"
    AUTOMATION = "automation"


class WriteLimitError(InverterError):
    """An automation has written a register too often today; a user still may."""

    kind = "worn"

    def __init__(self, key: str, writes: int) -> None:
        """Store the register's key and how often it was written today."""
        self.key, self.writes = key, writes
        super().__init__(
            f"{key} was written {writes} times today; more than {REFUSE_AT} would wear the inverter's memory out, "
            "so automations may not write it again today"
        )

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the register's key, today's writes and the limit."""
        return {"register": self.key, "writes": self.writes, "limit": REFUSE_AT}


@dataclass(slots=True)
class WriteCounter:
    """Counts writes by register key: those of today, and all."""

    day: date | None = None
    today: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def check(self, key: str, origin: WriteOrigin, day: date) -> None:
        """Raise WriteLimitError if an automation may not write this register again today."""
        self._start_day(day)
        if origin is WriteOrigin.AUTOMATION and self.today[key] >= REFUSE_AT:
            raise WriteLimitError(key, self.today[key])

    def record(self, key: str, day: date) -> None:
        """Count a write of this register."""
        self._start_day(day)
        self.today[key] += 1
        self.total[key] += 1

    def writes_of(self, key: str, day: date) -> int:
        """Return how often this register was written today."""
        self._start_day(day)
        return self.today[key]

    def frequently_written(self, day: date) -> dict[str, int]:
        """Return today's writes of the registers that have reached `WARN_AT`."""
        self._start_day(day)
        return {key: count for key, count in self.today.items() if count >= WARN_AT}

    def writes_today(self, day: date) -> int:
        """Return today's writes of all registers."""
        self._start_day(day)
        return self.today.total()

    def _start_day(self, day: date) -> None:
        if self.day != day:
            self.day = day
            self.today.clear()

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain JSON."""
        return {"day": self.day.isoformat() if self.day else None, "today": dict(self.today), "total": dict(self.total)}

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> WriteCounter:
        """Create a counter from its JSON, or an empty one from None."""
        if not data:
            return cls()
        day = date.fromisoformat(data["day"]) if data.get("day") else None
        return cls(day, Counter(data.get("today", {})), Counter(data.get("total", {})))
