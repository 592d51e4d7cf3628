"""A local day, past or future, in columns of quarter-hours: prices, what was booked, planned and forecast."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..action import ActionKind
from ..ledger.entry import QUARTER, EntryPrices, Expectation, ForecastEnergies, LedgerEntry
from ..ledger.reports import Period
from ..planner.plan import Plan
from .plan_columns import Column
from .planning import slot_expectation

_DIGITS = 5


@dataclass(frozen=True, slots=True)
class DayRecords:
    """What is known of a day, each by the start of its quarter-hour (UTC).

    `prices` are those of the price book, `expected` and `forecast` are of quarter-hours that are not booked, `plan` is
    the present one. Amounts in another currency than `currency` are left out.
    """

    currency: str
    entries: Mapping[datetime, LedgerEntry] = field(default_factory=dict)
    prices: Mapping[datetime, EntryPrices] = field(default_factory=dict)
    expected: Mapping[datetime, Expectation] = field(default_factory=dict)
    forecast: Mapping[datetime, ForecastEnergies] = field(default_factory=dict)
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class _Quarter:
    """One quarter-hour; None for what is unknown."""

    start: datetime
    entry: LedgerEntry | None
    prices: EntryPrices | None
    expected: Expectation | None
    forecast: ForecastEnergies | None

    @property
    def is_priced(self) -> bool:
        """Whether the entry has amounts in the currency of the prices."""
        return bool(self.entry and self.entry.prices and self.entry.prices is self.prices)


def day_currency(entries: Iterable[LedgerEntry], present: str) -> str:
    """Return the currency to show a day in: that of its first priced entry, or else the present one."""
    return next((entry.prices.currency for entry in entries if entry.prices), present)


def day_columns(period: Period, now: datetime, records: DayRecords) -> dict[str, Column]:
    """Return one value per quarter-hour in each column: energies kWh, prices per kWh, `start` in unix seconds.

    Unknown values are None. What is planned is what the plan in force at the start of the quarter-hour expected, in
    quarter-hours that have not begun the present plan. `planned_power_kw` is positive while charging, costs are without
    wear.
    """
    starts = [period.start + number * QUARTER for number in range(period.quarters)]
    quarters = [_quarter(start, now, records) for start in starts]
    return {name: [_plain(value(quarter)) for quarter in quarters] for name, value in _COLUMNS.items()}


def _quarter(start: datetime, now: datetime, records: DayRecords) -> _Quarter:
    entry, currency = records.entries.get(start), records.currency
    prices = next(
        (one for one in (entry and entry.prices, records.prices.get(start)) if one and one.currency == currency), None
    )
    expected = entry.expected if entry else records.expected.get(start)
    slot = records.plan.at(start) if records.plan and start > now else None
    if expected is None and slot is not None and records.plan and records.plan.currency == currency:
        expected = slot_expectation(slot)
    forecast = entry.forecast if entry else records.forecast.get(start)
    return _Quarter(start, entry, prices, expected, forecast)


def _plain(value: Any) -> Any:  # noqa: ANN401
    match value:
        case float():
            return round(value, _DIGITS)
        case ActionKind():
            return value.value
        case _:
            return value


def _booked(value: Callable[[LedgerEntry], Any]) -> Callable[[_Quarter], Any]:
    return lambda quarter: value(quarter.entry) if quarter.entry else None


def _amount(name: str) -> Callable[[_Quarter], float | None]:
    return lambda quarter: getattr(quarter.entry.money, name) if quarter.entry and quarter.is_priced else None


def _price(name: str) -> Callable[[_Quarter], float | None]:
    return lambda quarter: getattr(quarter.prices, name) if quarter.prices else None


def _energy(name: str) -> Callable[[_Quarter], float | None]:
    return _booked(lambda entry: getattr(entry.energies, name))


def _planned(name: str) -> Callable[[_Quarter], Any]:
    return lambda quarter: getattr(quarter.expected, name) if quarter.expected else None


def _forecast(name: str) -> Callable[[_Quarter], float | None]:
    return lambda quarter: getattr(quarter.forecast, name) if quarter.forecast else None


_COLUMNS: dict[str, Callable[[_Quarter], Any]] = {
    "start": lambda quarter: int(quarter.start.timestamp()),
    "import_price": _price("import_price"),
    "export_price": _price("export_price"),
    "spot_price": _price("spot_price"),
    "import_kwh": _energy("import_kwh"),
    "export_kwh": _energy("export_kwh"),
    "charge_kwh": _energy("charge_kwh"),
    "discharge_kwh": _energy("discharge_kwh"),
    "pv_kwh": _energy("pv_kwh"),
    "load_kwh": _energy("load_kwh"),
    "soc": _booked(lambda entry: entry.soc),
    "coverage": _booked(lambda entry: entry.coverage),
    "cost": _amount("cost"),
    "wear": _amount("wear"),
    "no_battery": _amount("no_battery"),
    "self_consumption": _amount("self_consumption"),
    "self_consumption_wear": _amount("self_consumption_wear"),
    "action": _booked(lambda entry: entry.action),
    "reason": _booked(lambda entry: entry.reason.to_dict() if entry.reason else None),
    "forecast_pv_kwh": _forecast("pv_kwh"),
    "forecast_load_kwh": _forecast("load_kwh"),
    "planned_action": _planned("action"),
    "planned_power_kw": _planned("power_kw"),
    "planned_soc": _planned("soc"),
    "planned_grid_kwh": _planned("grid_kwh"),
    "planned_cost": _planned("cost"),
}
