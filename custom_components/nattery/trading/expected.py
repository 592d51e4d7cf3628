"""What a local day comes to: what is booked of it so far, and what the plan promises of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, NamedTuple

from ..core.ledger.reports import Period, Savings, local_days
from .planning import PlanResult

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ExpectedAmount:
    """Money of a day: `rest` as planned, and `so_far` as booked, None where nothing is known of that.

    `coverage` is the share of the time so far (0 to 1) that is booked with prices, and that `so_far` speaks of.
    """

    rest: float
    so_far: float | None = None
    coverage: float | None = None

    @property
    def total(self) -> float:
        """Both together."""
        return round(self.rest + (self.so_far or 0.0), _DIGITS)

    @property
    def parts(self) -> Mapping[str, Any]:
        """Each by its name."""
        return {
            "so_far": None if self.so_far is None else round(self.so_far, _DIGITS),
            "rest": round(self.rest, _DIGITS),
            "coverage": None if self.coverage is None else round(self.coverage, _DIGITS),
        }


class DayExpectation(NamedTuple):
    """What a day costs, with wear, and what that saves against plain self-consumption with what is stored counted."""

    cost: ExpectedAmount
    saving: ExpectedAmount


def expected(made: PlanResult | None, savings: Savings | None, day: date, zone: tzinfo) -> DayExpectation | None:
    """What a local day comes to; None without a plan for any of it. What is booked counts where it is that day's."""
    (period,) = local_days(day, day, zone)
    booked = savings.today if savings and savings.today.period.start == period.start else None
    start = booked.period.end if booked else period.start
    promise = made.promise(Period(start, period.end)) if made else None
    if promise is None:
        return None
    if booked is None:
        return DayExpectation(ExpectedAmount(promise.cost), ExpectedAmount(promise.saving))
    coverage = booked.priced_coverage
    return DayExpectation(
        ExpectedAmount(promise.cost, booked.money.cost + booked.money.wear, coverage),
        ExpectedAmount(promise.saving, booked.saved_over_self_consumption, coverage),
    )
