"""What the ledger recorder keeps between starts: the running quarter-hour and the quarter-hours not yet booked."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
import math
from typing import Any, Final

from ..action import ActionKind
from ..explanation import Explanation
from ..ledger.entry import QUARTER, QUARTER_HOURS, Energies, Expectation, ForecastEnergies, MeteredInterval
from ..ledger.errors import MeterStateError
from ..ledger.meter import Meter
from ..ledger.old_reasons import current_reason

LONGEST_WAIT: Final = timedelta(days=31)
_RECORDS: Final = 8  # quarter-hours; one ends a minute after its time at the latest


@dataclass(frozen=True, slots=True)
class IntervalRecord:
    """The action of a quarter-hour, its reason, what the plan in force at its start expected, and the forecast."""

    action: ActionKind | None = None
    reason: Explanation | None = None
    expected: Expectation | None = None
    forecast: ForecastEnergies | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "action": self.action,
            "reason": self.reason.to_dict() if self.reason else None,
            "expected": asdict(self.expected) if self.expected else None,
            "forecast": asdict(self.forecast) if self.forecast else None,
        }


@dataclass(frozen=True, slots=True)
class PendingInterval:
    """A quarter-hour that has ended and is not in the ledger yet."""

    metered: MeteredInterval
    record: IntervalRecord


def _pending() -> deque[PendingInterval]:
    return deque(maxlen=LONGEST_WAIT // QUARTER)


@dataclass(slots=True)
class RecorderState:
    """The meter, the records of recent quarter-hours by their start, and the pending quarter-hours.

    Of pending quarter-hours that together span more than LONGEST_WAIT, the oldest are dropped.
    """

    meter: Meter = field(default_factory=Meter)
    records: dict[datetime, IntervalRecord] = field(default_factory=dict)
    pending: deque[PendingInterval] = field(default_factory=_pending)

    def record(self, start: datetime, record: IntervalRecord) -> None:
        """Keep the last record of a quarter-hour, with the first expectation and forecast."""
        first = self.records.get(start, record)
        self.records[start] = replace(
            record, expected=first.expected or record.expected, forecast=first.forecast or record.forecast
        )
        self.records = dict(sorted(self.records.items())[-_RECORDS:])

    def close(self, ended: tuple[MeteredInterval, ...]) -> None:
        """Queue quarter-hours that have ended."""
        self.pending.extend(
            PendingInterval(metered, self.records.pop(metered.start, IntervalRecord())) for metered in ended
        )

    def expected(self) -> dict[datetime, Expectation]:
        """Return what was expected of the quarter-hours that are not booked, by their start."""
        records = {interval.metered.start: interval.record for interval in self.pending} | self.records
        return {start: record.expected for start, record in records.items() if record.expected}

    def highest_import(self, since: datetime) -> float:
        """Return the highest import (kW) of the quarter-hours not booked yet that start at or after `since`."""
        metered = (*(interval.metered for interval in self.pending), *self.meter.open_interval)
        return max((one.energies.import_kwh / QUARTER_HOURS for one in metered if one.start >= since), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain JSON."""
        return {
            "meter": self.meter.to_dict(),
            "deeds": {start.isoformat(): record.to_dict() for start, record in self.records.items()},
            "unbooked": [
                {
                    "metered": {**asdict(interval.metered), "start": interval.metered.start.isoformat()},
                    "deed": interval.record.to_dict(),
                }
                for interval in self.pending
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> RecorderState:
        """Return the state that `to_dict` gave, or an empty one for None; raises MeterStateError."""
        state = cls()
        if not data:
            return state
        try:
            state.meter = Meter.from_dict(data["meter"])
            state.records = {_utc(start): _record(record) for start, record in data["deeds"].items()}
            state.pending.extend(
                PendingInterval(_metered(one["metered"]), _record(one["deed"])) for one in data["unbooked"]
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MeterStateError(f"{type(error).__name__}: {error}") from None
        return state


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _numbers(data: Mapping[str, Any]) -> dict[str, float]:
    numbers = {name: float(value) for name, value in data.items()}
    if not all(map(math.isfinite, numbers.values())):
        raise ValueError("it holds a value that is not finite")
    return numbers


def _metered(data: Mapping[str, Any]) -> MeteredInterval:
    rest = {name: value for name, value in data.items() if name not in ("start", "energies")}
    return MeteredInterval(start=_utc(data["start"]), energies=Energies(**_numbers(data["energies"])), **_numbers(rest))


def _record(data: Mapping[str, Any]) -> IntervalRecord:
    action, reason = data["action"], data["reason"]
    expected, forecast = data["expected"], data.get("forecast")  # earlier versions stored no forecast
    return IntervalRecord(
        ActionKind(action) if action else None,
        current_reason(str(reason["key"]), reason["values"]) if reason else None,
        _expectation(expected) if expected else None,
        ForecastEnergies(**_numbers(forecast)) if forecast else None,
    )


def _expectation(data: Mapping[str, Any]) -> Expectation:
    """Return an expectation; earlier versions stored neither action nor power."""
    action = data.get("action")
    numbers = _numbers({name: value for name, value in data.items() if name != "action" and value is not None})
    return Expectation(**numbers, action=ActionKind(action) if action else None)
