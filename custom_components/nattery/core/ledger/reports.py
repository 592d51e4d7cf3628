"""What the battery was worth over a day, a month or all the time, against both baselines. Plain data and sums.

A period's cost counts the grid, the battery's wear, and what the battery holds more or less than at the beginning, at a
value per stored kWh that the caller gives; both sides of a comparison are counted alike.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from .entry import QUARTER, Energies, EntryMoney, quarter_start

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The quarters that begin in [start, end), UTC."""

    start: datetime
    end: datetime

    @property
    def quarters(self) -> int:
        """How many there are, never below 0."""
        return max((self.end - self.start) // QUARTER, 0)


@dataclass(frozen=True, slots=True)
class Report:
    """What the ledger says of a period, money in `currency`.

    `energies` are of every quarter in the book. `money` and the two changes of stored energy are of those quarters
    alone that have a price in this currency. `seen` and `priced` count quarters by their coverage.
    """

    period: Period
    currency: str
    terminal_value_per_kwh: float
    seen: float
    priced: float
    energies: Energies
    money: EntryMoney
    stored_change_kwh: float
    baseline_stored_change_kwh: float

    @property
    def coverage(self) -> float:
        """Share of the period that was seen, 0..1; nothing is missing of a period without time."""
        return self.seen / self.period.quarters if self.period.quarters else 1.0

    @property
    def priced_coverage(self) -> float:
        """Share of the period that was seen and has a price in this currency, 0..1: what the money speaks of."""
        return self.priced / self.period.quarters if self.period.quarters else 1.0

    @property
    def cost(self) -> float:
        """The whole cost: grid and wear, less the value of what is stored in addition."""
        return self.money.cost + self.money.wear - self.terminal_value_per_kwh * self.stored_change_kwh

    @property
    def self_consumption_cost(self) -> float:
        """The whole cost of plain self-consumption, counted alike."""
        stored = self.terminal_value_per_kwh * self.baseline_stored_change_kwh
        return self.money.self_consumption + self.money.self_consumption_wear - stored

    @property
    def saved_over_no_battery(self) -> float:
        """What the battery was worth at all; negative where it cost."""
        return self.money.no_battery - self.cost

    @property
    def saved_over_self_consumption(self) -> float:
        """What planning was worth over plain self-consumption with the same battery; negative where it cost."""
        return self.self_consumption_cost - self.cost


@dataclass(frozen=True, slots=True)
class Savings:
    """The three reports that people look at: of today and this month so far, and of all that is booked."""

    today: Report
    month: Report
    total: Report


def local_days(first: date, last: date, zone: tzinfo) -> tuple[Period, ...]:
    """The local days from first to last, both included; 92, 96 or 100 quarters each."""
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    return tuple(Period(_midnight(day, zone), _midnight(day + _DAY, zone)) for day in days)


def local_months(first: date, last: date, zone: tzinfo) -> tuple[Period, ...]:
    """The local months from that of first to that of last, both included."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [_midnight(date(number // 12, number % 12 + 1, 1), zone) for number in (*numbers, numbers.stop)]
    return tuple(Period(start, end) for start, end in pairwise(starts))


def today(now: datetime, zone: tzinfo) -> Period:
    """The local day so far: up to the last quarter that has ended."""
    return Period(_midnight(now.astimezone(zone).date(), zone), quarter_start(now))


def this_month(now: datetime, zone: tzinfo) -> Period:
    """The local month so far."""
    return Period(_midnight(now.astimezone(zone).date().replace(day=1), zone), quarter_start(now))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return quarter_start(datetime.combine(day, time(), zone))
