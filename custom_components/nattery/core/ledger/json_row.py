"""A ledger entry as JSON, for actions that return entries."""

from dataclasses import asdict
from typing import Any

from .entry import QUARTER_HOURS, LedgerEntry

type Cell = float | int | str | dict[str, Any] | None


def entry_to_json(entry: LedgerEntry) -> dict[str, Cell]:
    """Return an entry as a JSON object that always has the same keys; unknown values are None.

    `pv_kw` and `load_kw` are mean powers over the covered time, so that a partly covered quarter-hour can be planned
    with. Each `_kwh` value is the measured energy.
    """
    hours = entry.coverage * QUARTER_HOURS
    prices, money, reason = entry.prices, entry.money, entry.reason
    expected, forecast = entry.expected, entry.forecast
    return {
        "start": entry.start.isoformat(),
        "coverage": entry.coverage,
        "currency": prices and prices.currency,
        "import_price": prices and prices.import_price,
        "export_price": prices and prices.export_price,
        "spot_price": prices and prices.spot_price,
        **asdict(entry.energies),
        "pv_kw": entry.energies.pv_kwh / hours,
        "load_kw": entry.energies.load_kwh / hours,
        "soc": entry.soc,
        "stored_kwh": entry.battery.kwh,
        "stored_change_kwh": entry.battery.change_kwh,
        "baseline_charge_kwh": entry.baseline.charge_kwh,
        "baseline_discharge_kwh": entry.baseline.discharge_kwh,
        "baseline_stored_kwh": entry.baseline.stored.kwh,
        "baseline_stored_change_kwh": entry.baseline.stored.change_kwh,
        "cost": money and money.cost,
        "wear": money and money.wear,
        "no_battery": money and money.no_battery,
        "self_consumption": money and money.self_consumption,
        "self_consumption_wear": money and money.self_consumption_wear,
        "action": entry.action and entry.action.value,
        "reason_key": reason and reason.key,
        "reason_values": reason and reason.to_dict()["values"],
        "expected_cost": expected and expected.cost,
        "expected_grid_kwh": expected and expected.grid_kwh,
        "expected_soc": expected and expected.soc,
        "expected_action": expected and expected.action and expected.action.value,
        "expected_power_kw": expected and expected.power_kw,
        "forecast_pv_kwh": forecast and forecast.pv_kwh,
        "forecast_load_kwh": forecast and forecast.load_kwh,
    }
