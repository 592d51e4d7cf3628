"""The expected cost and saving of a local day: booked until now, and planned for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, NamedTuple

from ..ledger.reports import Period, Savings, local_days
from .planning import PlanResult

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ExpectedAmount:
    """Money of a day: `rest` as planned and `so_far` as booked, None if nothing is known of that.

    `coverage` is the share of the time so far (0 to 1) that is booked with prices.
    """

    rest: float
    so_far: float | None = None
    coverage: float | None = None

    @property
    def total(self) -> float:
        """The sum of both parts."""
        return round(self.rest + (self.so_far or 0.0), _DIGITS)

    @property
    def parts(self) -> Mapping[str, Any]:
        """The parts by name, rounded."""
        return {
            "so_far": None if self.so_far is None else round(self.so_far, _DIGITS),
            "rest": round(self.rest, _DIGITS),
            "coverage": None if self.coverage is None else round(self.coverage, _DIGITS),
        }


class DayExpectation(NamedTuple):
    """A day's cost with wear, and its saving over plain self-consumption, stored energy counted."""

    cost: ExpectedAmount
    saving: ExpectedAmount


def day_expectation(
    result: PlanResult | None, savings: Savings | None, day: date, zone: tzinfo
) -> DayExpectation | None:
    """Return the expectation of a local day, or None without a plan for any of it.

    The booked part counts if `savings` are those of that day.
    """
    (period,) = local_days(day, day, zone)
    booked = savings.today if savings and savings.today.period.start == period.start else None
    start = booked.period.end if booked else period.start
    planned = result.expected_money(Period(start, period.end)) if result else None
    if planned is None:
        return None
    if booked is None:
        return DayExpectation(ExpectedAmount(planned.cost), ExpectedAmount(planned.saving))
    coverage = booked.priced_coverage
    return DayExpectation(
        ExpectedAmount(planned.cost, booked.money.cost + booked.money.wear, coverage),
        ExpectedAmount(planned.saving, booked.saved_over_self_consumption, coverage),
    )
