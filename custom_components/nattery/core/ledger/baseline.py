"""What would have happened otherwise: without a battery, and with one that only follows the house.

Both see the PV and the load that were really metered, netted over the quarter as the planner does. The second keeps a
battery of its own, which goes on from quarter to quarter; over a gap in the book it stands still, and nothing is
assumed about what it would have done meanwhile.
"""

from dataclasses import dataclass

from .quarter import Baseline, Energies, Metered, Money, Prices, Stored

_HOURS = 0.25


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery model of the planner: kWh, shares of the capacity, kW and efficiencies on the AC side.

    `wear_per_kwh` is money for every AC kWh, each way.
    """

    capacity_kwh: float
    soc_min: float
    soc_max: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    wear_per_kwh: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a simulated battery: AC kWh in and out, one of them 0, and the energy stored after it."""

    charge_kwh: float
    discharge_kwh: float
    stored_kwh: float


def self_consumption_step(battery: Battery, stored_kwh: float, surplus_kwh: float, hours: float) -> Step:
    """Surplus (PV above load, kWh) goes in, a shortage (negative) comes out, as far as power and energy allow."""
    highest, lowest = battery.soc_max * battery.capacity_kwh, battery.soc_min * battery.capacity_kwh
    if surplus_kwh >= 0:
        room = max(highest - stored_kwh, 0.0) / battery.charge_efficiency
        charge = min(surplus_kwh, battery.charge_kw * hours, room)
        return Step(charge, 0.0, stored_kwh + charge * battery.charge_efficiency)
    reserve = max(stored_kwh - lowest, 0.0) * battery.discharge_efficiency
    discharge = min(-surplus_kwh, battery.discharge_kw * hours, reserve)
    return Step(0.0, discharge, stored_kwh - discharge / battery.discharge_efficiency)


def self_consumption(battery: Battery, stored_kwh: float, metered: Metered) -> Baseline:
    """Go on with the baseline's battery, which holds `stored_kwh` before the quarter, for the time that was seen."""
    energies = metered.energies
    surplus = energies.pv_kwh - energies.load_kwh
    step = self_consumption_step(battery, stored_kwh, surplus, _HOURS * metered.coverage)
    return Baseline(step.charge_kwh, step.discharge_kwh, Stored(step.stored_kwh, step.stored_kwh - stored_kwh))


def money(energies: Energies, baseline: Baseline, prices: Prices, wear_per_kwh: float) -> Money:
    """What a quarter cost, and what it would have cost in both baselines."""
    residual = energies.load_kwh - energies.pv_kwh
    return Money(
        cost=energies.import_kwh * prices.import_price - energies.export_kwh * prices.export_price,
        wear=wear_per_kwh * (energies.charge_kwh + energies.discharge_kwh),
        no_battery=_grid_cost(residual, prices),
        self_consumption=_grid_cost(residual + baseline.charge_kwh - baseline.discharge_kwh, prices),
        self_consumption_wear=wear_per_kwh * (baseline.charge_kwh + baseline.discharge_kwh),
    )


def _grid_cost(grid_kwh: float, prices: Prices) -> float:
    return grid_kwh * (prices.import_price if grid_kwh > 0 else prices.export_price)
