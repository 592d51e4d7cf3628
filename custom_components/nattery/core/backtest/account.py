"""The costs and energies of one way to operate the battery."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from ..planner.flows import Flows, SlotInputs, slot_money
from ..planner.problem import Problem


@dataclass(slots=True)
class Account:
    """Totals over the quarter-hours that were run: grid cost, wear cost and energies (kWh).

    `stored_kwh` is the energy stored now. `peaks` is the highest import (kW) of each month so far.
    """

    system: Problem
    stored_kwh: float
    grid_cost: float = 0.0
    wear: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    charge_kwh: float = 0.0
    discharge_kwh: float = 0.0
    peaks: dict[Hashable, float] = field(default_factory=dict)

    def add(self, flows: Flows, inputs: SlotInputs, month: Hashable) -> None:
        """Add one quarter-hour."""
        money, hours, grid = slot_money(flows, inputs, self.system.battery.wear_per_kwh), inputs.hours, flows.grid_kw
        self.grid_cost += money.import_cost - money.export_revenue
        self.wear += money.wear
        self.import_kwh += max(grid, 0.0) * hours
        self.export_kwh += max(-grid, 0.0) * hours
        self.charge_kwh += flows.charge_kw * hours
        self.discharge_kwh += flows.discharge_kw * hours
        self.stored_kwh = flows.stored_kwh
        self.note_peak(month, grid)

    def note_peak(self, month: Hashable, kw: float) -> None:
        """Update the highest import of a month (kW)."""
        self.peaks[month] = max(self.peaks.get(month, 0.0), kw)

    @property
    def spent(self) -> float:
        """The money spent so far, without the demand charge."""
        return self.grid_cost + self.wear

    @property
    def peak_cost(self) -> float:
        """The demand charge for the highest import of each month."""
        return self.system.peak_price_per_kw * sum(self.peaks.values())

    def stored_change(self) -> float:
        """Return the energy stored now minus the energy stored at the start, kWh."""
        return self.stored_kwh - self.system.battery.stored_start

    def cost(self, terminal_value: float) -> float:
        """Return the total cost: grid, demand charge and wear, minus `terminal_value` per kWh of `stored_change`."""
        return self.grid_cost + self.peak_cost + self.wear - terminal_value * self.stored_change()

    def as_document(self) -> dict[str, Any]:
        """Return all parts of the cost, and the energies, as plain JSON."""
        return {
            "grid_cost": round(self.grid_cost, 9),
            "peak_cost": round(self.peak_cost, 9),
            "wear": round(self.wear, 9),
            "stored_change_kwh": round(self.stored_change(), 9),
            "import_kwh": round(self.import_kwh, 6),
            "export_kwh": round(self.export_kwh, 6),
            "charge_kwh": round(self.charge_kwh, 6),
            "discharge_kwh": round(self.discharge_kwh, 6),
        }
