"""What every request for an override has in common, whether it comes from an entity or an action."""

from datetime import datetime
from typing import Final

from homeassistant.util import dt as dt_util

from ..action_helpers import refuse
from ..core.action import FORCED, ActionKind
from ..core.app.settings import TradingSettings
from ..core.control.errors import OverrideError
from ..core.control.overrides import Override
from ..errors import action_error
from .coordinator import TradingCoordinator

_KILO: Final = 1000


def require_automation(trading: TradingCoordinator) -> None:
    """Raise ServiceValidationError in a dry run, which carries out no override."""
    if not trading.automatic:
        raise refuse("automation_off")


def highest_power(kind: ActionKind, settings: TradingSettings) -> float:
    """Return the highest power (W) of an action by the settings, 0 for an action without a power."""
    if kind not in FORCED:
        return 0.0
    return float(round(_KILO * (settings.charge if kind is ActionKind.CHARGE else settings.discharge)))


async def async_request_override(
    trading: TradingCoordinator, kind: ActionKind, end: datetime, power: float, start: datetime | None = None
) -> Override:
    """Override the plan and return the override; raises a translated error if that is not possible."""
    require_automation(trading)
    try:
        return await trading.async_override(kind, end, power, start)
    except OverrideError as error:
        raise action_error(error) from None


async def async_replace_overrides(trading: TradingCoordinator, kind: ActionKind, end: datetime) -> None:
    """Override the plan from now to `end` with the highest power, in place of the overrides in force now."""
    replaced = present_overrides(trading)
    await async_request_override(trading, kind, end, highest_power(kind, trading.settings))
    await async_clear_overrides(trading, replaced)


async def async_clear_overrides(trading: TradingCoordinator, overrides: tuple[Override, ...]) -> None:
    """Clear the overrides, as far as they are still there."""
    for one in overrides:
        await trading.async_clear_override(one.id)


def present_overrides(trading: TradingCoordinator) -> tuple[Override, ...]:
    """Return the overrides whose time is now, that which counts last."""
    now = dt_util.utcnow()
    return tuple(one for one in trading.controller.overrides if one.start <= now < one.end)
