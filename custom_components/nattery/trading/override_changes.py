"""Changes of overrides by entities, actions and websocket commands: what all of them have in common."""

from collections.abc import Collection, Sequence
from datetime import datetime

from homeassistant.util import dt as dt_util

from ..action_helpers import refuse
from ..core.action import ActionKind
from ..core.control.errors import OverrideError
from ..core.control.overrides import Override, OverrideRequest
from ..errors import action_error
from .coordinator import TradingCoordinator
from .override_requests import highest_power


async def async_change_overrides(
    trading: TradingCoordinator,
    requests: Sequence[OverrideRequest] = (),
    *,
    clear: Collection[Override] = (),
    user: str | None = None,
) -> tuple[Override, ...]:
    """Clear overrides, as far as they are still there, add others and return these: all or nothing.

    Raises a translated error if that is not possible, as in a dry run, which carries out no override.
    """
    if requests and not trading.automatic:
        raise refuse("automation_off")
    try:
        return await trading.async_change_overrides(requests, clear={one.id for one in clear}, user=user)
    except OverrideError as error:
        raise action_error(error) from None


async def async_replace_overrides(
    trading: TradingCoordinator, kind: ActionKind, end: datetime, user: str | None = None
) -> None:
    """Override the plan from now to `end` with the highest power, in place of the overrides in force now."""
    request = OverrideRequest(kind, end, highest_power(kind, trading.settings))
    await async_change_overrides(trading, [request], clear=present_overrides(trading), user=user)


async def async_clear_all(trading: TradingCoordinator) -> None:
    """Clear all overrides, also those to come."""
    await async_change_overrides(trading, clear=trading.controller.overrides)


def present_overrides(trading: TradingCoordinator) -> tuple[Override, ...]:
    """Return the overrides whose time is now, that which counts last."""
    now = dt_util.utcnow()
    return tuple(one for one in trading.controller.overrides if one.start <= now < one.end)
