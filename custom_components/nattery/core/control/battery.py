"""What the controller needs of a battery, whichever it is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ..action import Action, ActionKind
from ..inverter.actions import CLOCK_TOLERANCE


@dataclass(frozen=True, slots=True)
class BatteryState:
    """How a battery stands.

    `soc` is percent. `running` is what it is set to do now (None: none of the four actions), `left` for how long still,
    zero where nothing ends by itself. `clock_drift` is the seconds by which the clock that ends an action is ahead of
    the house's, None when unknown, 0 where there is none. `changed` has the keys of settings that have another value
    than the last action gave them, `writes` is the most that one setting was written today.
    """

    soc: float
    running: ActionKind | None
    left: timedelta = timedelta()
    clock_drift: float | None = 0.0
    alarms: tuple[str, ...] = ()
    ready: bool = True
    may_export: bool = True
    changed: tuple[str, ...] = ()
    writes: int = 0

    @property
    def clock_off(self) -> bool:
        """Whether nothing may be started by its clock."""
        return self.clock_drift is None or abs(self.clock_drift) > CLOCK_TOLERANCE.total_seconds()


@dataclass(frozen=True, slots=True)
class Performed:
    """What became of an action: what the battery is set to do now, and the settings written for it."""

    kind: ActionKind
    written: tuple[str, ...] = ()


class Battery(Protocol):
    """A battery that can be steered. Both methods read what they need themselves, and raise BatteryError."""

    async def state(self) -> BatteryState:
        """How it stands now."""

    async def perform(self, action: Action) -> Performed:
        """See to it that it does that until the action's end and not longer, whoever dies; write only what differs."""
