"""The sensors of savings: of today, of this month, and of all time.

Two questions have two answers: the saving of the battery over a home without one, and the saving of planning over plain
self-consumption with the same battery. Both use the same cost, with wear and the change of the stored energy.
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
    """A sensor of one of the reports; one that `resets` starts at zero with its period."""

    report: Callable[[Savings], Report]
    saved: Callable[[Report], float]
    baseline: Callable[[Report], float]
    resets: bool = True


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
    _battery(key="savings_total", report=lambda savings: savings.total, resets=False),
    _planning(key="planning_savings_today", report=lambda savings: savings.today),
    _planning(key="planning_savings_month", report=lambda savings: savings.month),
    _planning(key="planning_savings_total", report=lambda savings: savings.total, resets=False),
)


class SavingsSensor(TradingEntity, SensorEntity):
    """The saving of a period; unknown while the ledger cannot be read, or as long as no price was known."""

    entity_description: SavingsDescription

    @property
    def _report(self) -> Report | None:
        savings = self.coordinator.recorder.savings
        return self.entity_description.report(savings) if savings else None

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        """The currency of the prices."""
        return self.coordinator.prices.pricer.book.currency or "EUR"

    @property
    @override
    def native_value(self) -> float | None:
        """The saving so far, negative for a loss."""
        report = self._report
        return round(self.entity_description.saved(report), _DIGITS) if report else None

    @property
    @override
    def last_reset(self) -> datetime | None:
        """The start of the period, for statistics."""
        report = self._report
        return report.period.start if report and self.entity_description.resets else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """The real cost and the one it is compared with, both with wear, and the share of time that they cover."""
        report = self._report
        if report is None:
            return {}
        return {
            "cost": round(report.cost, _DIGITS),
            "cost_otherwise": round(self.entity_description.baseline(report), _DIGITS),
            "coverage": round(report.priced_coverage, _DIGITS),
        }
