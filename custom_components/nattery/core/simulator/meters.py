"""The energy and time counters: today, in total, and of the last seven days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .physics import PowerFlows

SECONDS_PER_HOUR = 3600
DAYS_KEPT = 7
ENERGY_STEP = 100  # Wh per unit of an energy register


@dataclass(frozen=True, slots=True)
class CountedQuantity:
    """A counted quantity: what is measured, the registers that show it, and their steps.

    `measure` returns W for an energy (counted in Wh), and 1 or 0 for a time (counted in hours).
    """

    name: str
    measure: Callable[[PowerFlows], float]
    today: str
    total: str
    history: str | None = None
    today_step: float = ENERGY_STEP
    total_step: float = ENERGY_STEP


QUANTITIES = (
    CountedQuantity("export", lambda flows: max(0.0, -flows.grid), "GeneratedACPowerToday", "GeneratedACPowerTotal"),
    CountedQuantity(
        "charge",
        lambda flows: max(0.0, -flows.battery),
        "BatChgEnergyToday",
        "BatChgEnergyTotal",
        "BatChgEnergyLast7day",
    ),
    CountedQuantity(
        "discharge",
        lambda flows: max(0.0, flows.battery),
        "BatDischgEnergyToday",
        "BatDischgEnergyTotal",
        "BatDisChgEnergyLast7day",
    ),
    CountedQuantity("pv", lambda flows: flows.pv, "PvGeneratEnergyToday", "PvGeneratEnergyTotal", "PVEnergyLast7day"),
    CountedQuantity("load", lambda flows: flows.load, "UsedEnergyToday", "UsedEnergyTotal", "LoadConsumLast7day"),
    CountedQuantity(
        "grid_charge",
        lambda flows: flows.grid_charge,
        "LineChgEnergyTday",
        "LineChgEnergyTotal",
        "LineChgEnergyLast7day",
    ),
    CountedQuantity(
        "load_from_grid",
        lambda flows: max(0.0, flows.grid - flows.grid_charge),
        "LoadConsumLineTday",
        "LoadConsumLineTotal",
        "LoadConsumFromLineLast7day",
    ),
    CountedQuantity(
        "inverter_time",
        lambda flows: float(flows.pv > 0 or flows.battery > 0),
        "InvWorkTimeToday",
        "InvWorkTimeTotal",
        None,
        1 / 60,
        1,
    ),
    CountedQuantity(
        "grid_time", lambda flows: float(flows.grid > 0), "LineWorkTimeToday", "LineWorkTimeTotal", None, 1 / 60, 1
    ),
)
_NAMES = tuple(quantity.name for quantity in QUANTITIES)
DAYS = "WorkDaysTotal"


class Meters:
    """Integrates power flows; energies in Wh, times in hours, without rounding."""

    def __init__(self, totals: Mapping[str, float] | None = None, days: int = 0) -> None:
        """Start a new day with earlier `totals` of `days` days."""
        self.today = dict.fromkeys(_NAMES, 0.0)
        self.total = {name: float((totals or {}).get(name, 0.0)) for name in _NAMES}
        self.history = {name: [0.0] * DAYS_KEPT for name in _NAMES}
        self.days = days

    def add(self, flows: PowerFlows, seconds: float) -> None:
        """Count power flows that lasted `seconds`."""
        hours = seconds / SECONDS_PER_HOUR
        for quantity in QUANTITIES:
            amount = quantity.measure(flows) * hours
            self.today[quantity.name] += amount
            self.total[quantity.name] += amount

    def start_new_day(self) -> None:
        """Move today's counters to the history."""
        for name in _NAMES:
            self.history[name] = [self.today[name], *self.history[name][: DAYS_KEPT - 1]]
            self.today[name] = 0.0
        self.days += 1

    def values(self) -> dict[str, int | list[int]]:
        """Return raw register values by symbol, rounded down; histories as seven words."""
        values: dict[str, int | list[int]] = {DAYS: self.days}
        for quantity in QUANTITIES:
            values[quantity.today] = int(self.today[quantity.name] / quantity.today_step)
            values[quantity.total] = int(self.total[quantity.name] / quantity.total_step)
            if quantity.history:
                values[quantity.history] = [int(day / quantity.today_step) for day in self.history[quantity.name]]
        return values
