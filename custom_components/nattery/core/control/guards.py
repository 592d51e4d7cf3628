"""What keeps an action from being done, each guard a line of the table; the house then consumes its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..action import ActionKind
from ..explanation import Explanation
from ..inverter.actions import CLOCK_TOLERANCE
from .battery import BatteryState
from .reasons import (
    ALARM,
    CLOCK_OFF,
    CLOCK_UNKNOWN,
    EXPORT_OFF,
    NOT_RUNNING,
    SOC_HIGH,
    SOC_LOW,
    STALE_PRICES,
    WORN,
)
from .schedule import ScheduledAction

WRITES = 40  # of one setting on one day; from 50 the wear book warns, and what is left is for ending things
RECOVERY = 5.0  # percent of charge by which a limit must be left behind before it is forgotten
_LOW = "battery_low_voltage"  # no reason not to charge


@dataclass(frozen=True, slots=True)
class SocLimits:
    """The state of charge, in percent, below which nothing is sold and above which nothing is bought."""

    low: float = 0.0
    high: float = 100.0


@dataclass(frozen=True, slots=True)
class GuardContext:
    """What the guards look at: the run that is on, how the battery stands, and what stood in the way just before."""

    now: datetime
    run: ScheduledAction
    state: BatteryState
    limits: SocLimits
    prices_fresh: bool
    before: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the battery does it already, and will by its own clock not do so for too long."""
        running = self.state.running is self.run.action.kind
        return running and self.state.left <= self.run.end - self.now + CLOCK_TOLERANCE


def obstacle(scene: GuardContext) -> Explanation | None:
    """The first reason not to do what is wanted; None for go ahead."""
    guards = (_prices,) if scene.run.action.kind is ActionKind.SELF_CONSUME else GUARDS
    return next((reason for guard in guards if (reason := guard(scene)) is not None), None)


def _prices(scene: GuardContext) -> Explanation | None:
    planned = scene.run.override is None
    return Explanation(STALE_PRICES) if planned and not scene.prices_fresh else None


def _running(scene: GuardContext) -> Explanation | None:
    return None if scene.state.ready else Explanation(NOT_RUNNING)


def _alarm(scene: GuardContext) -> Explanation | None:
    harmless = {_LOW} if scene.run.action.kind is not ActionKind.DISCHARGE else set()
    alarms = [alarm for alarm in scene.state.alarms if alarm not in harmless]
    return Explanation(ALARM, {"alarms": tuple(alarms)}) if alarms else None


def _low(scene: GuardContext) -> Explanation | None:
    limit = scene.limits.low + (RECOVERY if scene.before == SOC_LOW else 0)
    low = scene.run.action.kind is ActionKind.DISCHARGE and scene.state.soc <= limit
    return Explanation(SOC_LOW, {"soc": scene.state.soc, "limit": scene.limits.low}) if low else None


def _high(scene: GuardContext) -> Explanation | None:
    # A battery that is simply full stops by itself.
    limit = scene.limits.high - (RECOVERY if scene.before == SOC_HIGH else 0)
    bounded = scene.run.action.kind is ActionKind.CHARGE and scene.limits.high < SocLimits().high
    high = bounded and scene.state.soc >= limit
    return Explanation(SOC_HIGH, {"soc": scene.state.soc, "limit": scene.limits.high}) if high else None


def _export(scene: GuardContext) -> Explanation | None:
    barred = scene.run.action.kind is ActionKind.DISCHARGE and not scene.state.may_export
    return Explanation(EXPORT_OFF) if barred else None


def _clock(scene: GuardContext) -> Explanation | None:
    if not scene.state.clock_off or scene.goes_on:
        return None
    drift = scene.state.clock_drift
    return Explanation(CLOCK_UNKNOWN) if drift is None else Explanation(CLOCK_OFF, {"seconds": round(drift)})


def _wear(scene: GuardContext) -> Explanation | None:
    worn = scene.state.writes >= WRITES and not scene.goes_on
    return Explanation(WORN, {"writes": scene.state.writes}) if worn else None


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
