"""What people set: whether the plan is carried out, what it is to aim at, and its limits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower

from ..core.planner.strategies import STRATEGIES
from .entity import TradingEntity
from .planning import TradingPreferences

_PERCENT = 100

AUTOMATION: Final = SwitchEntityDescription(key="automation")
STRATEGY: Final = SelectEntityDescription(key="strategy", options=list(STRATEGIES))


@dataclass(frozen=True, kw_only=True)
class PreferenceDescription(NumberEntityDescription):
    """A number of what people wish."""

    state: Callable[[TradingPreferences], float]
    change: Callable[[TradingPreferences, float], TradingPreferences]


WISHES: Final = (
    PreferenceDescription(
        key="reserve",
        entity_category=EntityCategory.CONFIG,
        native_min_value=0,
        native_max_value=100,
        native_step=1,
        native_unit_of_measurement=PERCENTAGE,
        mode=NumberMode.SLIDER,
        state=lambda wish: round(wish.reserve * _PERCENT, 3),
        change=lambda wish, value: replace(wish, reserve=value / _PERCENT),
    ),
    PreferenceDescription(
        key="import_limit",
        entity_category=EntityCategory.CONFIG,
        native_min_value=0,
        native_max_value=1000,
        native_step=0.1,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        mode=NumberMode.BOX,
        state=lambda wish: wish.import_limit,
        change=lambda wish, value: replace(wish, import_limit=value),
    ),
)


class AutomationSwitch(TradingEntity, SwitchEntity):
    """On: the plan is carried out. Off: a dry run, which only says what it would do."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether the plan is carried out."""
        return self.coordinator.automatic

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Carry it out."""
        await self.coordinator.async_set_automatic(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Hand the battery back."""
        await self.coordinator.async_set_automatic(on=False)


class StrategySelect(TradingEntity, SelectEntity):
    """What the plan aims at."""

    @property
    @override
    def current_option(self) -> str:
        """The strategy."""
        return self.coordinator.wish.strategy

    @override
    async def async_select_option(self, option: str) -> None:
        """Aim at something else."""
        await self.coordinator.async_set_preferences(replace(self.coordinator.wish, strategy=option))


class PreferenceNumber(TradingEntity, NumberEntity):
    """A limit of the plan."""

    entity_description: PreferenceDescription

    @property
    @override
    def native_value(self) -> float:
        """The limit."""
        return self.entity_description.state(self.coordinator.wish)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it."""
        await self.coordinator.async_set_preferences(self.entity_description.change(self.coordinator.wish, value))
