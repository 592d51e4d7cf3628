"""What the controller needs of a battery, whatever device is behind it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ..action import Action, ActionKind


@dataclass(frozen=True, slots=True)
class BatteryState:
    """The present state of a battery.

    `soc` is in percent. `running` is the action that the battery is set to (None: none of the four), `left` the time
    until it ends, zero if nothing ends by itself. `clock_drift` is the number of seconds by which the clock that ends
    an action is ahead, None if unknown, 0 if there is no such clock; beyond `clock_tolerance` no action may be started.
    `discharge_alarms` names the alarms that bar discharging only. `changed` has the keys of the settings that differ
    from what the last action wrote. `writes` is the number of writes today of the setting that was written most.
    """

    soc: float
    running: ActionKind | None
    left: timedelta = timedelta()
    clock_drift: float | None = 0.0
    clock_tolerance: timedelta = timedelta(seconds=60)
    alarms: tuple[str, ...] = ()
    discharge_alarms: frozenset[str] = frozenset()
    ready: bool = True
    may_export: bool = True
    changed: tuple[str, ...] = ()
    writes: int = 0

    @property
    def clock_off(self) -> bool:
        """Whether the clock is too far off, or unknown, to start an action by it."""
        return self.clock_drift is None or abs(self.clock_drift) > self.clock_tolerance.total_seconds()


@dataclass(frozen=True, slots=True)
class Performed:
    """The action that the battery is set to now, and the settings that were written for it."""

    kind: ActionKind
    written: tuple[str, ...] = ()


class Battery(Protocol):
    """A battery that can be steered; both methods read what they need and raise BatteryError."""

    async def state(self) -> BatteryState:
        """Return the present state."""

    async def perform(self, action: Action) -> Performed:
        """Set the battery to an action that ends at its end even if this program stops; write only what differs."""
