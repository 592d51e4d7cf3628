"""The energy and time counters: today, in total, and the last seven days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .physics import PowerFlows

SECONDS_PER_HOUR = 3600
DAYS_KEPT = 7
ENERGY_STEP = 100  # Wh in one unit of an energy register


@dataclass(frozen=True, slots=True)
class CountedQuantity:
    """One thing that is counted: which flow, in which registers, in which steps.

    `flow` gives W for an energy (counted in Wh) and 1 or 0 for a time (counted in hours).
    """

    name: str
    flow: Callable[[PowerFlows], float]
    today: str
    total: str
    history: str | None = None
    today_step: float = ENERGY_STEP
    total_step: float = ENERGY_STEP


QUANTITIES = (
    CountedQuantity("export", lambda f: max(0.0, -f.grid), "GeneratedACPowerToday", "GeneratedACPowerTotal"),
    CountedQuantity(
        "charge", lambda f: max(0.0, -f.battery), "BatChgEnergyToday", "BatChgEnergyTotal", "BatChgEnergyLast7day"
    ),
    CountedQuantity(
        "discharge",
        lambda f: max(0.0, f.battery),
        "BatDischgEnergyToday",
        "BatDischgEnergyTotal",
        "BatDisChgEnergyLast7day",
    ),
    CountedQuantity("pv", lambda f: f.pv, "PvGeneratEnergyToday", "PvGeneratEnergyTotal", "PVEnergyLast7day"),
    CountedQuantity("load", lambda f: f.load, "UsedEnergyToday", "UsedEnergyTotal", "LoadConsumLast7day"),
    CountedQuantity(
        "grid_charge", lambda f: f.grid_charge, "LineChgEnergyTday", "LineChgEnergyTotal", "LineChgEnergyLast7day"
    ),
    CountedQuantity(
        "load_from_grid",
        lambda f: max(0.0, f.grid - f.grid_charge),
        "LoadConsumLineTday",
        "LoadConsumLineTotal",
        "LoadConsumFromLineLast7day",
    ),
    CountedQuantity(
        "inverter_time",
        lambda f: float(f.pv > 0 or f.battery > 0),
        "InvWorkTimeToday",
        "InvWorkTimeTotal",
        None,
        1 / 60,
        1,
    ),
    CountedQuantity(
        "grid_time", lambda f: float(f.grid > 0), "LineWorkTimeToday", "LineWorkTimeTotal", None, 1 / 60, 1
    ),
)
_NAMES = tuple(quantity.name for quantity in QUANTITIES)
DAYS = "WorkDaysTotal"


class Meters:
    """Counts flows; energies in Wh and times in hours, as exact as the flows are."""

    def __init__(self, totals: Mapping[str, float] | None = None, days: int = 0) -> None:
        """Start a new day, with `totals` from an earlier life of `days`."""
        self.today = dict.fromkeys(_NAMES, 0.0)
        self.total = {name: float((totals or {}).get(name, 0.0)) for name in _NAMES}
        self.history = {name: [0.0] * DAYS_KEPT for name in _NAMES}
        self.days = days

    def add(self, flows: PowerFlows, seconds: float) -> None:
        """Count `flows` that lasted `seconds`."""
        hours = seconds / SECONDS_PER_HOUR
        for quantity in QUANTITIES:
            amount = quantity.flow(flows) * hours
            self.today[quantity.name] += amount
            self.total[quantity.name] += amount

    def roll(self) -> None:
        """Midnight: today becomes yesterday."""
        for name in _NAMES:
            self.history[name] = [self.today[name], *self.history[name][: DAYS_KEPT - 1]]
            self.today[name] = 0.0
        self.days += 1

    def values(self) -> dict[str, int | list[int]]:
        """Raw register values by symbol, rounded down as counters do; histories as seven words."""
        values: dict[str, int | list[int]] = {DAYS: self.days}
        for quantity in QUANTITIES:
            values[quantity.today] = int(self.today[quantity.name] / quantity.today_step)
            values[quantity.total] = int(self.total[quantity.name] / quantity.total_step)
            if quantity.history:
                values[quantity.history] = [int(day / quantity.today_step) for day in self.history[quantity.name]]
        return values
