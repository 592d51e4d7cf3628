"""The guards: a table of reasons for which an action is replaced by self-consumption."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..action import ActionKind
from .battery import BatteryState
from .reasons import Reason
from .schedule import ScheduledAction

MAX_WRITES = 40  # of one setting per day; the write counter warns at 50, and the rest is kept for ending actions
SOC_HYSTERESIS = 5.0  # percent by which the state of charge must leave a limit before the limit stops applying


@dataclass(frozen=True, slots=True)
class SocLimits:
    """The state of charge, in percent, below which the battery is not discharged and above which it is not charged."""

    low: float = 0.0
    high: float = 100.0


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


def blocking_reason(context: GuardContext) -> Reason | None:
    """Return the first reason not to do what is planned, or None if nothing bars it."""
    guards = (_prices,) if context.run.action.kind is ActionKind.SELF_CONSUME else GUARDS
    return next((reason for guard in guards if (reason := guard(context)) is not None), None)


def _prices(context: GuardContext) -> Reason | None:
    planned = context.run.override is None
    return Reason("stale_prices") if planned and not context.prices_fresh else None


def _running(context: GuardContext) -> Reason | None:
    return None if context.state.ready else Reason("not_running")


def _alarm(context: GuardContext) -> Reason | None:
    discharges = context.run.action.kind is ActionKind.DISCHARGE
    harmless = frozenset() if discharges else context.state.discharge_alarms
    alarms = [alarm for alarm in context.state.alarms if alarm not in harmless]
    return Reason("alarm", {"alarms": ", ".join(alarms)}) if alarms else None


def _low(context: GuardContext) -> Reason | None:
    limit = context.limits.low + (SOC_HYSTERESIS if context.previous == "soc_low" else 0)
    low = context.run.action.kind is ActionKind.DISCHARGE and context.state.soc <= limit
    return Reason("soc_low", {"soc": context.state.soc, "limit": context.limits.low}) if low else None


def _high(context: GuardContext) -> Reason | None:
    # A full battery stops charging by itself, so a limit of 100 % needs no guard.
    limit = context.limits.high - (SOC_HYSTERESIS if context.previous == "soc_high" else 0)
    limited = context.run.action.kind is ActionKind.CHARGE and context.limits.high < SocLimits().high
    high = limited and context.state.soc >= limit
    return Reason("soc_high", {"soc": context.state.soc, "limit": context.limits.high}) if high else None


def _export(context: GuardContext) -> Reason | None:
    barred = context.run.action.kind is ActionKind.DISCHARGE and not context.state.may_export
    return Reason("export_off") if barred else None


def _clock(context: GuardContext) -> Reason | None:
    if not context.state.clock_off or context.goes_on:
        return None
    drift = context.state.clock_drift
    return Reason("clock_unknown") if drift is None else Reason("clock_off", {"seconds": round(drift)})


def _wear(context: GuardContext) -> Reason | None:
    worn = context.state.writes >= MAX_WRITES and not context.goes_on
    return Reason("worn", {"writes": context.state.writes}) if worn else None


GUARDS: tuple[Callable[[GuardContext], Reason | None], ...] = (
    _prices,
    _running,
    _alarm,
    _low,
    _high,
    _export,
    _clock,
    _wear,
)
