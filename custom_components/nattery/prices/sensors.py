"""The sensors of prices: what the outlook says, and how the asking goes."""

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
_NOTHING_MORE: Attributes = {}


@dataclass(frozen=True, kw_only=True)
class PriceDescription(SensorEntityDescription):
    """A sensor of the outlook; `money` says that its unit is the book's currency per kWh."""

    state: Callable[[PriceSnapshot], State]
    attributes: Callable[[PriceSnapshot], Attributes] = lambda _: _NOTHING_MORE
    money: bool = False


@dataclass(frozen=True, kw_only=True)
class HealthDescription(SensorEntityDescription):
    """A sensor of how the asking goes."""

    state: Callable[[PriceCoordinator], State]


@dataclass(frozen=True, kw_only=True)
class FlagDescription(BinarySensorEntityDescription):
    """A yes or no of the outlook, None where it is not known."""

    state: Callable[[PriceSnapshot], bool | None]
    attributes: Callable[[PriceSnapshot], Attributes] = lambda _: _NOTHING_MORE


def _raw(slots: tuple[PriceSlot, ...], seen: PriceSnapshot) -> list[dict[str, Any]]:
    """Slots in the shape that charts and other integrations expect, on the clock of the house's area."""
    zone = seen.zone
    return [
        {"start": slot.start.astimezone(zone), "end": slot.end.astimezone(zone), "value": slot.price} for slot in slots
    ]


def _curve(kind: PriceKind, seen: PriceSnapshot) -> Attributes:
    today, tomorrow = seen.today, seen.tomorrow
    resolution = today.day.resolution or tomorrow.day.resolution
    return {
        "raw_today": _raw(today.slots[kind], seen),
        "raw_tomorrow": _raw(tomorrow.slots[kind], seen),
        "tomorrow_valid": tomorrow.day.published,
        "currency": seen.currency,
        "resolution_minutes": int(resolution.total_seconds()) // _MINUTE if resolution else None,
        "source": ", ".join(today.day.sources),
        "quality": today.day.quality.value,
        "fetched_at": today.day.fetched_at,
    }


def _stretch(found: PricePeriod | None) -> Attributes:
    return {"end": found.end, "mean": found.mean} if found else {"end": None, "mean": None}


def _next(stretches: tuple[PricePeriod, ...], seen: PriceSnapshot) -> PricePeriod | None:
    return next((stretch for stretch in stretches if stretch.start > seen.now), None)


_price = partial(PriceDescription, money=True, state_class=SensorStateClass.MEASUREMENT, suggested_display_precision=4)


def _now(key: str, kind: PriceKind) -> PriceDescription:
    return _price(
        key=key,
        state=lambda seen: slot.price if (slot := seen.current.get(kind)) else None,
        attributes=partial(_curve, kind),
    )


def _of_day(
    key: str, day: Callable[[PriceSnapshot], PricedDay], value: Callable[[PriceStatistics], float]
) -> PriceDescription:
    return _price(key=key, state=lambda seen: value(found) if (found := day(seen).statistics) else None)


def _today(seen: PriceSnapshot) -> PricedDay:
    return seen.today


def _tomorrow(seen: PriceSnapshot) -> PricedDay:
    return seen.tomorrow


def _window(key: str, stretches: Callable[[PriceSnapshot], tuple[PricePeriod, ...]]) -> PriceDescription:
    return PriceDescription(
        key=key,
        device_class=SensorDeviceClass.TIMESTAMP,
        state=lambda seen: found.start if (found := _next(stretches(seen), seen)) else None,
        attributes=lambda seen: _stretch(_next(stretches(seen), seen)),
    )


_diagnostic = partial(HealthDescription, entity_category=EntityCategory.DIAGNOSTIC)
_moment = partial(_diagnostic, device_class=SensorDeviceClass.TIMESTAMP)

