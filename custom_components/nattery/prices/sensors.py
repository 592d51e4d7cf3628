"""The sensors of prices: prices, statistics, periods, and the health of the source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime

from ..core.market.book import Freshness
from ..core.market.health import SourceStatus
from ..core.market.pricer import PricedDay
from ..core.market.prices import PriceSlot
from ..core.market.snapshot import CHEAP, PricePeriod, PriceSnapshot
from ..core.market.statistics import PriceLevel, PriceStatistics
from ..core.market.tariff import PriceKind
from .coordinator import PriceCoordinator
from .entity import PriceEntity

type State = str | int | float | datetime | None
type Attributes = Mapping[str, Any]

_MINUTE = 60
_PERCENT = 100
_NO_ATTRIBUTES: Attributes = {}


@dataclass(frozen=True, kw_only=True)
class PriceSensorDescription(SensorEntityDescription):
    """A sensor of the price snapshot; with `money` its unit is the currency of the book per kWh."""

    state: Callable[[PriceSnapshot], State]
    attributes: Callable[[PriceSnapshot], Attributes] = lambda _: _NO_ATTRIBUTES
    money: bool = False


@dataclass(frozen=True, kw_only=True)
class PriceHealthDescription(SensorEntityDescription):
    """A sensor of the health of the source."""

    state: Callable[[PriceCoordinator], State]


@dataclass(frozen=True, kw_only=True)
class PriceFlagDescription(BinarySensorEntityDescription):
    """A binary sensor of the price snapshot, None where unknown."""

    state: Callable[[PriceSnapshot], bool | None]
    attributes: Callable[[PriceSnapshot], Attributes] = lambda _: _NO_ATTRIBUTES


def _raw_slots(slots: tuple[PriceSlot, ...], snapshot: PriceSnapshot) -> list[dict[str, Any]]:
    """Return slots in the shape that charts and other integrations expect, in the local time of the bidding zone."""
    zone = snapshot.zone
    return [
        {"start": slot.start.astimezone(zone), "end": slot.end.astimezone(zone), "value": slot.price} for slot in slots
    ]


def _price_attributes(kind: PriceKind, snapshot: PriceSnapshot) -> Attributes:
    today, tomorrow = snapshot.today, snapshot.tomorrow
    resolution = today.day.resolution or tomorrow.day.resolution
    return {
        "raw_today": _raw_slots(today.slots[kind], snapshot),
        "raw_tomorrow": _raw_slots(tomorrow.slots[kind], snapshot),
        "tomorrow_valid": tomorrow.day.published,
        "currency": snapshot.currency,
        "resolution_minutes": int(resolution.total_seconds()) // _MINUTE if resolution else None,
        "source": ", ".join(today.day.sources),
        "quality": today.day.quality.value,
        "fetched_at": today.day.fetched_at,
    }


def _period_attributes(period: PricePeriod | None) -> Attributes:
    return {"end": period.end, "mean": period.mean} if period else {"end": None, "mean": None}


def _next_period(periods: tuple[PricePeriod, ...], snapshot: PriceSnapshot) -> PricePeriod | None:
    return next((period for period in periods if period.start > snapshot.now), None)


_price = partial(
    PriceSensorDescription, money=True, state_class=SensorStateClass.MEASUREMENT, suggested_display_precision=4
)


def _current_price(key: str, kind: PriceKind) -> PriceSensorDescription:
    return _price(
        key=key,
        state=lambda snapshot: slot.price if (slot := snapshot.current.get(kind)) else None,
        attributes=partial(_price_attributes, kind),
    )


def _day_price(
    key: str, day: Callable[[PriceSnapshot], PricedDay], value: Callable[[PriceStatistics], float]
) -> PriceSensorDescription:
    return _price(
        key=key, state=lambda snapshot: value(statistics) if (statistics := day(snapshot).statistics) else None
    )


def _today(snapshot: PriceSnapshot) -> PricedDay:
    return snapshot.today


def _tomorrow(snapshot: PriceSnapshot) -> PricedDay:
    return snapshot.tomorrow


def _next_period_start(key: str, periods: Callable[[PriceSnapshot], tuple[PricePeriod, ...]]) -> PriceSensorDescription:
    return PriceSensorDescription(
        key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        state=lambda snapshot: period.start if (period := _next_period(periods(snapshot), snapshot)) else None,
        attributes=lambda snapshot: _period_attributes(_next_period(periods(snapshot), snapshot)),
    )


_diagnostic = partial(PriceHealthDescription, entity_category=EntityCategory.DIAGNOSTIC)
_moment = partial(_diagnostic, device_class=SensorDeviceClass.TIMESTAMP)

PRICE_SENSORS: Final = (
    _current_price("import_price", PriceKind.IMPORT),
    _current_price("export_price", PriceKind.EXPORT),
    _current_price("spot_price", PriceKind.SPOT),
    _price(
        key="next_price",
        state=lambda snapshot: slot.price if (slot := snapshot.following.get(PriceKind.IMPORT)) else None,
    ),
    _day_price("lowest_price_today", _today, lambda statistics: statistics.lowest),
    _day_price("mean_price_today", _today, lambda statistics: statistics.mean),
    _day_price("highest_price_today", _today, lambda statistics: statistics.highest),
    _day_price("price_spread_today", _today, lambda statistics: statistics.spread),
    _day_price("lowest_price_tomorrow", _tomorrow, lambda statistics: statistics.lowest),
    _day_price("mean_price_tomorrow", _tomorrow, lambda statistics: statistics.mean),
    _day_price("highest_price_tomorrow", _tomorrow, lambda statistics: statistics.highest),
    _day_price("price_spread_tomorrow", _tomorrow, lambda statistics: statistics.spread),
    PriceSensorDescription(
        key="price_rank",
        state_class=SensorStateClass.MEASUREMENT,
        state=lambda snapshot: snapshot.rank,
        attributes=lambda snapshot: {"of": len(snapshot.today.slots[PriceKind.IMPORT])},
    ),
    PriceSensorDescription(
        key="price_percentile",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        state=lambda snapshot: snapshot.percentile,
    ),
    PriceSensorDescription(
        key="price_level",
        device_class=SensorDeviceClass.ENUM,
        options=[level.value for level in PriceLevel],
        state=lambda snapshot: snapshot.level,
    ),
    _next_period_start("next_cheap_window", lambda snapshot: snapshot.cheap),
    _next_period_start("next_expensive_window", lambda snapshot: snapshot.expensive),
    PriceSensorDescription(
        key="prices_known_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda snapshot: snapshot.known_until,
    ),
    PriceSensorDescription(
        key="price_freshness",
        device_class=SensorDeviceClass.ENUM,
        options=[freshness.value for freshness in Freshness],
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda snapshot: snapshot.freshness,
    ),
    PriceSensorDescription(
        key="price_source",
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda snapshot: ", ".join(snapshot.today.day.sources) or None,
        attributes=lambda snapshot: {
            "quality": snapshot.today.day.quality.value,
            "tomorrow": ", ".join(snapshot.tomorrow.day.sources),
            "quality_tomorrow": snapshot.tomorrow.day.quality.value,
        },
    ),
)
HEALTH_SENSORS: Final = (
    _diagnostic(
        key="price_status",
        device_class=SensorDeviceClass.ENUM,
        options=[status.value for status in SourceStatus],
        state=lambda prices: prices.health.status,
    ),
    _moment(key="last_price_fetch", state=lambda prices: prices.health.last_success),
    _moment(
        key="last_price_attempt",
        entity_registry_enabled_default=False,
        state=lambda prices: prices.health.last_attempt,
    ),
    _moment(key="next_price_fetch", state=lambda prices: prices.next_fetch),
    _diagnostic(
        key="price_latency",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        state=lambda prices: prices.health.seconds,
    ),
    _diagnostic(
        key="price_success_rate",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        state=lambda prices: None if (rate := prices.health.success_rate) is None else rate * _PERCENT,
    ),
)
PRICE_FLAGS: Final = (
    PriceFlagDescription(
        key="cheap_now",
        state=lambda snapshot: snapshot.level in CHEAP if snapshot.level else None,
        attributes=lambda snapshot: {
            "until": next((period.end for period in snapshot.cheap if snapshot.now in period), None),
        },
    ),
    PriceFlagDescription(
        key="negative_price",
        state=lambda snapshot: slot.price < 0 if (slot := snapshot.current.get(PriceKind.SPOT)) else None,
    ),
    PriceFlagDescription(key="tomorrow_prices", state=lambda snapshot: snapshot.tomorrow.day.published),
    PriceFlagDescription(
        key="price_data_stale",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda snapshot: snapshot.freshness in (Freshness.STALE, Freshness.NONE),
    ),
)


class PriceSensor(PriceEntity, SensorEntity):
    """A sensor of the price snapshot."""

    entity_description: PriceSensorDescription
    _unrecorded_attributes = frozenset({"raw_today", "raw_tomorrow"})

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the currency of the book per kWh, or the unit of the description."""
        currency = self.coordinator.pricer.book.currency or "EUR"
        return f"{currency}/kWh" if self.entity_description.money else super().native_unit_of_measurement

    @property
    @override
    def native_value(self) -> State:
        """Return the value from the snapshot."""
        return self.entity_description.state(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """Return the attributes from the snapshot."""
        return self.entity_description.attributes(self.coordinator.data)


class PriceHealthSensor(PriceEntity, SensorEntity):
    """A sensor of the health of the source; available even without prices, when it matters most."""

    entity_description: PriceHealthDescription

    @property
    @override
    def available(self) -> bool:
        """Return True."""
        return True

    @property
    @override
    def native_value(self) -> State:
        """Return the current value."""
        return self.entity_description.state(self.coordinator)


class PriceFlag(PriceEntity, BinarySensorEntity):
    """A binary sensor of the price snapshot."""

    entity_description: PriceFlagDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value from the snapshot."""
        return self.entity_description.state(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """Return the attributes from the snapshot."""
        return self.entity_description.attributes(self.coordinator.data)
