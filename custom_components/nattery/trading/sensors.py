"""The sensors of trading: the present action, the expected money, and the quality of the forecasts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import MAX_LENGTH_STATE_STATE, PERCENTAGE, EntityCategory
from homeassistant.util import dt as dt_util

from ..core.action import ActionKind
from ..core.app.day_expectation import DayExpectation, ExpectedAmount
from ..core.control.reasons import AS_WANTED
from ..core.control.schedule import ScheduledAction
from ..core.forecast.quality import ForecastQuality
from .coordinator import TradingCoordinator
from .entity import TradingEntity

type State = str | int | float | datetime | None
type Attributes = Mapping[str, Any]

_NO_ATTRIBUTES: Attributes = {}
_DAY = timedelta(days=1)
_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class TradingDescription(SensorEntityDescription):
    """A sensor of trading; for money, `money` is what follows the currency in the unit, else None."""

    state: Callable[[TradingCoordinator], State]
    attributes: Callable[[TradingCoordinator], Attributes] = lambda _: _NO_ATTRIBUTES
    money: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProblemDescription(BinarySensorEntityDescription):
    """A binary sensor of trading."""

    state: Callable[[TradingCoordinator], bool | None]
    attributes: Callable[[TradingCoordinator], Attributes] = lambda _: _NO_ATTRIBUTES


def _action(trading: TradingCoordinator) -> State:
    decision = trading.data.decision
    return decision.action.kind.value if decision and decision.action else None


def _action_attributes(trading: TradingCoordinator) -> Attributes:
    decision = trading.data.decision
    if decision is None:
        return _NO_ATTRIBUTES
    action, run = decision.action, decision.run
    return {
        **trading.reason_texts(),
        "power": decision.battery_power if action else None,
        "until": run.end if run else None,
        "performed": decision.performed,
        "mode": decision.mode.value,
        "override": run.override if run else None,
    }


def _status(trading: TradingCoordinator) -> State:
    text = trading.status_text()
    return text[:MAX_LENGTH_STATE_STATE] if text else None


def _next_run(trading: TradingCoordinator) -> ScheduledAction | None:
    """Return the first run after the present one with another action, or with another override or none."""
    now = dt_util.utcnow()
    present: ScheduledAction | None = None
    for run in trading.schedule:
        if run.start <= now < run.end:
            present = run
        elif present is not None and _identity(run) != _identity(present):
            return run
    return None


def _identity(run: ScheduledAction) -> tuple[object, ...]:
    return run.action.kind, run.battery_power, run.override


def _next_attributes(trading: TradingCoordinator) -> Attributes:
    run = _next_run(trading)
    return {"action": run.action.kind.value, "power": run.battery_power} if run else {"action": None, "power": None}


def _day(trading: TradingCoordinator, days: int) -> DayExpectation | None:
    return trading.expected_day((dt_util.now() + days * _DAY).date())


def _marginal_value(trading: TradingCoordinator) -> State:
    slot = trading.data.slot(dt_util.utcnow())
    return round(slot.marginal_value, 4) if slot else None


def _stored_value(trading: TradingCoordinator) -> State:
    """Return the value of the energy above the minimum state of charge."""
    value, decision = _marginal_value(trading), trading.data.decision
    if not isinstance(value, float) or decision is None or decision.state is None:
        return None
    settings = trading.settings
    above = max(decision.state.soc / _PERCENT - settings.soc_min, 0.0) * settings.capacity
    return round(above * value, 4)


def _relative(quality: ForecastQuality | None) -> State:
    return None if quality is None or quality.relative_error is None else round(quality.relative_error * _PERCENT, 1)


def _quality_attributes(quality: ForecastQuality | None) -> Attributes:
    if quality is None:
        return {"days": 0}
    return {
        "days": quality.days,
        "mean_absolute_error": round(quality.mean_absolute_error, 3),
        "bias": round(quality.bias, 3),
    }


def _money(key: str, state: Callable[[TradingCoordinator], State], **more: Any) -> TradingDescription:  # noqa: ANN401
    return TradingDescription(
        key=key,
        state=state,
        money="",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        **more,
    )


def _today(key: str, of: Callable[[DayExpectation], ExpectedAmount]) -> TradingDescription:
    return _money(
        key,
        lambda trading: of(day).total if (day := _day(trading, 0)) else None,
        attributes=lambda trading: of(day).parts if (day := _day(trading, 0)) else _NO_ATTRIBUTES,
    )


def _tomorrow(key: str, of: Callable[[DayExpectation], ExpectedAmount]) -> TradingDescription:
    return _money(key, lambda trading: of(day).total if (day := _day(trading, 1)) else None)


def _error(key: str, quality: Callable[[TradingCoordinator], ForecastQuality | None]) -> TradingDescription:
    return TradingDescription(
        key=key,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        state=lambda trading: _relative(quality(trading)),
        attributes=lambda trading: _quality_attributes(quality(trading)),
    )


TRADING_SENSORS: Final = (
    TradingDescription(
        key="battery_action",
        device_class=SensorDeviceClass.ENUM,
        options=[kind.value for kind in ActionKind],
        state=_action,
        attributes=_action_attributes,
    ),
    TradingDescription(key="trading_status", state=_status),
    TradingDescription(
        key="next_action_change",
        device_class=SensorDeviceClass.TIMESTAMP,
        state=lambda trading: run.start if (run := _next_run(trading)) else None,
        attributes=_next_attributes,
    ),
    _today("expected_cost_today", lambda day: day.cost),
    _tomorrow("expected_cost_tomorrow", lambda day: day.cost),
    _today("expected_saving_today", lambda day: day.saving),
    _tomorrow("expected_saving_tomorrow", lambda day: day.saving),
    TradingDescription(
        key="stored_energy_price",
        money="/kWh",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        state=_marginal_value,
    ),
    _money("stored_energy_value", _stored_value),
    TradingDescription(
        key="plan_made",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda trading: trading.data.made_at,
        attributes=lambda trading: {
            "solver": plan.solver if (plan := trading.data.plan) else None,
            "milliseconds": round(plan.solve_ms, 1) if plan else None,
            "notes": trading.note_sentences(),
        },
    ),
    _error("load_forecast_error", lambda trading: trading.forecasts.load_quality),
    _error("pv_forecast_error", lambda trading: trading.forecasts.pv_quality),
)
PROBLEMS: Final = (
    ProblemDescription(
        key="trading_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        state=lambda trading: (
            trading.data.problem is not None
            or (decision := trading.data.decision) is None
            or decision.reason.key not in AS_WANTED
        ),
        attributes=lambda trading: {
            "plan": trading.data.problem,
            "control": decision.reason.key.removeprefix("control_") if (decision := trading.data.decision) else None,
        },
    ),
)


class TradingSensor(TradingEntity, SensorEntity):
    """The sensor of a description."""

    entity_description: TradingDescription
    _unrecorded_attributes = frozenset({"notes"})

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit of the description, or one of money in the currency of the prices."""
        money = self.entity_description.money
        if money is None:
            return super().native_unit_of_measurement
        return f"{self.coordinator.prices.pricer.book.currency or 'EUR'}{money}"

    @property
    @override
    def native_value(self) -> State:
        """The present state."""
        return self.entity_description.state(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """The attributes of the description."""
        return self.entity_description.attributes(self.coordinator)


class ProblemSensor(TradingEntity, BinarySensorEntity):
    """Whether something keeps trading from working."""

    entity_description: ProblemDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """The present state."""
        return self.entity_description.state(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """What keeps it from working."""
        return self.entity_description.attributes(self.coordinator)
