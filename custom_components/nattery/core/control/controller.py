"""Carries out the plan and the overrides, and falls back to self-consumption whenever something is wrong.

The controller knows no Home Assistant and no solver, has no timer, and steers any `Battery`. Its owner calls `restore`
once, `release_control` at the start and at the end, and `tick` about every minute, at the start of every slot and after
every change.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from ..action import FORCED, SELF_CONSUME, Action, ActionKind
from ..explanation import Explanation
from ..planner.reasons import OVERRIDE
from .battery import Battery, BatteryState
from .errors import BatteryError, SavedStateError
from .guards import GuardContext, SocLimits, blocking_reason, reserve_hold
from .overrides import Override, OverrideRequest, Overrides
from .plan_actions import inverter_action
from .reasons import (
    CHANGED_BY_HAND,
    NO_PLAN,
    NO_READINGS,
    PLAN,
    SEVERAL_CHANGED_BY_HAND,
    STALE_PRICES,
    TOO_SHORT,
    WRITE_FAILED,
)
from .schedule import ScheduledAction, run_at, with_overrides

POWER_INTERVAL = timedelta(minutes=15)  # for which the inverter's power of an override stays
HAND_CHANGE_PAUSE = timedelta(hours=4)  # after a change by hand, if there is no run to wait for
MIN_RETRY_PAUSE, MAX_RETRY_PAUSE = timedelta(minutes=1), timedelta(hours=1)  # after a failed write, doubling
_USING_RESERVE = frozenset({ActionKind.SELF_CONSUME, ActionKind.DISCHARGE})
_VERSION = 1


class Mode(StrEnum):
    """Whether the controller carries out its decisions."""

    DRY_RUN = "dry_run"  # it decides and writes nothing
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Decision:
    """What should be done at a time (UTC), and why.

    `action` is None while nothing is written: the battery cannot be read, did not accept a setting, or was changed by
    hand. `run` is what plan and overrides ask for, None for nothing. `performed` is true if the battery is set to the
    action, which it never is in a dry run. `written` names the settings that were written for it.
    """

    at: datetime
    mode: Mode
    action: Action | None
    reason: Explanation
    run: ScheduledAction | None = None
    state: BatteryState | None = None
    performed: bool = False
    written: tuple[str, ...] = ()

    def is_like(self, other: Decision) -> bool:
        """Return whether mode, action and the key of the reason are the same."""
        return self._identity == other._identity

    @property
    def battery_power(self) -> float:
        """The power (W) of the battery by a forced action, otherwise 0."""
        run, action = self.run, self.action
        if action is None or action.kind not in FORCED:
            return 0.0
        of_run = run.battery_power if run and run.action.kind is action.kind else None
        return action.power if of_run is None else of_run

    @property
    def _identity(self) -> tuple[object, ...]:
        action = self.action
        return self.mode, action.kind if action else None, action.power if action else 0.0, self.reason.key


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is written before `until`."""

    until: datetime
    reason: Explanation


