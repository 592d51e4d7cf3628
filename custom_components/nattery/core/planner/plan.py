"""The plan: the action of every slot, its flows and cost, and its reason."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..action import FORCED, Action, ActionKind
from ..explanation import Explanation
from ..sentences import Sentences
from .flows import SlotMoney
from .problem import RequiredAction, ValueCurve

_POWER_TOLERANCE_KW = 1e-3  # powers within one run differ by less


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """One slot of a plan.

    Times are UTC, powers AC powers in kW (a positive `grid_kw` is import), SOC is from 0 to 1, money is in the plan's
    currency. `marginal_value` is the dual value of one more stored kWh in this slot. In hold, `sell_surplus` tells that
    the PV surplus goes to the grid although the battery has room for it. `required` is the user's override of the slot.
    """

    start: datetime
    end: datetime
    action: ActionKind
    charge_kw: float
    discharge_kw: float
    grid_kw: float
    curtail_kw: float
    soc_end: float
    marginal_value: float
    money: SlotMoney
    reason: Explanation
    sell_surplus: bool = False
    required: RequiredAction | None = None

    @property
    def override(self) -> str | None:
        """The ID of the override that sets the slot's action, or None."""
        return self.required.override if self.required else None

    @property
    def power_kw(self) -> float:
        """The power of a forced action, otherwise 0; that of an override is the one that was set."""
        if self.action not in FORCED:
            return 0.0
        return self.required.power_kw if self.required else self.charge_kw + self.discharge_kw

    @property
    def cost(self) -> float:
        """The net cost of the slot: import minus export plus wear."""
        return self.money.total


@dataclass(frozen=True, slots=True)
class PlanRun:
    """Consecutive slots with the same action and power (kW), times UTC. The reason is that of the first slot."""

    start: datetime
    end: datetime
    kind: ActionKind
    power_kw: float
    sell_surplus: bool
    reason: Explanation
    override: str | None = None

    def is_like(self, other: PlanRun) -> bool:
        """Return whether another run has the same action and power, and comes from the same override or none."""
        same = (self.kind, self.sell_surplus, self.override) == (other.kind, other.sell_surplus, other.override)
        return same and abs(self.power_kw - other.power_kw) <= _POWER_TOLERANCE_KW

    @property
    def action(self) -> Action:
        """The action for the inverter, with its power in W."""
        return Action(self.kind, self.power_kw * 1000, self.end)


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned actions and their cost (lower is better).

    `cost` is the net cost of all slots plus the demand charge, minus the value (`terminal`) of the energy stored more
    at the end than at the start. `solver` is highs, dynamic, stochastic or none. `exact` is False if the time limit was
    reached before the optimum was proven. `kept` tells that the actions of the next hours were kept from the previous
    plan (hysteresis). `savings` are each slot's savings over plain self-consumption, stored energy included.
    """

    slots: tuple[PlannedSlot, ...]
    cost: float
    strategy: str
    solver: str
    solve_ms: float
    terminal: ValueCurve
    currency: str
    notes: tuple[Explanation, ...] = ()
    exact: bool = True
    kept: bool = False
    savings: tuple[float, ...] = ()

    def __iter__(self) -> Iterator[PlannedSlot]:
        """Iterate over the slots in order."""
        return iter(self.slots)

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self.slots)

    def at(self, moment: datetime) -> PlannedSlot | None:
        """Return the slot that contains an aware time, or None."""
        return next((slot for slot in self.slots if slot.start <= moment < slot.end), None)

    @property
    def runs(self) -> tuple[PlanRun, ...]:
        """The slots, joined while action and power stay the same; one run is one window of the inverter."""
        runs: list[PlanRun] = []
        for slot in self.slots:
            run = PlanRun(
                slot.start, slot.end, slot.action, slot.power_kw, slot.sell_surplus, slot.reason, slot.override
            )
            if runs and runs[-1].is_like(run):
                runs[-1] = replace(runs[-1], end=run.end)
            else:
                runs.append(run)
        return tuple(runs)

    def as_document(self, sentences: Sentences) -> dict[str, Any]:
        """Return the plan as `nattery plan --json` prints it, with times as seen at its start."""
        now = self.slots[0].start
        return {
            "cost": round(self.cost, 9),
            "solver": self.solver,
            "solve_ms": round(self.solve_ms, 3),
            "slots": [
                {
                    "start": slot.start.isoformat(),
                    "action": slot.action.value,
                    "charge_kw": round(slot.charge_kw, 9),
                    "discharge_kw": round(slot.discharge_kw, 9),
                    "grid_kw": round(slot.grid_kw, 9),
                    "curtail_kw": round(slot.curtail_kw, 9),
                    "soc_end": round(slot.soc_end, 9),
                    "marginal_value": round(slot.marginal_value, 9),
                    **sentences.to_dict(slot.reason, now),
                }
                for slot in self.slots
            ],
            "notes": [sentences.sentence(note, now) for note in self.notes],
        }
