"""Battery actions, as the planner, the controller, the inverter and the bridge use them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf


class ActionKind(StrEnum):
    """The four actions."""

    SELF_CONSUME = "self_consume"  # store PV surplus and cover the load; the safe default
    HOLD = "hold"  # neither discharge nor charge from the grid; PV surplus may charge the battery
    CHARGE = "charge"  # charge with a given power, also from the grid
    DISCHARGE = "discharge"  # discharge with a given power, also into the grid


FORCED = frozenset({ActionKind.CHARGE, ActionKind.DISCHARGE})
SAME_POWER = 0.05  # relative difference in power below which a running action is not written again


@dataclass(frozen=True, slots=True)
class Action:
    """An action with its power (W on the battery's AC side, 0 unless charge or discharge) and its end (UTC).

    `until` is None for an action without an end, which is allowed for self_consume only.
    """

    kind: ActionKind
    power: float = 0.0
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Validate; raise ValueError."""
        if not (0 < self.power < inf if self.kind in FORCED else self.power == 0):
            raise ValueError(f"A power of {self.power:g} W is not allowed for {self.kind}")
        if self.until is None and self.kind is not ActionKind.SELF_CONSUME:
            raise ValueError(f"{self.kind} without an end is not allowed")
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError("An end without a time zone is not allowed")


SELF_CONSUME = Action(ActionKind.SELF_CONSUME)
