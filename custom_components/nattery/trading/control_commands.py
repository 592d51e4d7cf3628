"""Websocket commands that change or try out what the battery does: nattery/override, /what_if and /resume."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import probatio as vol

from ..action_helpers import refuse
from ..const import DOMAIN
from ..core.app.plan_picture import override_state
from ..core.app.preferences import TradingPreferences
from ..core.app.what_if import Comparison
from ..core.control.overrides import Override, OverrideRequest
from ..core.planner.strategies import STRATEGIES
from ..websocket.access import AccessCheck, find_entry, find_loaded_entry, require_sensor, require_steer
from ..websocket.command import ENTRY, ENTRY_ID, QueryCommand
from ..websocket.errors import not_found
from .coordinator import TradingCoordinator
from .override_changes import async_change_overrides
from .override_requests import ATTR_ACTION, ATTR_DURATION, ATTR_POWER, ATTR_START, ATTR_UNTIL, override_request
from .sensors import TRADING_SENSORS
from .settings import TRADING

_ALL: Final = "all"
_MOST: Final = 200  # requests in one command
# The names of fields in the API, and those of the action `override`.
_FIELDS: Final = {
    "action": ATTR_ACTION,
    "power_w": ATTR_POWER,
    "start": ATTR_START,
    "end": ATTR_UNTIL,
    "duration_s": ATTR_DURATION,
}
_require_read: Final = require_sensor(TRADING, TRADING_SENSORS[0].key)


async def async_answer_override(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Clear and set overrides, all or nothing, and return what undoes it."""
    trading = commanded_trading(hass, user, fields, require_steer)
    before = trading.controller.overrides
    requests, clear = _requests(trading, fields), _cleared(before, fields)
    cleared = [one for one in before if one.id in clear]
    added = await async_change_overrides(trading, requests, clear=cleared, user=user.id)
    return {
        "set": [override_state(one) for one in added],
        "cleared": len(cleared),
        "undo": {"set": [_undone(one) for one in cleared], "clear": [one.id for one in added]},
    }


async def async_answer_what_if(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a change of overrides, strategy or reserve would cost; nothing is changed."""
    trading = commanded_trading(hass, user, fields, _require_read)
    requests = _requests(trading, fields, "overrides")
    clear = _cleared(trading.controller.overrides, fields)
    compared = await trading.async_what_if(requests, clear=clear, preferences=_preferences(trading, fields))
    return comparison_state(compared)


async def async_answer_resume(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> None:
    """End a pause after a change by hand or a failed write."""
    await commanded_trading(hass, user, fields, require_steer).async_resume()


def comparison_state(compared: Comparison) -> dict[str, Any]:
    """Return a comparison as the API shows it: costs, and the changed plan's actions and state of charge by slot."""
    present, changed = compared.present, compared.changed
    return {
        "currency": changed.currency,
        "cost_now": round(present.cost, 4),
        "cost_then": round(changed.cost, 4),
        "difference": round(compared.difference, 4),
        "until": changed.slots[-1].end.isoformat(),
        "start": [int(slot.start.timestamp()) for slot in changed],
        "action": [slot.action.value for slot in changed],
        "soc": [round(slot.soc_end, 4) for slot in changed],
        "solve_ms": round(present.solve_ms + changed.solve_ms, 1),
    }


def commanded_trading(
    hass: HomeAssistant, user: User, fields: dict[str, Any], check: AccessCheck
) -> TradingCoordinator:
    """Return the coordinator that a command names; raises if there is none, or if the user may not use it."""
    entry = find_entry(hass, fields[ENTRY_ID])
    check(hass, user, entry)
    trading = find_loaded_entry(hass, entry.entry_id).runtime_data.trading
    if trading is None:
        raise not_found("no_trading", entry=entry.title)
    return trading


def _requests(trading: TradingCoordinator, fields: dict[str, Any], field: str = "set") -> Sequence[OverrideRequest]:
    found = fields.get(field) or []
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(one, dict) for one in found):
        raise refuse("bad_list", field=field, most=str(_MOST))
    requests = []
    for one in found:
        if unknown := next((name for name in one if name not in _FIELDS), None):
            raise refuse("field_unknown", field=str(unknown))
        request = {_FIELDS[name]: value for name, value in one.items()}
        duration = request.get(ATTR_DURATION)
        if duration is not None:
            request[ATTR_DURATION] = {"seconds": duration}
        requests.append(override_request(trading.settings, request))
    return requests


def _cleared(present: Sequence[Override], fields: dict[str, Any]) -> set[str]:
    known, asked = {one.id for one in present}, fields.get("clear")
    if asked == _ALL:
        return known
    if asked is None:
        return set()
    if not isinstance(asked, list):
        raise refuse("bad_list", field="clear", most=str(_MOST))
    if unknown := [one for one in asked if not isinstance(one, str) or one not in known]:
        raise refuse("unknown_override", id=str(unknown[0]))
    return set(asked)


def _undone(override: Override) -> dict[str, Any]:
    """Return the request that sets a cleared override again."""
    power = {"power_w": override.power} if override.power else {}
    times: dict[str, datetime] = {"start": override.start, "end": override.end}
    return {"action": override.kind.value, **power, **{name: time.isoformat() for name, time in times.items()}}


def _preferences(trading: TradingCoordinator, fields: dict[str, Any]) -> TradingPreferences:
    """Return the preferences with the strategy and the reserve (0 to 1) of a command."""
    preferences = trading.preferences
    strategy, reserve = fields.get("strategy"), fields.get("reserve")
    if strategy is not None:
        if strategy not in STRATEGIES:
            raise refuse("field_not_a_choice", field="strategy", value=str(strategy), choices=", ".join(STRATEGIES))
        preferences = replace(preferences, strategy=strategy)
    if reserve is not None:
        if isinstance(reserve, bool) or not isinstance(reserve, int | float) or not 0 <= reserve <= 1:
            raise refuse("bad_reserve", value=str(reserve))
        preferences = replace(preferences, reserve=float(reserve))
    return preferences


CONTROL_COMMANDS: Final = (
    QueryCommand(
        f"{DOMAIN}/override",
        async_answer_override,
        fields={**ENTRY, vol.Optional("set"): object, vol.Optional("clear"): object},
    ),
    QueryCommand(
        f"{DOMAIN}/what_if",
        async_answer_what_if,
        fields={
            **ENTRY,
            vol.Optional("overrides"): object,
            vol.Optional("clear"): object,
            vol.Optional("strategy"): object,
            vol.Optional("reserve"): object,
        },
    ),
    QueryCommand(f"{DOMAIN}/resume", async_answer_resume),
)
