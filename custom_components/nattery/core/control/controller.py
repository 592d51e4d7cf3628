"""Carries out what the plan and the people want, and the safe default whenever anything is wrong.

It knows no Home Assistant and no solver, keeps no timer of its own, and steers any `Battery`. Whoever runs it calls
`restore`, then `hand_back` at the start and at the end, and `tick` about every minute, at every start of a slot and
whenever something has changed.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from ..action import SELF_CONSUME, Action, ActionKind
from .battery import Battery, BatteryState
from .errors import BatteryError, SavedStateError
from .guards import GuardContext, SocLimits, obstacle
from .overrides import Override, Overrides
from .reasons import Reason
from .schedule import ScheduledAction, overlaid, present

LEFT_ALONE = timedelta(hours=4)  # after a change by hand, where no run says for how long
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)  # after a write that failed, doubling
_VERSION = 1


class Mode(StrEnum):
    """Whether the controller does what it says."""

    DRY_RUN = "dry_run"  # it says what it would do, and writes nothing
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Decision:
    """What should be done at a moment (UTC), and why.

    `action` is None while nothing is done: the inverter cannot be read, did not take a setting, or is left to a person.
    `run` is what plan and overrides ask for, None for nothing. `performed` tells whether the battery is set so, never
    true in a dry run. `written` names the settings that were written for it.
    """

    at: datetime
    mode: Mode
    action: Action | None
    reason: Reason
    run: ScheduledAction | None = None
    state: BatteryState | None = None
    performed: bool = False
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pause:
    """Nothing is written before `until`."""

    until: datetime
    reason: Reason


class Controller:
    """The controller of one battery.

    `now` gives aware times. `on_change` is called when what `as_dict` gives has changed: keep it at once, so that the
    next start knows whether there is something to hand back. `limits` may be set at any time.
    """

    def __init__(
        self, battery: Battery, *, now: Callable[[], datetime], on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Begin as a dry run without overrides."""
        self.limits = SocLimits()
        self._battery = battery
        self._now = now
        self._on_change = on_change
        self._mode = Mode.DRY_RUN
        self._overrides = Overrides()
        self._owes = False  # the safe default to the inverter, since it may hold something else of ours
        self._lasting = FIRST_PAUSE
        self._failed: _Pause | None = None
        self._left: _Pause | None = None
        self._forgiven = False
        self._before = ""
        self._busy = asyncio.Lock()

    @property
    def mode(self) -> Mode:
        """Dry run, or automatic."""
        return self._mode

    @property
    def overrides(self) -> tuple[Override, ...]:
        """All that have not ended, the newest last."""
        return self._overrides.listed(self._now())

    def as_dict(self) -> dict[str, Any]:
        """What must survive a restart, as plain JSON."""
        return {
            "version": _VERSION,
            "mode": self._mode.value,
            "owes": self._owes,
            "overrides": self._overrides.as_dict(),
        }

    def restore(self, saved: Mapping[str, Any] | None) -> None:
        """Take over what `as_dict` gave in the life before, None for no such life.

        Raises SavedError and stays a dry run, which then owes the inverter the safe default, since nobody knows.
        """
        if saved is None:
            return
        self._owes = True
        if saved.get("version") != _VERSION:
            raise SavedStateError(f"The saved control has version {saved.get('version')!r}: allowed is {_VERSION}")
        try:
            mode, owes, overrides = Mode(saved["mode"]), bool(saved["owes"]), Overrides.from_dict(saved["overrides"])
        except (AttributeError, KeyError, ValueError) as error:
            raise SavedStateError(f"The saved control cannot be read: {type(error).__name__} {error}") from error
        self._mode, self._owes, self._overrides = mode, owes or mode is Mode.AUTOMATIC, overrides

    async def release_control(self) -> None:
        """Put the safe default back, whatever was left; nothing is written by a dry run that has left nothing."""
        async with self._busy:
            if self._owes:
                await self._hand_back(self._now())

    async def set_mode(self, mode: Mode) -> None:
        """Switch automation on or off; off hands the battery back once. Tick after it."""
        async with self._busy:
            self._mode = mode
            self._owes = self._owes or mode is Mode.AUTOMATIC
            self.resume()
            self._on_change()
            if mode is Mode.DRY_RUN and self._owes:
                await self._hand_back(self._now())

    def override(
        self, kind: ActionKind | str, end: datetime, power: float = 0.0, start: datetime | None = None
    ) -> Override:
        """Want something else than the plan, from `start` (None: now) to `end`; raises OverrideError. Tick after it.

        Who asks for something wants it done: it also ends the time for which the inverter is left alone.
        """
        override = self._overrides.add(self._now(), end, kind, power, start)
        self.resume()
        self._on_change()
        return override

    def clear_override(self, identifier: str | None = None) -> int:
        """Forget one override, or all; gives how many there were. Tick after it."""
        cleared = self._overrides.clear(identifier)
        if cleared:
            self._on_change()
        return cleared

    def resume(self) -> None:
        """Go on at once after a change by hand or a failed write. Tick after it."""
        self._failed, self._left, self._forgiven = None, None, True

    async def tick(self, plan: Sequence[ScheduledAction], *, prices_fresh: bool) -> Decision:
        """See what is wanted now, and to it that it is done; raises nothing for what the battery does.

        `plan` are its runs or slots, which do not overlap; `prices_fresh` tells whether it may still be traded on.
        """
        async with self._busy:
            now = self._now().astimezone(UTC)
            run = present(overlaid(plan, [one.run for one in self._overrides.listed(now)]), now)
            try:
                state = await self._battery.state()
            except BatteryError as error:
                return Decision(now, self._mode, None, Reason("no_readings", {"detail": error.explanation}), run)
            action, reason = self._wanted(now, run, state, prices_fresh=prices_fresh)
            self._before = reason.key
            decision = Decision(now, self._mode, action, reason, run, state)
            if self._mode is Mode.DRY_RUN:
                if self._owes and not _waits(self._failed, now):
                    await self._hand_back(now)
                return decision
            if pause := self._pause(now, run, state):
                return replace(decision, action=None, reason=pause.reason)
            if action.kind is not ActionKind.SELF_CONSUME and state.clock_off:
                return replace(decision, performed=True)  # it runs, and nothing may be started by that clock
            return await self._perform(decision, action)

    def _wanted(
        self, now: datetime, run: ScheduledAction | None, state: BatteryState, *, prices_fresh: bool
    ) -> tuple[Action, Reason]:
        """What should be done, apart from whether anything can be written."""
        if run is None:
            return SELF_CONSUME, Reason("no_plan" if prices_fresh else "stale_prices")
        if reason := obstacle(GuardContext(now, run, state, self.limits, prices_fresh, self._before)):
            return SELF_CONSUME, reason
        return run.action, Reason("plan" if run.override is None else "override", {"until": run.end})

    def _pause(self, now: datetime, run: ScheduledAction | None, state: BatteryState) -> _Pause | None:
        """Why nothing is written now, and until when: somebody has changed something by hand, or a write failed."""
        if self._left is None and state.changed and not self._forgiven:
            until = run.end if run else now + LEFT_ALONE
            settings = ", ".join(state.changed)
            self._left = _Pause(until, Reason("changed_by_hand", {"settings": settings, "until": until}))
        if self._left is not None and not _waits(self._left, now):
            self._left, self._forgiven = None, True
        return self._left or (self._failed if _waits(self._failed, now) else None)

    async def _perform(self, decision: Decision, action: Action) -> Decision:
        try:
            done = await self._battery.perform(action)
        except BatteryError as error:
            failed = self._fail(decision.at, error)
            if action.kind is not ActionKind.SELF_CONSUME:
                with suppress(BatteryError):  # what was begun ends by itself, but rather now
                    await self._battery.perform(SELF_CONSUME)
            return replace(decision, action=None, reason=failed.reason)
        self._succeed()
        if done.kind is not action.kind:
            decision = replace(decision, action=SELF_CONSUME, reason=Reason("too_short"))
        return replace(decision, performed=True, written=done.written)

    async def _hand_back(self, now: datetime) -> None:
        try:
            await self._battery.perform(SELF_CONSUME)
        except BatteryError as error:
            self._fail(now, error)
            return
        self._succeed()
        if self._mode is Mode.DRY_RUN:
            self._owes = False
            self._on_change()

    def _fail(self, now: datetime, error: BatteryError) -> _Pause:
        """Wait before the next write, longer each time: a setting that is not taken must not be written for ever."""
        self._lasting = min(2 * self._lasting, LONGEST_PAUSE) if self._failed else FIRST_PAUSE
        until = now + self._lasting
        self._failed = _Pause(until, Reason("write_failed", {"detail": error.explanation, "until": until}))
        return self._failed

    def _succeed(self) -> None:
        self._failed, self._forgiven = None, False


def _waits(pause: _Pause | None, now: datetime) -> bool:
    return pause is not None and now < pause.until
