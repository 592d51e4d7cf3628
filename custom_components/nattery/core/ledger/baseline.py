"""What would have happened otherwise: without a battery, and with one that only follows the house.

Both see the PV and the load that were really metered, netted over the quarter as the planner does, and are simulated
by the planner's own model. The second keeps a battery of its own, which goes on from quarter to quarter; over a gap in
the book it stands still, and nothing is assumed about what it would have done meanwhile.
"""

from ..planner.flows import Flows, SlotInputs, no_battery_step, self_consume_step, slot_money
from ..planner.problem import BatteryModel
from .entry import QUARTER_HOURS, BaselineFlows, Energies, EntryMoney, EntryPrices, MeteredInterval, StoredEnergy


def self_consumption(battery: BatteryModel, stored_kwh: float, metered: MeteredInterval) -> BaselineFlows:
    """Go on with the baseline's battery, which holds `stored_kwh` before the quarter, for the time that was seen."""
    energies, hours = metered.energies, QUARTER_HOURS * metered.coverage
    flows = self_consume_step(
        battery, stored_kwh, SlotInputs(energies.pv_kwh / hours, energies.load_kwh / hours, hours)
    )
    return BaselineFlows(
        flows.charge_kw * hours,
        flows.discharge_kw * hours,
        StoredEnergy(flows.stored_kwh, flows.stored_kwh - stored_kwh),
    )


def money(energies: Energies, baseline: BaselineFlows, prices: EntryPrices, wear_per_kwh: float) -> EntryMoney:
    """What a quarter cost, and what it would have cost in both baselines."""
    # Energies are powers of an hour, so prices per kWh make the same money of them, however long the quarter was seen.
    around = SlotInputs(energies.pv_kwh, energies.load_kwh, 1.0, prices.import_price, prices.export_price)
    alone = no_battery_step(around)
    residual = alone.grid_kw + baseline.charge_kwh - baseline.discharge_kwh
    followed = slot_money(Flows(baseline.charge_kwh, baseline.discharge_kwh, residual, 0.0, 0.0), around, wear_per_kwh)
    return EntryMoney(
        cost=energies.import_kwh * prices.import_price - energies.export_kwh * prices.export_price,
        wear=wear_per_kwh * (energies.charge_kwh + energies.discharge_kwh),
        no_battery=slot_money(alone, around, wear_per_kwh).total,
        self_consumption=followed.import_cost - followed.export_revenue,
        self_consumption_wear=followed.wear,
    )
