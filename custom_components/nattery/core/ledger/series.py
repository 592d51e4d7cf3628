"""Quarters as plain rows: for actions that answer in JSON, and for a CSV that a spreadsheet or a backtest reads."""

from collections.abc import Iterable
import csv
from dataclasses import asdict
import json
from typing import IO

from .entry import QUARTER_HOURS, LedgerEntry

type Cell = float | int | str | dict[str, float | int | str | None] | None


def to_row(quarter: LedgerEntry) -> dict[str, Cell]:
    """One quarter as plain JSON with the same keys every time; what is not known is None.

    `pv_kw` and `load_kw` are the mean powers over the time that was seen, so that a quarter with a gap can be planned
    with; every `_kwh` is what was really seen.
    """
    hours = quarter.coverage * QUARTER_HOURS
    prices, money, expected, reason = quarter.prices, quarter.money, quarter.expected, quarter.reason
    return {
        "start": quarter.start.isoformat(),
        "coverage": quarter.coverage,
        "currency": prices and prices.currency,
        "import_price": prices and prices.import_price,
        "export_price": prices and prices.export_price,
        "spot_price": prices and prices.spot_price,
        **asdict(quarter.energies),
        "pv_kw": quarter.energies.pv_kwh / hours,
        "load_kw": quarter.energies.load_kwh / hours,
        "soc": quarter.soc,
        "stored_kwh": quarter.battery.kwh,
        "stored_change_kwh": quarter.battery.change_kwh,
        "baseline_charge_kwh": quarter.baseline.charge_kwh,
        "baseline_discharge_kwh": quarter.baseline.discharge_kwh,
        "baseline_stored_kwh": quarter.baseline.stored.kwh,
        "baseline_stored_change_kwh": quarter.baseline.stored.change_kwh,
        "cost": money and money.cost,
        "wear": money and money.wear,
        "no_battery": money and money.no_battery,
        "self_consumption": money and money.self_consumption,
        "self_consumption_wear": money and money.self_consumption_wear,
        "action": quarter.action and quarter.action.value,
        "reason_key": reason and reason.key,
        "reason_values": reason and reason.to_dict()["values"],
        "expected_cost": expected and expected.cost,
        "expected_grid_kwh": expected and expected.grid_kwh,
        "expected_soc": expected and expected.soc,
    }


def write_csv(quarters: Iterable[LedgerEntry], file: IO[str]) -> None:
    """Write quarters to a text file opened with newline="", with a header; nothing at all for no quarters."""
    writer: csv.DictWriter[str] | None = None
    for quarter in quarters:
        row = to_row(quarter)
        if writer is None:
            writer = csv.DictWriter(file, row)
            writer.writeheader()
        writer.writerow({name: json.dumps(cell) if isinstance(cell, dict) else cell for name, cell in row.items()})
