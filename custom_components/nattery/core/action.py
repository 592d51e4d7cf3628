"""What the inverter can be told to do: the one word that planner, controller, inverter and bridge share."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf


class ActionKind(StrEnum):
    """The four actions."""

    SELF_CONSUME = "self_consume"  # the battery follows the house: surplus in, shortage out; the safe default
    HOLD = "hold"  # the battery gives nothing and takes nothing from the grid; surplus may charge it
    CHARGE = "charge"  # from the grid as well, with a given power
    DISCHARGE = "discharge"  # with a given power, into the grid as well


FORCED = frozenset({ActionKind.CHARGE, ActionKind.DISCHARGE})
SAME_POWER = 0.05  # the share by which the power of a running action may differ before it is worth a write


@dataclass(frozen=True, slots=True)
class Action:
    """One action, `power` in W at the battery's AC side (0 unless forced), and when it ends (UTC).

    `until` is None for an action that holds until the next one, which only self_consume may.
    """

    kind: ActionKind
    power: float = 0.0
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what must never reach an inverter; raises ValueError."""
        if not (0 < self.power < inf if self.kind in FORCED else self.power == 0):
            raise ValueError(f"A power of {self.power:g} W is not allowed for {self.kind}")
        if self.until is None and self.kind is not ActionKind.SELF_CONSUME:
            raise ValueError(f"{self.kind} without an end is not allowed")
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError("An end without a time zone is not allowed")


SELF_CONSUME = Action(ActionKind.SELF_CONSUME)
