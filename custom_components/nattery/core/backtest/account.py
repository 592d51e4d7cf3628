"""What a way to run the battery came to."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from ..planner.flows import Flows, SlotInputs, costs
from ..planner.problem import Problem


@dataclass(slots=True)
class Account:
    """Sums over the quarters that were run: money of the grid and of wear, and kWh.

    `stored_kwh` is what the battery holds now, `peaks` the highest import (kW) of each month so far.
    """

    house: Problem
    stored_kwh: float
    grid_cost: float = 0.0
    wear: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    charge_kwh: float = 0.0
    discharge_kwh: float = 0.0
    peaks: dict[Hashable, float] = field(default_factory=dict)

    def add(self, flows: Flows, around: SlotInputs, month: Hashable) -> None:
        """Count one quarter."""
        money, hours, grid = costs(flows, around, self.house.battery.wear_per_kwh), around.hours, flows.grid_kw
        self.grid_cost += money.bought - money.sold
        self.wear += money.wear
        self.import_kwh += max(grid, 0.0) * hours
        self.export_kwh += max(-grid, 0.0) * hours
        self.charge_kwh += flows.charge_kw * hours
        self.discharge_kwh += flows.discharge_kw * hours
        self.stored_kwh = flows.stored_kwh
        self.note_peak(month, grid)

    def note_peak(self, month: Hashable, kw: float) -> None:
        """Keep the highest import of a month."""
        self.peaks[month] = max(self.peaks.get(month, 0.0), kw)

    @property
    def peak_cost(self) -> float:
        """What the capacity tariff asks for the highest import of each month."""
        return self.house.peak_price_per_kw * sum(self.peaks.values())

    def stored_change(self) -> float:
        """What the battery holds more than at the start, kWh."""
        return self.stored_kwh - self.house.battery.stored_start

    def cost(self, worth: float) -> float:
        """The whole cost: grid, peaks and wear, less `worth` for each kWh stored more at the end than at the start."""
        return self.grid_cost + self.peak_cost + self.wear - worth * self.stored_change()

    def as_document(self) -> dict[str, Any]:
        """All of it but the whole cost, as plain JSON."""
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
