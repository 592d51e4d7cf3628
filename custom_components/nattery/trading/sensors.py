"""The sensors of trading: what is done and why, what is planned and promised, how good the forecasts are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.util import dt as dt_util

from ..core.action import ActionKind
from ..core.control.reasons import AS_WANTED
from ..core.control.schedule import ScheduledAction
from ..core.forecast.quality import ForecastQuality
from .coordinator import TradingCoordinator
from .entity import TradingEntity
from .expected import DayExpectation, ExpectedAmount, expected

type State = str | int | float | datetime | None
type Attributes = Mapping[str, Any]

_NOTHING_MORE: Attributes = {}
_DAY = timedelta(days=1)
_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class TradingDescription(SensorEntityDescription):
    """A sensor of trading; `money` is "" for none, or what is appended to the currency."""

    state: Callable[[TradingCoordinator], State]
    attributes: Callable[[TradingCoordinator], Attributes] = lambda _: _NOTHING_MORE
    money: str | None = None


@dataclass(frozen=True, kw_only=True)
class TroubleDescription(BinarySensorEntityDescription):
    """A yes or no of trading."""

    state: Callable[[TradingCoordinator], bool | None]
    attributes: Callable[[TradingCoordinator], Attributes] = lambda _: _NOTHING_MORE


def _action(trading: TradingCoordinator) -> State:
    decision = trading.data.decision
    return decision.action.kind.value if decision and decision.action else None


def _about_action(trading: TradingCoordinator) -> Attributes:
    decision = trading.data.decision
    if decision is None:
        return _NOTHING_MORE
    action, run = decision.action, decision.run
    return {
        **trading.reason_texts(),
        "power": action.power if action else None,
        "until": run.end if run else None,
        "performed": decision.performed,
        "mode": decision.mode.value,
        "override": run.override if run else None,
    }


def _next_run(trading: TradingCoordinator) -> ScheduledAction | None:
    """The first run after now that is another action than the one now."""
    now, made = dt_util.utcnow(), trading.data.made
    present: ScheduledAction | None = None
    for run in made.runs if made else ():
        if run.start <= now < run.end:
            present = run
        elif present is not None and (run.action.kind, run.action.power) != (present.action.kind, present.action.power):
            return run
    return None


def _about_next(trading: TradingCoordinator) -> Attributes:
    run = _next_run(trading)
    return {"action": run.action.kind.value, "power": run.action.power} if run else {"action": None, "power": None}


def _day(trading: TradingCoordinator, days: int) -> DayExpectation | None:
    now = dt_util.now()
    return expected(
        trading.data.made, trading.books.savings, (now + days * _DAY).date(), dt_util.get_default_time_zone()
    )


def _worth(trading: TradingCoordinator) -> State:
    slot = trading.data.slot(dt_util.utcnow())
    return round(slot.marginal_value, 4) if slot else None


def _stored_worth(trading: TradingCoordinator) -> State:
    """What the energy above the minimum is worth."""
    worth, decision = _worth(trading), trading.data.decision
    if not isinstance(worth, float) or decision is None or decision.state is None:
        return None
    settings = trading.settings
    above = max(decision.state.soc / _PERCENT - settings.soc_min, 0.0) * settings.capacity
    return round(above * worth, 4)


def _relative(quality: ForecastQuality | None) -> State:
    return None if quality is None or quality.relative_error is None else round(quality.relative_error * _PERCENT, 1)


def _about_quality(quality: ForecastQuality | None) -> Attributes:
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
        attributes=lambda trading: of(day).parts if (day := _day(trading, 0)) else _NOTHING_MORE,
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
        attributes=lambda trading: _about_quality(quality(trading)),
    )


TRADING_SENSORS: Final = (
    TradingDescription(
        key="battery_action",
        device_class=SensorDeviceClass.ENUM,
        options=[kind.value for kind in ActionKind],
        state=_action,
        attributes=_about_action,
    ),
    TradingDescription(
        key="next_action_change",
        device_class=SensorDeviceClass.TIMESTAMP,
        state=lambda trading: run.start if (run := _next_run(trading)) else None,
        attributes=_about_next,
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
        state=_worth,
    ),
    _money("stored_energy_value", _stored_worth),
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
TROUBLES: Final = (
    TroubleDescription(
        key="trading_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        state=lambda trading: (
            trading.data.trouble is not None
            or (decision := trading.data.decision) is None
            or decision.reason.key not in AS_WANTED
        ),
        attributes=lambda trading: {
            "plan": trading.data.trouble,
            "control": decision.reason.key if (decision := trading.data.decision) else None,
        },
    ),
)


class TradingSensor(TradingEntity, SensorEntity):
    """One of them."""

    entity_description: TradingDescription
    _unrecorded_attributes = frozenset({"notes"})

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The currency of the prices where it is money."""
        money = self.entity_description.money
        if money is None:
            return super().native_unit_of_measurement
        return f"{self.coordinator.prices.pricer.book.currency or 'EUR'}{money}"

    @property
    @override
    def native_value(self) -> State:
        """As it is now."""
        return self.entity_description.state(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """What belongs to it."""
        return self.entity_description.attributes(self.coordinator)


class TroubleSensor(TradingEntity, BinarySensorEntity):
    """Whether something keeps trading from its work."""

    entity_description: TroubleDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """As it is now."""
        return self.entity_description.state(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """What it is."""
        return self.entity_description.attributes(self.coordinator)
