"""The wear book: settings live in an EEPROM that every write wears, so writes are counted by register and day.

Cells of this kind last some 100 000 writes: 50 writes a day wear one out in five and a half years.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, override

from ..errors import Placeholder
from .errors import InverterError

WARN_AT, REFUSE_AT = 50, 100


class WriteOrigin(StrEnum):
    """Who asks for a write."""

    PERSON = "person"
    AUTOMATION = "automation"


class WriteLimitError(InverterError):
    """Automations have written this register too often today; a user may still write it."""

    kind = "worn"

    def __init__(self, key: str, writes: int) -> None:
        """Say which register, and how often it was written today."""
        self.key, self.writes = key, writes
        super().__init__(
            f"{key} was written {writes} times today; more than {REFUSE_AT} would wear the inverter's memory out, "
            "so only a person may write it now"
        )

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the register's key, today's writes and the limit."""
        return {"register": self.key, "writes": self.writes, "limit": REFUSE_AT}


@dataclass(slots=True)
class WriteCounter:
    """Writes by register key: today, and ever since the book was begun."""

    day: date | None = None
    today: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)

    def check(self, key: str, origin: WriteOrigin, day: date) -> None:
        """Refuse automation that would wear a register out; raises WornError."""
        self._turn(day)
        if origin is WriteOrigin.AUTOMATION and self.today[key] >= REFUSE_AT:
            raise WriteLimitError(key, self.today[key])

    def note(self, key: str, day: date) -> None:
        """A write of this register has gone out."""
        self._turn(day)
        self.today[key] += 1
        self.total[key] += 1

    def writes_of(self, key: str, day: date) -> int:
        """Writes of one register today."""
        self._turn(day)
        return self.today[key]

    def worn(self, day: date) -> dict[str, int]:
        """The registers written so often today that somebody should know."""
        self._turn(day)
        return {key: count for key, count in self.today.items() if count >= WARN_AT}

    def writes_today(self, day: date) -> int:
        """Writes of all registers today."""
        self._turn(day)
        return self.today.total()

    def _turn(self, day: date) -> None:
        if self.day != day:
            self.day = day
            self.today.clear()

    def as_dict(self) -> dict[str, Any]:
        """The book as plain JSON."""
        return {"day": self.day.isoformat() if self.day else None, "today": dict(self.today), "total": dict(self.total)}

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> WriteCounter:
        """The book from its JSON, or a new one."""
        if not data:
            return cls()
        day = date.fromisoformat(data["day"]) if data.get("day") else None
        return cls(day, Counter(data.get("today", {})), Counter(data.get("total", {})))
