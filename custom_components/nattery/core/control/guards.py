"""The guards: a table of reasons for which an action is replaced by self-consumption, and the guard of the reserve."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..action import Action, ActionKind
from ..explanation import Explanation
from .battery import BatteryState
from .reasons import (
    ALARM,
    CLOCK_OFF,
    CLOCK_UNKNOWN,
    EXPORT_OFF,
    NOT_RUNNING,
    RESERVE,
    SOC_HIGH,
    SOC_LOW,
    STALE_PRICES,
    WORN,
)
from .schedule import ScheduledAction

MAX_WRITES = 40  # of one setting per day; the write counter warns at 50, and the rest is kept for ending actions
SOC_HYSTERESIS = 5.0  # percent by which the state of charge must leave a limit before the limit stops applying
_RESERVE_HYSTERESIS = 2.0  # percent, the same for the reserve: small, since the plan uses all that is above it
_RESERVE_HOLD = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SocLimits:
    """The state of charge, in percent, below which the battery is not discharged and above which it is not charged.

    Down to `reserve` the battery also supplies the house, unless an override is in force.
    """

    low: float = 0.0
    high: float = 100.0
    reserve: float = 0.0


@dataclass(frozen=True, slots=True)
class GuardContext:
    """What the guards depend on: the present run, the battery's state, and the key of the previous reason."""

    now: datetime
    run: ScheduledAction
    state: BatteryState
    limits: SocLimits
    prices_fresh: bool
    previous: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the battery does it already and will not do it for too long by its own clock."""
        running = self.state.running is self.run.action.kind
        return running and self.state.left <= self.run.end - self.now + self.state.clock_tolerance


def blocking_reason(context: GuardContext) -> Explanation | None:
    """Return the first reason not to do what is planned, or None if nothing bars it."""
    guards = (_prices,) if context.run.action.kind is ActionKind.SELF_CONSUME else GUARDS
    return next((reason for guard in guards if (reason := guard(context)) is not None), None)


def _prices(context: GuardContext) -> Explanation | None:
    planned = context.run.override is None
    return Explanation(STALE_PRICES) if planned and not context.prices_fresh else None


def _running(context: GuardContext) -> Explanation | None:
    return None if context.state.ready else Explanation(NOT_RUNNING)


def _alarm(context: GuardContext) -> Explanation | None:
    discharges = context.run.action.kind is ActionKind.DISCHARGE
    harmless = frozenset() if discharges else context.state.discharge_alarms
    alarms = [alarm for alarm in context.state.alarms if alarm not in harmless]
    return Explanation(ALARM, {"alarms": tuple(alarms)}) if alarms else None


def _low(context: GuardContext) -> Explanation | None:
    limit = context.limits.low + (SOC_HYSTERESIS if context.previous == SOC_LOW else 0)
    low = context.run.action.kind is ActionKind.DISCHARGE and context.state.soc <= limit
    return Explanation(SOC_LOW, {"soc": context.state.soc, "limit": context.limits.low}) if low else None


def _high(context: GuardContext) -> Explanation | None:
    # A full battery stops charging by itself, so a limit of 100 % needs no guard.
    limit = context.limits.high - (SOC_HYSTERESIS if context.previous == SOC_HIGH else 0)
    limited = context.run.action.kind is ActionKind.CHARGE and context.limits.high < SocLimits().high
    high = limited and context.state.soc >= limit
    return Explanation(SOC_HIGH, {"soc": context.state.soc, "limit": context.limits.high}) if high else None


def _export(context: GuardContext) -> Explanation | None:
    barred = context.run.action.kind is ActionKind.DISCHARGE and not context.state.may_export
    return Explanation(EXPORT_OFF) if barred else None


def _clock(context: GuardContext) -> Explanation | None:
    if not context.state.clock_off or context.goes_on:
        return None
    drift = context.state.clock_drift
    return Explanation(CLOCK_UNKNOWN) if drift is None else Explanation(CLOCK_OFF, {"seconds": round(drift)})


def _wear(context: GuardContext) -> Explanation | None:
    worn = context.state.writes >= MAX_WRITES and not context.goes_on
    return Explanation(WORN, {"writes": context.state.writes}) if worn else None


GUARDS: tuple[Callable[[GuardContext], Explanation | None], ...] = (
    _prices,
    _running,
    _alarm,
    _low,
    _high,
    _export,
    _clock,
    _wear,
)


def reserve_hold(
    now: datetime, state: BatteryState, limits: SocLimits, previous: str = ""
) -> tuple[Action, Explanation] | None:
    """Return the action that keeps the reserve and its reason, or None if the battery has more or cannot be held.

    The action ends at a full hour one to two hours from now, so that it is written once an hour at most.
    """
    reserve = limits.reserve
    if not reserve or state.soc > reserve + (_RESERVE_HYSTERESIS if previous == RESERVE else 0):
        return None
    end = now.replace(minute=0, second=0, microsecond=0) + _RESERVE_HOLD
    hold = Action(ActionKind.HOLD, until=end)
    context = GuardContext(now, ScheduledAction(now, end, hold), state, limits, prices_fresh=True, previous=previous)
    barred = blocking_reason(context) is not None
    return None if barred else (hold, Explanation(RESERVE, {"soc": state.soc, "limit": reserve}))
