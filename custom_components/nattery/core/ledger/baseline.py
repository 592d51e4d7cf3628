"""The two baselines of an entry: no battery, and plain self-consumption with the same battery.

Both use the measured PV and load, netted over the quarter-hour as in the planner, and the planner's battery model. The
self-consumption baseline has its own stored energy, which continues from entry to entry and stays the same over a gap.
"""

from ..planner.flows import Flows, SlotInputs, no_battery_step, self_consume_step, slot_money
from ..planner.problem import BatteryModel
from .entry import QUARTER_HOURS, BaselineFlows, Energies, EntryMoney, EntryPrices, MeteredInterval, StoredEnergy


def self_consumption_flows(battery: BatteryModel, stored_kwh: float, metered: MeteredInterval) -> BaselineFlows:
    """Simulate self-consumption for the covered time, with `stored_kwh` in the baseline's battery before it."""
    energies, hours = metered.energies, QUARTER_HOURS * metered.coverage
    flows = self_consume_step(
        battery, stored_kwh, SlotInputs(energies.pv_kwh / hours, energies.load_kwh / hours, hours)
    )
    return BaselineFlows(
        flows.charge_kw * hours,
        flows.discharge_kw * hours,
        StoredEnergy(flows.stored_kwh, flows.stored_kwh - stored_kwh),
    )


def entry_money(energies: Energies, baseline: BaselineFlows, prices: EntryPrices, wear_per_kwh: float) -> EntryMoney:
    """Return the costs of a quarter-hour and of both baselines."""
    # The energies are passed as powers over one hour: the costs are the same, whatever time was covered.
    inputs = SlotInputs(energies.pv_kwh, energies.load_kwh, 1.0, prices.import_price, prices.export_price)
    no_battery = no_battery_step(inputs)
    grid_kw = no_battery.grid_kw + baseline.charge_kwh - baseline.discharge_kwh
    self_consumption = slot_money(
        Flows(baseline.charge_kwh, baseline.discharge_kwh, grid_kw, 0.0, 0.0), inputs, wear_per_kwh
    )
    return EntryMoney(
        cost=energies.import_kwh * prices.import_price - energies.export_kwh * prices.export_price,
        wear=wear_per_kwh * (energies.charge_kwh + energies.discharge_kwh),
        no_battery=slot_money(no_battery, inputs, wear_per_kwh).total,
        self_consumption=self_consumption.import_cost - self_consumption.export_revenue,
        self_consumption_wear=self_consumption.wear,
    )
