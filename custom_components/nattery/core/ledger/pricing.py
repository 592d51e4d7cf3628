"""Creates ledger entries from metered intervals, and sets or corrects their prices."""

from dataclasses import replace

from ..action import ActionKind
from ..explanation import Explanation
from ..planner.problem import BatteryModel
from .baseline import entry_money, self_consumption_flows
from .entry import EntryPrices, Expectation, LedgerEntry, MeteredInterval, StoredEnergy


def create_entry(
    metered: MeteredInterval,
    battery: BatteryModel,
    previous: LedgerEntry | None,
    *,
    prices: EntryPrices | None = None,
    action: ActionKind | None = None,
    reason: Explanation | None = None,
    expected: Expectation | None = None,
) -> LedgerEntry:
    """Return the entry for a metered interval; `previous` is the entry before it, None for the first one.

    The baseline's battery continues from the previous entry, however old it is. In the first entry it starts with the
    energy in the real battery. `battery.soc_start` is not used.
    """
    change = metered.soc_change * battery.capacity_kwh
    stored = metered.soc * battery.capacity_kwh
    baseline_stored = previous.baseline.stored.kwh if previous else stored - change
    entry = LedgerEntry(
        start=metered.start,
        coverage=metered.coverage,
        energies=metered.energies,
        soc=metered.soc,
        battery=StoredEnergy(stored, change),
        baseline=self_consumption_flows(battery, baseline_stored, metered),
        action=action,
        reason=reason,
        expected=expected,
    )
    return with_prices(entry, prices, battery.wear_per_kwh) if prices else entry


def with_prices(entry: LedgerEntry, prices: EntryPrices, wear_per_kwh: float) -> LedgerEntry:
    """Return the entry with late or corrected prices and the resulting costs.

    Wear already booked in the same currency is kept, since only market prices are corrected afterwards.
    """
    money, booked = entry_money(entry.energies, entry.baseline, prices, wear_per_kwh), entry.money
    if booked and entry.prices and entry.prices.currency == prices.currency:
        money = replace(money, wear=booked.wear, self_consumption_wear=booked.self_consumption_wear)
    return replace(entry, prices=prices, money=money)
