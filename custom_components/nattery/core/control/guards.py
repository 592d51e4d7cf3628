"""What keeps an action from being done, each guard a line of the table; the house then consumes its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..action import ActionKind
from ..inverter.actions import CLOCK_TOLERANCE
from .battery import BatteryState
from .reasons import Reason
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


def obstacle(scene: GuardContext) -> Reason | None:
    """The first reason not to do what is wanted; None for go ahead."""
    guards = (_prices,) if scene.run.action.kind is ActionKind.SELF_CONSUME else GUARDS
    return next((reason for guard in guards if (reason := guard(scene)) is not None), None)


def _prices(scene: GuardContext) -> Reason | None:
    planned = scene.run.override is None
    return Reason("stale_prices") if planned and not scene.prices_fresh else None


def _running(scene: GuardContext) -> Reason | None:
    return None if scene.state.ready else Reason("not_running")


def _alarm(scene: GuardContext) -> Reason | None:
    harmless = {_LOW} if scene.run.action.kind is not ActionKind.DISCHARGE else set()
    alarms = [alarm for alarm in scene.state.alarms if alarm not in harmless]
    return Reason("alarm", {"alarms": ", ".join(alarms)}) if alarms else None


def _low(scene: GuardContext) -> Reason | None:
    limit = scene.limits.low + (RECOVERY if scene.before == "soc_low" else 0)
    low = scene.run.action.kind is ActionKind.DISCHARGE and scene.state.soc <= limit
    return Reason("soc_low", {"soc": scene.state.soc, "limit": scene.limits.low}) if low else None


def _high(scene: GuardContext) -> Reason | None:
    # A battery that is simply full stops by itself.
    limit = scene.limits.high - (RECOVERY if scene.before == "soc_high" else 0)
    bounded = scene.run.action.kind is ActionKind.CHARGE and scene.limits.high < SocLimits().high
    high = bounded and scene.state.soc >= limit
    return Reason("soc_high", {"soc": scene.state.soc, "limit": scene.limits.high}) if high else None


def _export(scene: GuardContext) -> Reason | None:
    barred = scene.run.action.kind is ActionKind.DISCHARGE and not scene.state.may_export
    return Reason("export_off") if barred else None


def _clock(scene: GuardContext) -> Reason | None:
    if not scene.state.clock_off or scene.goes_on:
        return None
    drift = scene.state.clock_drift
    return Reason("clock_unknown") if drift is None else Reason("clock_off", {"seconds": round(drift)})


def _wear(scene: GuardContext) -> Reason | None:
    worn = scene.state.writes >= WRITES and not scene.goes_on
    return Reason("worn", {"writes": scene.state.writes}) if worn else None


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
