"""Reports: costs and savings of a period compared with both baselines.

The cost of a period is that of grid energy and battery wear, less the value of the change in stored energy. The caller
gives the value per stored kWh. The self-consumption baseline is calculated in the same way.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from .entry import QUARTER, Energies, EntryMoney, quarter_start

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The quarter-hours that begin in [start, end), UTC."""

    start: datetime
    end: datetime

    @property
    def quarters(self) -> int:
        """The number of quarter-hours; 0 if the period ends before it starts."""
        return max((self.end - self.start) // QUARTER, 0)


@dataclass(frozen=True, slots=True)
class Report:
    """The totals of a period; money in `currency`.

    `energies` are those of all entries. `money` and both changes of stored energy are those of the entries with prices
    in this currency. `covered_quarters` and `priced_quarters` are the sums of the coverage of these entries.
    """

    period: Period
    currency: str
    terminal_value_per_kwh: float
    covered_quarters: float
    priced_quarters: float
    energies: Energies
    money: EntryMoney
    stored_change_kwh: float
    baseline_stored_change_kwh: float

    @property
    def coverage(self) -> float:
        """The share of the period that has entries, 0..1; 1 for an empty period."""
        return self.covered_quarters / self.period.quarters if self.period.quarters else 1.0

    @property
    def priced_coverage(self) -> float:
        """The share of the period that has entries with prices in this currency, 0..1; 1 for an empty period."""
        return self.priced_quarters / self.period.quarters if self.period.quarters else 1.0

    @property
    def cost(self) -> float:
        """The total cost: grid energy and wear, less the value of the change in stored energy."""
        return self.money.cost + self.money.wear - self.terminal_value_per_kwh * self.stored_change_kwh

    @property
    def self_consumption_cost(self) -> float:
        """The total cost of the self-consumption baseline."""
        stored = self.terminal_value_per_kwh * self.baseline_stored_change_kwh
        return self.money.self_consumption + self.money.self_consumption_wear - stored

    @property
    def saved_over_no_battery(self) -> float:
        """The savings from the battery; negative if it has caused costs."""
        return self.money.no_battery - self.cost

    @property
    def saved_over_self_consumption(self) -> float:
        """The savings from planning, compared with self-consumption with the same battery; may be negative."""
        return self.self_consumption_cost - self.cost


@dataclass(frozen=True, slots=True)
class Savings:
    """The reports of today so far, this month so far, and the whole ledger."""

    today: Report
    month: Report
    total: Report


def local_days(first: date, last: date, zone: tzinfo) -> tuple[Period, ...]:
    """Return the local days from `first` to `last` inclusive; each has 92, 96 or 100 quarter-hours."""
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    return tuple(Period(_midnight(day, zone), _midnight(day + _DAY, zone)) for day in days)


def local_months(first: date, last: date, zone: tzinfo) -> tuple[Period, ...]:
    """Return the local months from that of `first` to that of `last` inclusive."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [_midnight(date(month // 12, month % 12 + 1, 1), zone) for month in (*months, months.stop)]
    return tuple(Period(start, end) for start, end in pairwise(starts))


def today(now: datetime, zone: tzinfo) -> Period:
    """Return the local day up to the last quarter-hour that has ended."""
    return Period(_midnight(now.astimezone(zone).date(), zone), quarter_start(now))


def this_month(now: datetime, zone: tzinfo) -> Period:
    """Return the local month up to the last quarter-hour that has ended."""
    return Period(_midnight(now.astimezone(zone).date().replace(day=1), zone), quarter_start(now))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return quarter_start(datetime.combine(day, time(), zone))
