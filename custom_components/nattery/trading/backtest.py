"""The action that runs the backtest over the home's own ledger, with its battery or with another one."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
import probatio as vol

from ..action_helpers import moment
from ..action_schema import action_schema
from ..const import DOMAIN
from .backtest_job import ATTR_END, ATTR_START
from .savings import SAVINGS
from .services import async_trading
from .settings import (
    CONF_BATTERY_PRICE,
    CONF_CAPACITY,
    CONF_CHARGE,
    CONF_DISCHARGE,
    CONF_PEAK_PRICE,
    CONF_WEAR,
)

BACKTEST: Final = "backtest"


def _number(low: float, high: float) -> Callable[[object], float]:
    number: Callable[[object], float] = vol.All(vol.Coerce(float), vol.Range(min=low, max=high))
    return number


BACKTEST_FIELDS: Final[dict[vol.Marker, Any]] = {
    vol.Optional(ATTR_START): moment,
    vol.Optional(ATTR_END): moment,
    vol.Optional(CONF_CAPACITY): _number(0.1, 1000),
    vol.Optional(CONF_CHARGE): _number(0.1, 100),
    vol.Optional(CONF_DISCHARGE): _number(0.1, 100),
    vol.Exclusive(CONF_WEAR, "wear"): _number(0, 100),
    vol.Exclusive(CONF_BATTERY_PRICE, "wear"): _number(0, 1_000_000),
    vol.Optional(CONF_PEAK_PRICE): _number(0, 10_000),
}
_SCHEMA: Final = action_schema(BACKTEST_FIELDS, one_of=(CONF_WEAR, CONF_BATTERY_PRICE))


@callback
def async_setup_backtest_service(hass: HomeAssistant) -> None:
    """Register the action."""
    hass.services.async_register(DOMAIN, BACKTEST, _async_backtest, _SCHEMA, SupportsResponse.ONLY)


async def _async_backtest(call: ServiceCall) -> ServiceResponse:
    """Return what each strategy would have cost, by default over the last days, beside what was really paid."""
    trading = await async_trading(call, POLICY_READ, SAVINGS[0].key)
    options = {name: value for name, value in call.data.items() if name != ATTR_CONFIG_ENTRY_ID}
    task = trading.backtest.start(options, call.context.user_id)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
    if task.cancelled():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="backtest_stopped")
    outcome = task.result()
    if isinstance(outcome, HomeAssistantError):
        raise outcome
    return outcome
