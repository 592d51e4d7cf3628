"""The user's overrides of the plan: an action for a time, which survives restarts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..action import Action, ActionKind
from .errors import OverrideError, SavedStateError, TooManyOverridesError
from .schedule import ScheduledAction

MAX_AHEAD = timedelta(days=7)
MAX_OVERRIDES = 500
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Override:
    """An action from `start` to `end` (UTC) instead of the plan, `power` in W (0 unless charge or discharge)."""

    id: str
    start: datetime
    end: datetime
    kind: ActionKind
    power: float = 0.0

    @property
    def run(self) -> ScheduledAction:
        """The override as a run; raises ValueError if it is invalid."""
        return ScheduledAction(self.start, self.end, Action(self.kind, self.power, self.end), self.id)


class Overrides:
    """The overrides that have not ended, the newest last; of two that overlap, the newer one counts."""

    def __init__(self) -> None:
        """Start without overrides."""
        self._all: list[Override] = []
        self._number = 0

    def add(
        self, now: datetime, end: datetime, kind: ActionKind | str, power: float = 0.0, start: datetime | None = None
    ) -> Override:
        """Add and return an override from `start` (None: now) to `end`; raises OverrideError."""
        start = start or now
        if start.tzinfo is None or end.tzinfo is None:
            raise OverrideError("An override needs times with a time zone", MAX_AHEAD.days)
        if end <= now or end <= start:
            raise OverrideError("An override must end after it starts, and after now", MAX_AHEAD.days)
        if end > now + MAX_AHEAD:
            raise OverrideError(f"An override can end {MAX_AHEAD.days} days from now at the latest", MAX_AHEAD.days)
        if len(self.listed(now)) >= MAX_OVERRIDES:
            raise TooManyOverridesError(f"There are {MAX_OVERRIDES} overrides already: clear some first")
        number = self._number + 1
        override = _checked(str(number), start, end, kind, power)
        self._number = number
        self._all.append(override)
        return override

    def clear(self, identifier: str | None = None) -> int:
        """Clear one override, or all, and return how many there were."""
        kept = [one for one in self._all if identifier is not None and one.id != identifier]
        cleared = len(self._all) - len(kept)
        self._all = kept
        return cleared

    def listed(self, now: datetime) -> tuple[Override, ...]:
        """Return the overrides that have not ended at `now`, and drop the others."""
        self._all = [one for one in self._all if one.end > now]
        return tuple(self._all)

    def as_dict(self) -> dict[str, Any]:
        """Return the overrides as plain JSON."""
        return {
            "version": _VERSION,
            "number": self._number,
            "overrides": [
                {
                    "id": one.id,
                    "start": one.start.isoformat(),
                    "end": one.end.isoformat(),
                    "kind": one.kind.value,
                    "power": one.power,
                }
                for one in self._all
            ],
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any] | None) -> Overrides:
        """Return the overrides that `as_dict` gave, without any for None; raises SavedStateError."""
        overrides = cls()
        if saved is None:
            return overrides
        if saved.get("version") != _VERSION:
            raise SavedStateError(f"The saved overrides have version {saved.get('version')!r}: allowed is {_VERSION}")
        try:
            overrides._number = int(saved["number"])
            overrides._all = [
                _checked(
                    str(one["id"]),
                    datetime.fromisoformat(one["start"]),
                    datetime.fromisoformat(one["end"]),
                    one["kind"],
                    float(one["power"]),
                )
                for one in saved["overrides"]
            ]
        except (KeyError, TypeError, ValueError, OverrideError) as error:
            raise SavedStateError(f"The saved overrides cannot be read: {type(error).__name__} {error}") from error
        return overrides


def _checked(identifier: str, start: datetime, end: datetime, kind: ActionKind | str, power: float) -> Override:
    try:
        override = Override(identifier, start.astimezone(UTC), end.astimezone(UTC), ActionKind(kind), power)
        _ = override.run
    except ValueError as error:
        raise OverrideError(str(error), MAX_AHEAD.days) from None
    return override