class Controller:
    """The controller of one battery.

    `now` returns aware times. `on_change` is called when the result of `as_dict` has changed: save it at once, so that
    the next start knows whether it has to release control. `limits` may be set at any time.
    """

    def __init__(
        self, battery: Battery, *, now: Callable[[], datetime], on_change: Callable[[], None] = lambda: None
    ) -> None:
        """Start as a dry run without overrides."""
        self.limits = SocLimits()
        self._battery = battery
        self._now = now
        self._on_change = on_change
        self._mode = Mode.DRY_RUN
        self._overrides = Overrides()
        self._release_pending = False  # whether the battery may be set to an action of this controller
        self._retry_pause = MIN_RETRY_PAUSE
        self._write_failure: Pause | None = None
        self._hand_change: Pause | None = None
        self._resumed = False  # whether changes by hand are overwritten by the next write
        self._previous_reason = ""
        self._powers: dict[str, tuple[datetime, Action]] = {}  # of overrides, with their times
        self._lock = asyncio.Lock()

    @property
    def mode(self) -> Mode:
        """Dry run, or automatic."""
        return self._mode

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The overrides that have not ended, the newest last."""
        return self._overrides.listed(self._now())

    def as_dict(self) -> dict[str, Any]:
        """Return what must survive a restart, as plain JSON."""
        return {
            "version": _VERSION,
            "mode": self._mode.value,
            "owes": self._release_pending,
            "overrides": self._overrides.as_dict(),
        }

    def restore(self, saved: Mapping[str, Any] | None) -> None:
        """Restore what `as_dict` gave before the restart; None is for a first start.

        Raises SavedStateError and stays a dry run that has to release control, since the battery may be set to
        anything.
        """
        if saved is None:
            return
        self._release_pending = True
        if saved.get("version") != _VERSION:
            raise SavedStateError(f"The saved control has version {saved.get('version')!r}: allowed is {_VERSION}")
        try:
            mode, pending, overrides = Mode(saved["mode"]), bool(saved["owes"]), Overrides.from_dict(saved["overrides"])
        except (AttributeError, KeyError, ValueError) as error:
            raise SavedStateError(f"The saved control cannot be read: {type(error).__name__} {error}") from error
        self._mode, self._release_pending, self._overrides = mode, pending or mode is Mode.AUTOMATIC, overrides

    async def release_control(self) -> None:
        """Set the battery to self-consumption if it may be set to an action of this controller."""
        async with self._lock:
            if self._release_pending:
                await self._release(self._now())

    async def set_mode(self, mode: Mode) -> None:
        """Switch automation on, or off, which releases control. Tick afterwards."""
        async with self._lock:
            self._mode = mode
            self._release_pending = self._release_pending or mode is Mode.AUTOMATIC
            self.resume()
            self._on_change()
            if mode is Mode.DRY_RUN and self._release_pending:
                await self._release(self._now())

    def change_overrides(
        self, requests: Sequence[OverrideRequest] = (), *, clear: Collection[str] = (), user: str | None = None
    ) -> tuple[Override, ...]:
        """Clear overrides by their IDs, add others and return these; raises OverrideError. Tick afterwards.

        An added override also ends a pause after a change by hand or a failed write.
        """
        before = self.overrides
        added = self._overrides.change(self._now(), requests, clear=clear, user=user)
        if added:
            self.resume()
        if self.overrides != before:
            self._on_change()
        return added

    def overrides_after(self, requests: Sequence[OverrideRequest], clear: Collection[str] = ()) -> tuple[Override, ...]:
        """Return the overrides that there would be after a change; raises OverrideError."""
        return self._overrides.after(self._now(), requests, clear)

    def resume(self) -> None:
        """End a pause after a change by hand or a failed write. Tick afterwards."""
        self._write_failure, self._hand_change, self._resumed = None, None, True

    @property
    def pause(self) -> Pause | None:
        """The pause after a change by hand or a failed write, or None."""
        now = self._now()
        return next((pause for pause in (self._hand_change, self._write_failure) if _is_active(pause, now)), None)

    async def tick(
        self, plan: Sequence[ScheduledAction], *, prices_fresh: bool, pv_kw: float = 0.0, load_kw: float = 0.0
    ) -> Decision:
        """Decide what is due now and carry it out; an error of the battery becomes the decision's reason.

        `plan` holds runs that do not overlap; `prices_fresh` is whether they may still be traded on. `pv_kw` and
        `load_kw` are measured: they give the power of an override that the plan does not contain.
        """
        async with self._lock:
            now = self._now().astimezone(UTC)
            overrides = self._overrides.listed(now)
            self._powers = {one.id: self._power_of(one, now, pv_kw, load_kw) for one in overrides}
            runs = [replace(one.run, action=self._powers[one.id][1]) for one in overrides]
            run = run_at(with_overrides(plan, runs), now)
            try:
                state = await self._battery.state()
            except BatteryError as error:
                return Decision(now, self._mode, None, Explanation(NO_READINGS, {"detail": error.explanation}), run)
            action, reason = self._due(now, run, state, prices_fresh=prices_fresh)
            planned = run is None or run.override is None
            if planned and action.kind in _USING_RESERVE:
                action, reason = reserve_hold(now, state, self.limits, self._previous_reason) or (action, reason)
            self._previous_reason = reason.key
            decision = Decision(now, self._mode, action, reason, run, state)
            if self._mode is Mode.DRY_RUN:
                if self._release_pending and not _is_active(self._write_failure, now):
                    await self._release(now)
                return decision
            if pause := self._pause(now, run, state):
                return replace(decision, action=None, reason=pause.reason)
            if action.kind is not ActionKind.SELF_CONSUME and state.clock_off:
                return replace(decision, performed=True)  # it runs already, and nothing may be started by that clock
            return await self._perform(decision, action)

    def _due(
        self, now: datetime, run: ScheduledAction | None, state: BatteryState, *, prices_fresh: bool
    ) -> tuple[Action, Explanation]:
        """Return what should be done and why, whether or not it can be written."""
        if run is None:
            return SELF_CONSUME, Explanation(NO_PLAN if prices_fresh else STALE_PRICES)
        context = GuardContext(now, run, state, self.limits, prices_fresh, self._previous_reason)
        if reason := blocking_reason(context):
            return SELF_CONSUME, reason
        if run.override is None:
            return run.action, Explanation(PLAN, {"until": run.end})
        # The run may go on beyond the override, if the plan then wants the same action. The override may have been
        # cleared while the battery was read.
        end = next((one.end for one in self._overrides.listed(now) if one.id == run.override), run.end)
        return run.action, Explanation(OVERRIDE, {"until": min(end, run.end)})

    def _power_of(self, override: Override, now: datetime, pv_kw: float, load_kw: float) -> tuple[datetime, Action]:
        """Return the inverter's action of an override and its time; it stays for a while, as each change is a write."""
        found = self._powers.get(override.id)
        if found is None or now >= found[0] + POWER_INTERVAL:
            return now, inverter_action(override.run.action, pv_kw, load_kw)
        return found

    def _pause(self, now: datetime, run: ScheduledAction | None, state: BatteryState) -> Pause | None:
        """Return the pause in which nothing may be written after a change by hand or a failed write, or None."""
        if self._hand_change is None and state.changed and not self._resumed:
            until = run.end if run else now + HAND_CHANGE_PAUSE
            key = CHANGED_BY_HAND if len(state.changed) == 1 else SEVERAL_CHANGED_BY_HAND
            self._hand_change = Pause(until, Explanation(key, {"settings": state.changed, "until": until}))
        if self._hand_change is not None and not _is_active(self._hand_change, now):
            self._hand_change, self._resumed = None, True
        return self._hand_change or (self._write_failure if _is_active(self._write_failure, now) else None)

    async def _perform(self, decision: Decision, action: Action) -> Decision:
        try:
            done = await self._battery.perform(action)
        except BatteryError as error:
            failed = self._fail(decision.at, error)
            if action.kind is not ActionKind.SELF_CONSUME:
                with suppress(BatteryError):  # the action would end by itself, but later
                    await self._battery.perform(SELF_CONSUME)
            return replace(decision, action=None, reason=failed.reason)
        self._succeed()
        if done.kind is not action.kind:
            decision = replace(decision, action=SELF_CONSUME, reason=Explanation(TOO_SHORT))
        return replace(decision, performed=True, written=done.written)

    async def _release(self, now: datetime) -> None:
        try:
            await self._battery.perform(SELF_CONSUME)
        except BatteryError as error:
            self._fail(now, error)
            return
        self._succeed()
        if self._mode is Mode.DRY_RUN:
            self._release_pending = False
            self._on_change()

    def _fail(self, now: datetime, error: BatteryError) -> Pause:
        """Start a pause, twice as long each time, so that a setting that is not accepted is not written for ever."""
        self._retry_pause = min(2 * self._retry_pause, MAX_RETRY_PAUSE) if self._write_failure else MIN_RETRY_PAUSE
        until = now + self._retry_pause
        self._write_failure = Pause(until, Explanation(WRITE_FAILED, {"detail": error.explanation, "until": until}))
        return self._write_failure

    def _succeed(self) -> None:
        self._write_failure, self._resumed = None, False


def _is_active(pause: Pause | None, now: datetime) -> bool:
    return pause is not None and now < pause.until
