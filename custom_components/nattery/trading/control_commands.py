"""Websocket commands that change or try out what the battery does: nattery/override, /what_if and /resume."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import async_response, websocket_command
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
import probatio as vol

from ..action_helpers import refuse
from ..const import DOMAIN
from ..core.app.preferences import TradingPreferences
from ..core.app.what_if import Comparison
from ..core.control.overrides import Override, OverrideRequest
from ..core.errors import NatteryError
from ..core.planner.strategies import STRATEGIES
from ..errors import action_error
from ..permissions import may
from .controls import AUTOMATION
from .coordinator import TradingCoordinator
from .override_requests import ATTR_ACTION, ATTR_DURATION, ATTR_POWER, ATTR_START, ATTR_UNTIL, override_request
from .sensors import TRADING_SENSORS

_PREFIX: Final = DOMAIN
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


@callback
def async_setup_control_commands(hass: HomeAssistant) -> None:
    """Register the commands."""
    for command in (websocket_override, websocket_what_if, websocket_resume):
        async_register_command(hass, command)


@websocket_command(
    {
        vol.Required("type"): f"{_PREFIX}/override",
        vol.Required("entry_id"): str,
        vol.Optional("set"): object,
        vol.Optional("clear"): object,
    }
)
@async_response
async def websocket_override(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Clear and set overrides, all or nothing, and answer with what undoes it."""
    trading = _trading(hass, connection, msg, POLICY_CONTROL)
    before = trading.controller.overrides
    requests, clear = _requests(trading, msg), _cleared(before, msg)
    try:
        added = await trading.async_change_overrides(requests, clear=clear, user=connection.user.id)
    except NatteryError as error:
        raise action_error(error) from None
    cleared = [one for one in before if one.id in clear]
    connection.send_result(
        msg["id"],
        {
            "set": [override_state(one) for one in added],
            "cleared": len(cleared),
            "undo": {"set": [_undone(one) for one in cleared], "clear": [one.id for one in added]},
        },
    )


@websocket_command(
    {
        vol.Required("type"): f"{_PREFIX}/what_if",
        vol.Required("entry_id"): str,
        vol.Optional("overrides"): object,
        vol.Optional("clear"): object,
        vol.Optional("strategy"): object,
        vol.Optional("reserve"): object,
    }
)
@async_response
async def websocket_what_if(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer what a change of overrides, strategy or reserve would cost; nothing is changed."""
    trading = _trading(hass, connection, msg, POLICY_READ)
    requests = _requests(trading, msg, "overrides")
    clear = _cleared(trading.controller.overrides, msg)
    try:
        compared = await trading.async_what_if(requests, clear=clear, preferences=_preferences(trading, msg))
    except NatteryError as error:
        raise action_error(error) from None
    connection.send_result(msg["id"], comparison_state(compared))


@websocket_command({vol.Required("type"): f"{_PREFIX}/resume", vol.Required("entry_id"): str})
@async_response
async def websocket_resume(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """End a pause after a change by hand or a failed write."""
    await _trading(hass, connection, msg, POLICY_CONTROL).async_resume()
    connection.send_result(msg["id"])


def override_state(override: Override) -> dict[str, Any]:
    """Return an override as the API shows it."""
    return {
        "id": override.id,
        "action": override.kind.value,
        "power_w": override.power,
        "start": override.start.isoformat(),
        "end": override.end.isoformat(),
        "user": override.user,
        "set_at": override.set_at.isoformat() if override.set_at else None,
    }


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


def _trading(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any], policy: str) -> TradingCoordinator:
    """Return the coordinator that a command names; raises if there is none, or if the user may not use it."""
    entry = hass.config_entries.async_get_entry(msg["entry_id"])
    if entry is None or entry.domain != DOMAIN:
        raise refuse("unknown_entry", entry=msg["entry_id"])
    trading: TradingCoordinator | None = entry.runtime_data.trading if entry.state is ConfigEntryState.LOADED else None
    if trading is None:
        raise refuse("no_trading", entry=entry.title)
    controls = policy == POLICY_CONTROL
    platform, key = (Platform.SWITCH, AUTOMATION.key) if controls else (Platform.SENSOR, TRADING_SENSORS[0].key)
    if not may(hass, connection.user, platform, trading.unique_id(key), policy):
        raise Unauthorized
    return trading


def _requests(trading: TradingCoordinator, msg: dict[str, Any], field: str = "set") -> Sequence[OverrideRequest]:
    found = msg.get(field) or []
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(one, dict) for one in found):
        raise refuse("bad_list", field=field, most=str(_MOST))
    requests = []
    for one in found:
        if unknown := next((name for name in one if name not in _FIELDS), None):
            raise refuse("unknown_field", field=str(unknown), allowed=", ".join(_FIELDS))
        fields = {_FIELDS[name]: value for name, value in one.items()}
        duration = fields.get(ATTR_DURATION)
        if duration is not None:
            fields[ATTR_DURATION] = {"seconds": duration}
        requests.append(override_request(trading.settings, fields))
    return requests


def _cleared(present: Sequence[Override], msg: dict[str, Any]) -> set[str]:
    known, asked = {one.id for one in present}, msg.get("clear")
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


def _preferences(trading: TradingCoordinator, msg: dict[str, Any]) -> TradingPreferences:
    """Return the preferences with the strategy and the reserve (0 to 1) of a command."""
    preferences = trading.preferences
    strategy, reserve = msg.get("strategy"), msg.get("reserve")
    if strategy is not None:
        if strategy not in STRATEGIES:
            raise refuse("bad_strategy", value=str(strategy), allowed=", ".join(STRATEGIES))
        preferences = replace(preferences, strategy=strategy)
    if reserve is not None:
        if isinstance(reserve, bool) or not isinstance(reserve, int | float) or not 0 <= reserve <= 1:
            raise refuse("bad_reserve", value=str(reserve))
        preferences = replace(preferences, reserve=float(reserve))
    return preferences
