"""Entities with which the user overrides the plan: what the battery should do, for how long, and buttons for both."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.number import NumberDeviceClass, NumberEntityDescription, NumberMode, RestoreNumber
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.util import dt as dt_util

from ..core.action import ActionKind
from .coordinator import TradingCoordinator
from .entity import TradingEntity
from .override_changes import async_change_overrides, async_clear_all, async_replace_overrides, present_overrides

FOLLOW_PLAN: Final = "follow_plan"
MIN_MINUTES: Final = 15
MAX_MINUTES: Final = 1440
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

WANTED_ACTION: Final = SelectEntityDescription(
    key="wanted_action", options=[FOLLOW_PLAN, *(kind.value for kind in ActionKind)]
)
OVERRIDE_MINUTES: Final = NumberEntityDescription(
    key="override_minutes",
    device_class=NumberDeviceClass.DURATION,
    entity_category=EntityCategory.CONFIG,
    native_min_value=MIN_MINUTES,
    native_max_value=MAX_MINUTES,
    native_step=1,
    native_unit_of_measurement=UnitOfTime.MINUTES,
    mode=NumberMode.BOX,
)


@dataclass(frozen=True, kw_only=True)
class TradingButtonDescription(ButtonEntityDescription):
    """A button of trading, and what pressing it does."""

    press: Callable[[TradingCoordinator], Awaitable[object]]


def _hour_of(key: str, kind: ActionKind) -> TradingButtonDescription:
    return TradingButtonDescription(
        key=key, press=lambda trading: async_replace_overrides(trading, kind, dt_util.utcnow() + _HOUR)
    )


def _next_midnight() -> datetime:
    """Return the end of the local day (UTC)."""
    return dt_util.as_utc(dt_util.start_of_local_day(dt_util.now().date() + _DAY))


TRADING_BUTTONS: Final = (
    _hour_of("charge_hour", ActionKind.CHARGE),
    _hour_of("hold_hour", ActionKind.HOLD),
    _hour_of("sell_hour", ActionKind.DISCHARGE),
    TradingButtonDescription(
        key="pause_until_tomorrow",
        press=lambda trading: async_replace_overrides(trading, ActionKind.SELF_CONSUME, _next_midnight()),
    ),
    TradingButtonDescription(key="back_to_plan", press=async_clear_all),
    TradingButtonDescription(key="resume", press=TradingCoordinator.async_resume),
)


class WantedActionSelect(TradingEntity, SelectEntity):
    """What the battery should do: follow the plan, or an action for the time that OverrideMinutes holds."""

    @property
    @override
    def current_option(self) -> str:
        """The action of the override in force."""
        present = present_overrides(self.coordinator)
        return present[-1].kind.value if present else FOLLOW_PLAN

    @override
    async def async_select_option(self, option: str) -> None:
        """Replace the overrides in force, or end them to follow the plan; those to come stay."""
        trading = self.coordinator
        if option == FOLLOW_PLAN:
            await async_change_overrides(trading, clear=present_overrides(trading))
        else:
            await async_replace_overrides(trading, ActionKind(option), dt_util.utcnow() + trading.override_duration)


class OverrideMinutes(TradingEntity, RestoreNumber):
    """How long an action lasts that is selected."""

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the number from before the restart."""
        await super().async_added_to_hass()
        stored = await self.async_get_last_number_data()
        if stored is not None and stored.native_value is not None:
            self._set(min(max(stored.native_value, MIN_MINUTES), MAX_MINUTES))

    @property
    @override
    def native_value(self) -> float:
        """The number of minutes."""
        return self.coordinator.override_duration / timedelta(minutes=1)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Keep the number for the next action that is selected."""
        self._set(value)
        self.async_write_ha_state()

    def _set(self, minutes: float) -> None:
        self.coordinator.override_duration = timedelta(minutes=minutes)


class TradingButton(TradingEntity, ButtonEntity):
    """A button that overrides the plan, ends overrides or ends a pause."""

    entity_description: TradingButtonDescription

    @override
    async def async_press(self) -> None:
        """Do what the description says."""
        await self.entity_description.press(self.coordinator)
