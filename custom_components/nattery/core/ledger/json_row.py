"""Ledger entries and reports as JSON."""

from dataclasses import asdict
from typing import Any

from .entry import QUARTER_HOURS, LedgerEntry
from .reports import Report

_DIGITS = 6

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


def report_to_json(report: Report) -> dict[str, Cell]:
    """Return a report as a JSON object that always has the same keys.

    Energies are None if nothing is booked in the period, money and stored energy if nothing is booked with prices.
    """
    energies = dict[str, float](asdict(report.energies))
    money = {
        "stored_change_kwh": report.stored_change_kwh,
        "stored_value_per_kwh": report.terminal_value_per_kwh,
        "grid_cost": report.money.cost,
        "wear": report.money.wear,
        "cost": report.cost,
        "no_battery_cost": report.money.no_battery,
        "self_consumption_cost": report.self_consumption_cost,
        "saved_over_no_battery": report.saved_over_no_battery,
        "saved_over_self_consumption": report.saved_over_self_consumption,
    }
    return {
        "start": report.period.start.isoformat(),
        "end": report.period.end.isoformat(),
        "currency": report.currency or None,
        "coverage": round(report.coverage, _DIGITS),
        "priced_coverage": round(report.priced_coverage, _DIGITS),
        **_known(energies, report.covered_quarters),
        **_known(money, report.priced_quarters),
    }


def _known(figures: dict[str, float], quarters: float) -> dict[str, float | None]:
    """Return rounded figures, None if they are sums of no quarter-hour."""
    return {name: round(figure, _DIGITS) if quarters else None for name, figure in figures.items()}
