"""Hourly statistics of the demo's past, as Home Assistant's recorder would have compiled them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from custom_components.nattery.core.ledger.entry import LedgerEntry
from custom_components.nattery.core.ledger.reports import Period, this_month, today

from .simulated_home import SAMPLE, SOC, Sample

COUNTERS = (
    "pv_energy",
    "load_energy",
    "grid_import_energy",
    "grid_export_energy",
    "battery_charge_energy",
    "battery_discharge_energy",
)
POWERS = (
    "pv_power",
    "load_power",
    "grid_power",
    "grid_import_power",
    "grid_export_power",
    "battery_power",
    "battery_charge_power",
    "battery_discharge_power",
)
MEASUREMENTS = (*POWERS, SOC)
_HOUR = timedelta(hours=1)
_DIGITS = 4

type Row = dict[str, Any]


@dataclass(slots=True)
class HourlyStatistics:
    """The rows of each sensor by its key, and the sum of each counter after the last quarter-hour.

    A measurement's row has mean, min and max. A counter's row has its state at the end of the hour, and as its sum what
    was counted since the start, where the counters were at `first`.
    """

    rows: dict[str, list[Row]] = field(default_factory=lambda: {key: [] for key in (*MEASUREMENTS, *COUNTERS)})
    sums: dict[str, float] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    _hour: datetime | None = None
    _samples: list[Sample] = field(default_factory=list)

    def begin(self, readings: Sample) -> None:
        """Count from these readings on, unless the counting has begun already."""
        self.first = self.first or {key: readings[key] for key in COUNTERS}

    def add(self, at: datetime, sample: Sample) -> None:
        """Add the readings at the end of a step of `SAMPLE`."""
        self._hour = self._hour or hour_of(at - SAMPLE)
        self._samples.append(sample)
        self.sums = {key: round(sample[key] - first, _DIGITS) for key, first in self.first.items()}
        if at >= self._hour + _HOUR:
            self._close(self._hour)

    def _close(self, hour: datetime) -> None:
        start = hour.isoformat()
        for key in MEASUREMENTS:
            values = [sample[key] for sample in self._samples]
            mean = round(sum(values) / len(values), _DIGITS)
            self.rows[key].append({"start": start, "mean": mean, "min": min(values), "max": max(values)})
        for key, total in self.sums.items():
            self.rows[key].append({"start": start, "state": self._samples[-1][key], "sum": total})
        self._hour, self._samples = None, []

    def to_dict(self) -> dict[str, Any]:
        """Return the complete hours as plain JSON."""
        return {"rows": self.rows, "sums": self.sums, "first": self.first}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HourlyStatistics:
        """Return what `to_dict` gave."""
        rows = {key: list(rows) for key, rows in data["rows"].items()}
        return cls(rows, dict(data["sums"]), dict(data["first"]))


def saved_by_battery(entry: LedgerEntry, stored_value: float) -> float:
    """Return what the battery has saved in a quarter-hour with prices; a stored kWh is worth `stored_value`."""
    money = entry.money
    return money.no_battery - _cost(entry, stored_value) if money else 0.0


def saved_by_planning(entry: LedgerEntry, stored_value: float) -> float:
    """Return what planning has saved over self-consumption in a quarter-hour with prices."""
    return self_consumption_cost(entry, stored_value) - _cost(entry, stored_value)


def self_consumption_cost(entry: LedgerEntry, stored_value: float) -> float:
    """Return the cost of the self-consumption baseline in a quarter-hour with prices."""
    money, stored = entry.money, entry.baseline.stored.change_kwh
    return money.self_consumption + money.self_consumption_wear - stored_value * stored if money else 0.0


def _cost(entry: LedgerEntry, stored_value: float) -> float:
    money = entry.money
    return money.cost + money.wear - stored_value * entry.battery.change_kwh if money else 0.0


def _import_cost(entry: LedgerEntry, _: float) -> float:
    return entry.energies.import_kwh * entry.prices.import_price if entry.prices else 0.0


def _export_compensation(entry: LedgerEntry, _: float) -> float:
    return entry.energies.export_kwh * entry.prices.export_price if entry.prices else 0.0


# What the sensors of the Energy dashboard add up, and those of savings with the period that they start again with.
_MONEY = {"grid_import_energy_cost": _import_cost, "grid_export_energy_compensation": _export_compensation}
_SAVED = {"savings": saved_by_battery, "planning_savings": saved_by_planning}
_PERIODS: dict[str, Callable[[datetime, tzinfo], Period] | None] = {"today": today, "month": this_month, "total": None}


def money_statistics(entries: Sequence[LedgerEntry], zone: tzinfo, stored_value: float) -> HourlyStatistics:
    """Return the rows of the sensors of costs and savings; `stored_value` is the value of a stored kWh."""
    statistics = HourlyStatistics({}, {})
    for key, money in _MONEY.items():
        amounts = [money(entry, stored_value) for entry in entries]
        statistics.rows[key], statistics.sums[key] = [*_money_rows(entries, amounts, None, zone)], sum(amounts)
    for name, saved in _SAVED.items():
        amounts = [saved(entry, stored_value) for entry in entries]
        for suffix, period in _PERIODS.items():
            key = f"{name}_{suffix}"
            statistics.rows[key], statistics.sums[key] = [*_money_rows(entries, amounts, period, zone)], sum(amounts)
    return statistics


def _money_rows(
    entries: Sequence[LedgerEntry],
    amounts: Sequence[float],
    period: Callable[[datetime, tzinfo], Period] | None,
    zone: tzinfo,
) -> Iterator[Row]:
    total = state = 0.0
    reset = None
    for entry, amount in zip(entries, amounts, strict=True):
        start = period(entry.start, zone).start if period else None
        state = amount if start != reset else state + amount
        total, reset = total + amount, start
        if entry.end == hour_of(entry.end):
            row = {"start": (entry.end - _HOUR).isoformat(), "state": round(state, _DIGITS), "sum": total}
            yield row if reset is None else {**row, "last_reset": reset.isoformat()}


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour (UTC) that contains an aware datetime."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
