"""The sensors of what the battery has earned, of today, this month and all that is booked.

Two questions have two answers: what the battery was worth at all, over a house without one, and what planning was worth
over the same battery that only ever follows the house. Both count the same cost, with wear and with what is stored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass

from ..core.ledger.reports import Report, Savings
from .entity import TradingEntity

_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class SavingsDescription(SensorEntityDescription):
    """A sensor of one of the reports; one that `begins_anew` goes back to nothing when its period does."""

    report: Callable[[Savings], Report]
    saved: Callable[[Report], float]
    baseline: Callable[[Report], float]
    begins_anew: bool = True


_money = partial(
    SavingsDescription,
    device_class=SensorDeviceClass.MONETARY,
    state_class=SensorStateClass.TOTAL,
    suggested_display_precision=2,
)
_battery = partial(
    _money, saved=lambda report: report.saved_over_no_battery, baseline=lambda report: report.money.no_battery
)
_planning = partial(
    _money,
    saved=lambda report: report.saved_over_self_consumption,
    baseline=lambda report: report.self_consumption_cost,
)

SAVINGS: Final = (
    _battery(key="savings_today", report=lambda savings: savings.today),
    _battery(key="savings_month", report=lambda savings: savings.month),
    _battery(key="savings_total", report=lambda savings: savings.total, begins_anew=False),
    _planning(key="planning_savings_today", report=lambda savings: savings.today),
    _planning(key="planning_savings_month", report=lambda savings: savings.month),
    _planning(key="planning_savings_total", report=lambda savings: savings.total, begins_anew=False),
)


class SavingsSensor(TradingEntity, SensorEntity):
    """One of them; unknown while the book cannot be read, or no price was ever known."""

    entity_description: SavingsDescription

    @property
    def _report(self) -> Report | None:
        savings = self.coordinator.books.savings
        return self.entity_description.report(savings) if savings else None

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        """The currency of the prices."""
        return self.coordinator.prices.pricer.book.currency or "EUR"

    @property
    @override
    def native_value(self) -> float | None:
        """What was saved so far; negative where it cost."""
        report = self._report
        return round(self.entity_description.saved(report), _DIGITS) if report else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When the period began, for the statistics."""
        report = self._report
        return report.period.start if report and self.entity_description.begins_anew else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """What it came to, and would have come to, with wear; and of what share of the time that is said."""
        report = self._report
        if report is None:
            return {}
        return {
            "cost": round(report.cost, _DIGITS),
            "cost_otherwise": round(self.entity_description.baseline(report), _DIGITS),
            "coverage": round(report.priced_coverage, _DIGITS),
        }
