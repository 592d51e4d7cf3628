"""Makes a line of the ledger from what was metered, and puts prices to one that had none."""

from dataclasses import replace

from ..action import ActionKind
from ..explanation import Explanation
from ..planner.problem import BatteryModel
from .baseline import money, self_consumption
from .entry import EntryPrices, Expectation, LedgerEntry, MeteredInterval, StoredEnergy


def book_quarter(
    metered: MeteredInterval,
    battery: BatteryModel,
    previous: LedgerEntry | None,
    *,
    prices: EntryPrices | None = None,
    action: ActionKind | None = None,
    reason: Explanation | None = None,
    expected: Expectation | None = None,
) -> LedgerEntry:
    """The line for a metered quarter, after the `previous` one in the book (None: this is the first).

    The baseline's battery goes on from the previous line, however long ago that was; in the first it begins with what
    the real one held. The `soc_start` of `battery` plays no part.
    """
    change = metered.soc_change * battery.capacity_kwh
    stored = metered.soc * battery.capacity_kwh
    before = previous.baseline.stored.kwh if previous else stored - change
    quarter = LedgerEntry(
        start=metered.start,
        coverage=metered.coverage,
        energies=metered.energies,
        soc=metered.soc,
        battery=StoredEnergy(stored, change),
        baseline=self_consumption(battery, before, metered),
        action=action,
        reason=reason,
        expected=expected,
    )
    return priced(quarter, prices, battery.wear_per_kwh) if prices else quarter


def priced(quarter: LedgerEntry, prices: EntryPrices, wear_per_kwh: float) -> LedgerEntry:
    """The same line with prices, and the money that follows from them; for prices that come late or are corrected.

    What is corrected is the market's: wear that is booked in that currency stays, whatever wear costs by now.
    """
    made, booked = money(quarter.energies, quarter.baseline, prices, wear_per_kwh), quarter.money
    if booked and quarter.prices and quarter.prices.currency == prices.currency:
        made = replace(made, wear=booked.wear, self_consumption_wear=booked.self_consumption_wear)
    return replace(quarter, prices=prices, money=made)
