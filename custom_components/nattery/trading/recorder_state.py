"""What the books remember between starts: the running quarter-hour, what is done in it, and what waits to be booked."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
import math
from typing import Any, Final

from ..core.action import ActionKind
from ..core.explanation import Explanation
from ..core.ledger.entry import QUARTER, Energies, Expectation, MeteredInterval
from ..core.ledger.errors import MeterStateError
from ..core.ledger.meter import Meter
from ..core.ledger.old_reasons import current_reason

LONGEST_WAIT: Final = timedelta(days=31)
_DEEDS: Final = 8  # quarter-hours; one ends a minute after its time at the latest


@dataclass(frozen=True, slots=True)
class IntervalRecord:
    """What is done in a quarter-hour and why, and what the plan that was in force as it began expected of it."""

    action: ActionKind | None = None
    reason: Explanation | None = None
    expected: Expectation | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "action": self.action,
            "reason": self.reason.to_dict() if self.reason else None,
            "expected": asdict(self.expected) if self.expected else None,
        }


@dataclass(frozen=True, slots=True)
class PendingInterval:
    """A quarter-hour that has ended and is not in the book."""

    metered: MeteredInterval
    deed: IntervalRecord


def _waiting() -> deque[PendingInterval]:
    return deque(maxlen=LONGEST_WAIT // QUARTER)


@dataclass(slots=True)
class RecorderState:
    """All of it; what waits longer than LONGEST_WAIT for a database is given up, the oldest first."""

    meter: Meter = field(default_factory=Meter)
    deeds: dict[datetime, IntervalRecord] = field(default_factory=dict)
    unbooked: deque[PendingInterval] = field(default_factory=_waiting)

    def note(self, start: datetime, deed: IntervalRecord) -> None:
        """Of a quarter-hour the last deed counts, with the first expectation."""
        expected = self.deeds.get(start, deed).expected or deed.expected
        self.deeds[start] = replace(deed, expected=expected)
        self.deeds = dict(sorted(self.deeds.items())[-_DEEDS:])

    def end(self, ended: tuple[MeteredInterval, ...]) -> None:
        """Let quarter-hours wait that have ended."""
        self.unbooked.extend(
            PendingInterval(metered, self.deeds.pop(metered.start, IntervalRecord())) for metered in ended
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {
            "meter": self.meter.to_dict(),
            "deeds": {start.isoformat(): deed.to_dict() for start, deed in self.deeds.items()},
            "unbooked": [
                {"deed": one.deed.to_dict(), "metered": {**asdict(one.metered), "start": one.metered.start.isoformat()}}
                for one in self.unbooked
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> RecorderState:
        """The memory from its JSON, or an empty one of nothing; raises MeterStateError."""
        memory = cls()
        if not data:
            return memory
        try:
            memory.meter = Meter.from_dict(data["meter"])
            memory.deeds = {_moment(start): _deed(deed) for start, deed in data["deeds"].items()}
            memory.unbooked.extend(
                PendingInterval(_metered(one["metered"]), _deed(one["deed"])) for one in data["unbooked"]
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MeterStateError(f"{type(error).__name__}: {error}") from None
        return memory


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _numbers(data: Mapping[str, Any]) -> dict[str, float]:
    numbers = {name: float(value) for name, value in data.items()}
    if not all(map(math.isfinite, numbers.values())):
        raise ValueError("it holds a value that cannot be")
    return numbers


def _metered(data: Mapping[str, Any]) -> MeteredInterval:
    rest = {name: value for name, value in data.items() if name not in ("start", "energies")}
    return MeteredInterval(
        start=_moment(data["start"]), energies=Energies(**_numbers(data["energies"])), **_numbers(rest)
    )


def _deed(data: Mapping[str, Any]) -> IntervalRecord:
    action, reason, expected = data["action"], data["reason"], data["expected"]
    return IntervalRecord(
        ActionKind(action) if action else None,
        current_reason(str(reason["key"]), reason["values"]) if reason else None,
        Expectation(**_numbers(expected)) if expected else None,
    )
