"""Entities with which the user controls trading: automation, strategy and the numbers of strategies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower
from homeassistant.util import dt as dt_util

from ..core.app.preferences import TradingPreferences
from ..core.app.reserve import reserve_at
from ..core.planner.strategies import STRATEGIES
from ..texts import common_text
from .coordinator import TradingCoordinator
from .entity import TradingEntity
from .reserve_picture import reserve_picture

_PERCENT: Final = 100
_EXPLANATION: Final = "explanation"

AUTOMATION: Final = SwitchEntityDescription(key="automation")
STRATEGY: Final = SelectEntityDescription(key="strategy", options=list(STRATEGIES))


@dataclass(frozen=True, kw_only=True)
class PreferenceDescription(NumberEntityDescription):
    """A number among the preferences, and the attributes of its entity."""

    state: Callable[[TradingPreferences], float]
    change: Callable[[TradingPreferences, float], TradingPreferences]
    attributes: Callable[[TradingCoordinator], Mapping[str, Any]] = lambda _: {}


def _reserve_attributes(trading: TradingCoordinator) -> dict[str, Any]:
    """Return the reserve (%) that counts now, and the timed ones."""
    present = reserve_at(trading.preferences, dt_util.utcnow())
    return {
        "present_reserve": round(present * _PERCENT, 3),
        "timed_reserves": [reserve_picture(one) for one in trading.timed_reserves],
    }


PREFERENCE_NUMBERS: Final = (
    PreferenceDescription(
        key="reserve",
        entity_category=EntityCategory.CONFIG,
        native_min_value=0,
        native_max_value=100,
        native_step=1,
        native_unit_of_measurement=PERCENTAGE,
        mode=NumberMode.SLIDER,
        state=lambda preferences: round(preferences.reserve * _PERCENT, 3),
        change=lambda preferences, value: replace(preferences, reserve=value / _PERCENT),
        attributes=_reserve_attributes,
    ),
    PreferenceDescription(
        key="import_limit",
        entity_category=EntityCategory.CONFIG,
        native_min_value=0,
        native_max_value=1000,
        native_step=0.1,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        mode=NumberMode.BOX,
        state=lambda preferences: preferences.import_limit,
        change=lambda preferences, value: replace(preferences, import_limit=value),
    ),
)


class AutomationSwitch(TradingEntity, SwitchEntity):
    """On: the plan is carried out. Off: a dry run, which only shows what it would do."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether the plan is carried out."""
        return self.coordinator.automatic

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Carry the plan out."""
        await self.coordinator.async_set_automatic(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Release control of the battery."""
        await self.coordinator.async_set_automatic(on=False)


class StrategySelect(TradingEntity, SelectEntity):
    """The strategy of the planner, with a sentence that explains it as an attribute."""

    _unrecorded_attributes = frozenset({_EXPLANATION})

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """What the strategy does, in the language of Home Assistant."""
        return {_EXPLANATION: common_text(self.hass, f"strategy_{self.current_option}")}

    @property
    @override
    def current_option(self) -> str:
        """The key of the strategy."""
        return self.coordinator.preferences.strategy

    @override
    async def async_select_option(self, option: str) -> None:
        """Replan with another strategy."""
        await self.coordinator.async_set_preferences(replace(self.coordinator.preferences, strategy=option))


class PreferenceNumber(TradingEntity, NumberEntity):
    """A number among the preferences, with a sentence that explains it as an attribute."""

    entity_description: PreferenceDescription
    _unrecorded_attributes = frozenset({_EXPLANATION})

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """What the number means, in the language of Home Assistant, and what belongs to it."""
        explanation = common_text(self.hass, f"number_{self.entity_description.key}")
        return {_EXPLANATION: explanation, **self.entity_description.attributes(self.coordinator)}

    @property
    @override
    def native_value(self) -> float:
        """The present value."""
        return self.entity_description.state(self.coordinator.preferences)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Replan with another value."""
        await self.coordinator.async_set_preferences(
            self.entity_description.change(self.coordinator.preferences, value)
        )
