"""What really happened, as it was booked, as one more account beside those of a backtest."""

from collections.abc import Iterable
from datetime import tzinfo

from ..ledger.entry import QUARTER_HOURS, LedgerEntry
from ..planner.problem import Problem
from .account import Account


def actual(quarters: Iterable[LedgerEntry], house: Problem, zone: tzinfo) -> Account:
    """The account of what was metered, with the money and the wear that were booked.

    Of `house` it takes the peak price alone, and what is stored at the start, on top of which the real battery's
    changes are put. Quarters without a price are left out.
    """
    account = Account(house, house.battery.stored_start)
    for one in quarters:
        if one.money is None:
            continue
        account.grid_cost += one.money.cost
        account.wear += one.money.wear
        account.import_kwh += one.energies.import_kwh
        account.export_kwh += one.energies.export_kwh
        account.charge_kwh += one.energies.charge_kwh
        account.discharge_kwh += one.energies.discharge_kwh
        account.stored_kwh += one.battery.change_kwh
        local = one.start.astimezone(zone)
        account.note_peak((local.year, local.month), one.energies.import_kwh / (one.coverage * QUARTER_HOURS))
    return account
