"""The user's overrides of the plan: an action for a time, which survives restarts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..action import Action, ActionKind
from .errors import OverrideError, SavedStateError, TooManyOverridesError
from .schedule import ScheduledAction

MAX_AHEAD = timedelta(days=7)
MAX_OVERRIDES = 500
_VERSIONS = 1, 2  # version 1 did not know who had set an override


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """What a user asks for: an action until `end`, from `start` on (None: from now). The power (W) is the battery's."""

    kind: ActionKind
    end: datetime
    power: float = 0.0
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """An action from `start` to `end` (UTC) instead of the plan; `power` in W is the battery's, 0 unless it is forced.

    `user` is the ID of the user who set it, None for an automation. `set_at` is None for overrides of old versions.
    """

    id: str
    start: datetime
    end: datetime
    kind: ActionKind
    power: float = 0.0
    user: str | None = None
    set_at: datetime | None = None

    @property
    def run(self) -> ScheduledAction:
        """The override as a run; raises ValueError if it is invalid."""
        return ScheduledAction(self.start, self.end, Action(self.kind, self.power, self.end), self.id, self.power)

    @property
    def request(self) -> OverrideRequest:
        """The request that sets the same override again."""
        return OverrideRequest(self.kind, self.end, self.power, self.start)


class Overrides:
    """The overrides that have not ended, the newest last; of two that overlap, the newer one counts."""

    def __init__(self) -> None:
        """Start without overrides."""
        self._all: list[Override] = []
        self._number = 0

    def change(
        self,
        now: datetime,
        requests: Sequence[OverrideRequest] = (),
        *,
        clear: Collection[str] = (),
        user: str | None = None,
    ) -> tuple[Override, ...]:
        """Clear overrides by their IDs, add others and return these. Changes nothing if it raises OverrideError."""
        kept = [one for one in self.listed(now) if one.id not in clear]
        added = [_valid(now, request, str(number), user) for number, request in enumerate(requests, self._number + 1)]
        if len(kept) + len(added) > MAX_OVERRIDES:
            raise TooManyOverridesError(f"There are {MAX_OVERRIDES} overrides already: clear some first")
        self._all = [*kept, *added]
        self._number += len(added)
        return tuple(added)

    def listed(self, now: datetime) -> tuple[Override, ...]:
        """Return the overrides that have not ended at `now`, and drop the others."""
        self._all = [one for one in self._all if one.end > now]
        return tuple(self._all)

    def after(
        self, now: datetime, requests: Sequence[OverrideRequest], clear: Collection[str] = ()
    ) -> tuple[Override, ...]:
        """Return the overrides that there would be after `change`, which is not made; raises as it does."""
        copy = Overrides()
        copy._all, copy._number = list(self._all), self._number
        copy.change(now, requests, clear=clear)
        return copy.listed(now)

    def as_dict(self) -> dict[str, Any]:
        """Return the overrides as plain JSON."""
        return {
            "version": max(_VERSIONS),
            "number": self._number,
            "overrides": [
                {
                    "id": one.id,
                    "start": one.start.isoformat(),
                    "end": one.end.isoformat(),
                    "kind": one.kind.value,
                    "power": one.power,
                    "user": one.user,
                    "set_at": one.set_at and one.set_at.isoformat(),
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
        if saved.get("version") not in _VERSIONS:
            raise SavedStateError(
                f"The saved overrides have version {saved.get('version')!r}: allowed is up to {max(_VERSIONS)}"
            )
        try:
            overrides._number = int(saved["number"])
            overrides._all = [_restored(one) for one in saved["overrides"]]
        except (KeyError, TypeError, ValueError, OverrideError) as error:
            raise SavedStateError(f"The saved overrides cannot be read: {type(error).__name__} {error}") from error
        return overrides


def _valid(now: datetime, request: OverrideRequest, identifier: str, user: str | None) -> Override:
    """Return the override of a request; raises OverrideError."""
    start, end = request.start or now, request.end
    if start.tzinfo is None or end.tzinfo is None:
        raise OverrideError("An override needs times with a time zone", MAX_AHEAD.days)
    if end <= now or end <= start:
        raise OverrideError("An override must end after it starts, and after now", MAX_AHEAD.days)
    if end > now + MAX_AHEAD:
        raise OverrideError(f"An override can end {MAX_AHEAD.days} days from now at the latest", MAX_AHEAD.days)
    return replace(_checked(identifier, start, end, request.kind, request.power), user=user, set_at=now.astimezone(UTC))


def _restored(saved: Mapping[str, Any]) -> Override:
    start, end = (datetime.fromisoformat(saved[name]) for name in ("start", "end"))
    override = _checked(str(saved["id"]), start, end, saved["kind"], float(saved["power"]))
    set_at = saved.get("set_at")
    return replace(override, user=saved.get("user"), set_at=set_at and datetime.fromisoformat(set_at))


def _checked(identifier: str, start: datetime, end: datetime, kind: ActionKind | str, power: float) -> Override:
    try:
        override = Override(identifier, start.astimezone(UTC), end.astimezone(UTC), ActionKind(kind), power)
        _ = override.run
    except ValueError as error:
        raise OverrideError(str(error), MAX_AHEAD.days) from None
    return override
