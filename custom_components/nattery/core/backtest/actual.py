"""The account of what really happened, from the ledger."""

from collections.abc import Iterable
from datetime import tzinfo

from ..ledger.entry import QUARTER_HOURS, LedgerEntry
from ..planner.problem import Problem
from .account import Account


def actual_account(entries: Iterable[LedgerEntry], system: Problem, zone: tzinfo) -> Account:
    """Return the account of the metered energies, with the booked costs and wear.

    Of `system`, only the demand charge and the energy stored at the start are used; the metered changes of stored
    energy are added to the latter. Entries without a price are left out.
    """
    account = Account(system, system.battery.stored_start)
    for entry in entries:
        if entry.money is None:
            continue
        account.grid_cost += entry.money.cost
        account.wear += entry.money.wear
        account.import_kwh += entry.energies.import_kwh
        account.export_kwh += entry.energies.export_kwh
        account.charge_kwh += entry.energies.charge_kwh
        account.discharge_kwh += entry.energies.discharge_kwh
        account.stored_kwh += entry.battery.change_kwh
        local = entry.start.astimezone(zone)
        account.note_peak((local.year, local.month), entry.energies.import_kwh / (entry.coverage * QUARTER_HOURS))
    return account
