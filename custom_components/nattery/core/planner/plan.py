"""The plan: an action for every slot, what flows and what it costs, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..action import FORCED, Action, ActionKind
from ..explanation import Explanation
from ..sentences import Sentences
from .flows import SlotMoney

_SAME_KW = 1e-3  # powers of one run differ by less


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """One slot: times UTC, powers kW AC (`grid_kw` positive = import), SOC 0 to 1, money in the plan's currency.

    `marginal_value` is what one more stored kWh would be worth in this slot. In hold, `sell_surplus` tells that the PV
    surplus goes to the grid although there is room for it.
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
    costs: SlotMoney
    reason: Explanation
    sell_surplus: bool = False

    @property
    def power_kw(self) -> float:
        """The power of a forced action, else 0."""
        return self.charge_kw + self.discharge_kw if self.action in FORCED else 0.0

    @property
    def cost(self) -> float:
        """What the slot costs: import, less export, and wear."""
        return self.costs.total


@dataclass(frozen=True, slots=True)
class PlanRun:
    """Consecutive slots of one action with one power (kW), times UTC; the reason is the first slot's."""

    start: datetime
    end: datetime
    kind: ActionKind
    power_kw: float
    sell_surplus: bool
    reason: Explanation

    def is_like(self, other: PlanRun) -> bool:
        """Whether another run does the same."""
        same = self.kind is other.kind and self.sell_surplus is other.sell_surplus
        return same and abs(self.power_kw - other.power_kw) <= _SAME_KW

    @property
    def action(self) -> Action:
        """What to tell the inverter, in W."""
        return Action(self.kind, self.power_kw * 1000, self.end)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, and what it costs (lower is better).

    `cost` is that of all slots, and of the highest import where a capacity tariff counts it, less `terminal_value` for
    each kWh stored more at the end than at the start. `solver` is highs, dynamic or none. `exact` is False where the
    time ran out before the optimum was proven. `kept` tells that the next hours keep to the plan before, since a change
    would not pay.
    """

    slots: tuple[PlannedSlot, ...]
    cost: float
    strategy: str
    solver: str
    solve_ms: float
    terminal_value: float
    currency: str
    notes: tuple[Explanation, ...] = ()
    exact: bool = True
    kept: bool = False

    def __iter__(self) -> Iterator[PlannedSlot]:
        """The slots in order."""
        return iter(self.slots)

    def __len__(self) -> int:
        """How many slots."""
        return len(self.slots)

    def at(self, moment: datetime) -> PlannedSlot | None:
        """The slot that holds an aware moment, or None."""
        return next((slot for slot in self.slots if slot.start <= moment < slot.end), None)

    @property
    def runs(self) -> tuple[PlanRun, ...]:
        """The slots, joined where nothing changes: one run is one window of the inverter."""
        runs: list[PlanRun] = []
        for slot in self.slots:
            run = PlanRun(slot.start, slot.end, slot.action, slot.power_kw, slot.sell_surplus, slot.reason)
            if runs and runs[-1].is_like(run):
                runs[-1] = replace(runs[-1], end=run.end)
            else:
                runs.append(run)
        return tuple(runs)

    def as_document(self, sentences: Sentences) -> dict[str, Any]:
        """Return the plan as `nattery plan --json` prints it; times are told as seen from its start."""
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
