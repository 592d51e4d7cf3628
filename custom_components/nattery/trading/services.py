"""The actions that read, explain, renew and override the plan."""

from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio as vol

from ..action_helpers import moment, refuse
from ..action_schema import action_schema, called_entry
from ..const import DOMAIN
from ..core.planner.plan import PlannedSlot
from ..permissions import async_require
from .controls import AUTOMATION
from .coordinator import TradingCoordinator
from .override_changes import async_change_overrides
from .override_requests import (
    ATTR_ACTION,
    ATTR_DURATION,
    ATTR_POWER,
    ATTR_START,
    ATTR_UNTIL,
    override_picture,
    override_request,
)
from .reserve_picture import reserve_picture
from .sensors import TRADING_SENSORS
from .settings import TRADING

GET_PLAN, EXPLAIN_SLOT, REPLAN = "get_plan", "explain_slot", "replan"
OVERRIDE, CLEAR_OVERRIDE = "override", "clear_override"
ATTR_AT, ATTR_ID = "at", "id"
_EXPLAIN: Final = action_schema({vol.Optional(ATTR_AT): moment})
_OVERRIDE: Final = action_schema(  # `override_request` validates the values
    {
        vol.Required(ATTR_ACTION): object,
        vol.Optional(ATTR_POWER): object,
        vol.Optional(ATTR_START): object,
        vol.Optional(ATTR_UNTIL): object,
        vol.Optional(ATTR_DURATION): object,
    },
    one_of=(ATTR_UNTIL, ATTR_DURATION),
    needs_one=True,
)
_CLEAR: Final = action_schema({vol.Optional(ATTR_ID): cv.string})


@callback
def async_setup_trading_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    only, optional = SupportsResponse.ONLY, SupportsResponse.OPTIONAL
    register = hass.services.async_register
    register(DOMAIN, GET_PLAN, _async_get_plan, action_schema({}), only)
    register(DOMAIN, EXPLAIN_SLOT, _async_explain_slot, _EXPLAIN, only)
    register(DOMAIN, REPLAN, _async_replan, action_schema({}), optional)
    register(DOMAIN, OVERRIDE, _async_override, _OVERRIDE, optional)
    register(DOMAIN, CLEAR_OVERRIDE, _async_clear_override, _CLEAR, optional)


async def async_trading(call: ServiceCall, policy: str, sensor: str = TRADING_SENSORS[0].key) -> TradingCoordinator:
    """Return the coordinator that a call names.

    The user must be allowed to control trading, or with a read policy to read `sensor`; raises otherwise.
    """
    entry = called_entry(call, TRADING)
    trading: TradingCoordinator | None = entry.runtime_data.trading
    if trading is None:
        raise refuse("no_trading", entry=entry.title)
    controls = policy == POLICY_CONTROL
    platform, key = (Platform.SWITCH, AUTOMATION.key) if controls else (Platform.SENSOR, sensor)
    await async_require(call.hass, call.context, platform, trading.unique_id(key), policy)
    return trading


async def _async_get_plan(call: ServiceCall) -> ServiceResponse:
    """Return the whole plan, slot by slot."""
    return _plan_response(await async_trading(call, POLICY_READ))


async def _async_explain_slot(call: ServiceCall) -> ServiceResponse:
    """Return one slot with its reason; the present slot by default."""
    trading = await async_trading(call, POLICY_READ)
    at = call.data.get(ATTR_AT, dt_util.utcnow())
    slot = trading.data.slot(at)
    if slot is None:
        raise refuse("no_slot", at=f"{dt_util.as_local(at):%Y-%m-%d %H:%M}")
    return _slot_response(trading, slot)


async def _async_replan(call: ServiceCall) -> ServiceResponse:
    """Replan now and return the plan, which needs read access as well."""
    await async_trading(call, POLICY_READ)
    trading = await async_trading(call, POLICY_CONTROL)
    await trading.async_replan()
    return _plan_response(trading)


async def _async_override(call: ServiceCall) -> ServiceResponse:
    """Override the plan and return the override with the id that clears it."""
    trading = await async_trading(call, POLICY_CONTROL)
    request = override_request(trading.settings, call.data)
    (override,) = await async_change_overrides(trading, [request], user=call.context.user_id)
    return override_picture(override)


async def _async_clear_override(call: ServiceCall) -> ServiceResponse:
    """Clear one override, or all, and return how many there were."""
    trading = await async_trading(call, POLICY_CONTROL)
    identifier, present = call.data.get(ATTR_ID), trading.controller.overrides
    cleared = [one for one in present if identifier in (None, one.id)]
    if identifier is not None and not cleared:
        raise refuse("unknown_override", id=identifier)
    await async_change_overrides(trading, clear=cleared)
    return {"cleared": len(cleared)}


def plan_rows(trading: TradingCoordinator) -> dict[str, Any]:
    """Return plan, present action and overrides as plain JSON: powers in kW (of actions in W), times as ISO 8601.

    Reasons and notes are keys and values, from which each viewer makes sentences in its own language.
    """
    state, plan, decision = trading.data, trading.data.plan, trading.data.decision
    reason = state.reason
    return {
        "made_at": state.made_at.isoformat() if state.made_at else None,
        "trouble": state.problem,
        "automatic": trading.automatic,
        "strategy": trading.preferences.strategy,
        "reserve": trading.preferences.reserve,
        "timed_reserves": [reserve_picture(one) for one in trading.timed_reserves],
        "currency": plan.currency if plan else trading.prices.pricer.book.currency,
        "cost": round(plan.cost, 6) if plan else None,
        "solver": plan.solver if plan else None,
        "notes": [note.to_dict() for note in state.notes],
        "present": {
            "action": decision.action.kind.value if decision.action else None,
            "power": decision.battery_power if decision.action else None,
            "until": decision.run.end.isoformat() if decision.run else None,
            "performed": decision.performed,
            "reason": reason.to_dict() if reason else None,
        }
        if decision
        else None,
        "overrides": [override_picture(one) for one in trading.controller.overrides],
        "slots": [_slot_picture(one) for one in plan] if plan else [],
    }


def _slot_picture(slot: PlannedSlot) -> dict[str, Any]:
    """Return one slot as plain JSON."""
    return {
        "start": slot.start.isoformat(),
        "end": slot.end.isoformat(),
        "action": slot.action.value,
        "charge_kw": round(slot.charge_kw, 3),
        "discharge_kw": round(slot.discharge_kw, 3),
        "grid_kw": round(slot.grid_kw, 3),
        "soc_end": round(slot.soc_end, 4),
        "marginal_value": round(slot.marginal_value, 5),
        "cost": round(slot.cost, 5),
        "override": slot.override,
        "reason": slot.reason.to_dict(),
    }


def _plan_response(trading: TradingCoordinator) -> dict[str, Any]:
    """Return the picture as the response of an action, which has no viewer: with sentences."""
    state, plan = plan_rows(trading), trading.data.plan
    present = state["present"]
    return {
        **state,
        "notes": trading.note_sentences(),
        "present": {**present, **trading.reason_texts()} if present else None,
        "slots": [_slot_response(trading, one) for one in plan] if plan else [],
    }


def _slot_response(trading: TradingCoordinator, slot: PlannedSlot) -> dict[str, Any]:
    """Return one slot with its reason as sentences."""
    return {**_slot_picture(slot), **trading.sentences.to_dict(slot.reason, dt_util.now())}