PRICE_SENSORS: Final = (
    _now("import_price", PriceKind.IMPORT),
    _now("export_price", PriceKind.EXPORT),
    _now("spot_price", PriceKind.SPOT),
    _price(key="next_price", state=lambda seen: slot.price if (slot := seen.following.get(PriceKind.IMPORT)) else None),
    _of_day("lowest_price_today", _today, lambda found: found.lowest),
    _of_day("mean_price_today", _today, lambda found: found.mean),
    _of_day("highest_price_today", _today, lambda found: found.highest),
    _of_day("price_spread_today", _today, lambda found: found.spread),
    _of_day("lowest_price_tomorrow", _tomorrow, lambda found: found.lowest),
    _of_day("mean_price_tomorrow", _tomorrow, lambda found: found.mean),
    _of_day("highest_price_tomorrow", _tomorrow, lambda found: found.highest),
    _of_day("price_spread_tomorrow", _tomorrow, lambda found: found.spread),
    PriceDescription(
        key="price_rank",
        state_class=SensorStateClass.MEASUREMENT,
        state=lambda seen: seen.rank,
        attributes=lambda seen: {"of": len(seen.today.slots[PriceKind.IMPORT])},
    ),
    PriceDescription(
        key="price_percentile",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        state=lambda seen: seen.percentile,
    ),
    PriceDescription(
        key="price_level",
        device_class=SensorDeviceClass.ENUM,
        options=[level.value for level in PriceLevel],
        state=lambda seen: seen.level,
    ),
    _window("next_cheap_window", lambda seen: seen.cheap),
    _window("next_expensive_window", lambda seen: seen.dear),
    PriceDescription(
        key="prices_known_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda seen: seen.known_until,
    ),
    PriceDescription(
        key="price_freshness",
        device_class=SensorDeviceClass.ENUM,
        options=[freshness.value for freshness in Freshness],
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda seen: seen.freshness,
    ),
    PriceDescription(
        key="price_source",
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda seen: ", ".join(seen.today.day.sources) or None,
        attributes=lambda seen: {
            "quality": seen.today.day.quality.value,
            "tomorrow": ", ".join(seen.tomorrow.day.sources),
            "quality_tomorrow": seen.tomorrow.day.quality.value,
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
    _moment(key="next_price_fetch", state=lambda prices: prices.next_ask),
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
FLAGS: Final = (
    FlagDescription(
        key="cheap_now",
        state=lambda seen: seen.level in CHEAP if seen.level else None,
        attributes=lambda seen: {
            "until": next((stretch.end for stretch in seen.cheap if seen.now in stretch), None),
        },
    ),
    FlagDescription(
        key="negative_price", state=lambda seen: slot.price < 0 if (slot := seen.current.get(PriceKind.SPOT)) else None
    ),
    FlagDescription(key="tomorrow_prices", state=lambda seen: seen.tomorrow.day.published),
    FlagDescription(
        key="price_data_stale",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        state=lambda seen: seen.freshness in (Freshness.STALE, Freshness.NONE),
    ),
)


class PriceSensor(PriceEntity, SensorEntity):
    """A number, word or time of the outlook."""

    entity_description: PriceDescription
    _unrecorded_attributes = frozenset({"raw_today", "raw_tomorrow"})

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The book's currency per kWh, or what the description says."""
        currency = self.coordinator.pricer.book.currency or "EUR"
        return f"{currency}/kWh" if self.entity_description.money else super().native_unit_of_measurement

    @property
    @override
    def native_value(self) -> State:
        """What the outlook says."""
        return self.entity_description.state(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """What belongs to it."""
        return self.entity_description.attributes(self.coordinator.data)


class HealthSensor(PriceEntity, SensorEntity):
    """How the asking goes; of most interest when there is nothing else to see, so it is always available."""

    entity_description: HealthDescription

    @property
    @override
    def available(self) -> bool:
        """Always."""
        return True

    @property
    @override
    def native_value(self) -> State:
        """The figure now."""
        return self.entity_description.state(self.coordinator)


class PriceFlag(PriceEntity, BinarySensorEntity):
    """A yes or no of the outlook."""

    entity_description: FlagDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """What the outlook says."""
        return self.entity_description.state(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> Attributes:
        """What belongs to it."""
        return self.entity_description.attributes(self.coordinator.data)
