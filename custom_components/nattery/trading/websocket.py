"""The plan for the screen: a subscription that gives the whole picture at once, and again whenever it changes."""

from datetime import timedelta
from typing import Any, Final

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
import probatio as vol

from ..const import DOMAIN
from ..core.app.plan_picture import plan_picture
from ..subscription import Picture, Topic, subscribe
from .coordinator import TradingCoordinator
from .sensors import TRADING_SENSORS

SUBSCRIBE: Final = f"{DOMAIN}/plan/subscribe"


def _picture(trading: TradingCoordinator) -> Picture:
    today = dt_util.now().date()
    days = (trading.expected_day(today), trading.expected_day(today + timedelta(days=1)))
    currency = trading.prices.pricer.book.currency
    return plan_picture(trading.data, trading.preferences, trading.controller, currency, days)


_TOPIC: Final = Topic[TradingCoordinator](lambda site: site.trading, TRADING_SENSORS[0].key, _picture, "no_trading")


@callback
def async_setup_trading_commands(hass: HomeAssistant) -> None:
    """Register the command."""
    async_register_command(hass, subscribe_to_plan)


@callback
@websocket_command({vol.Required("type"): SUBSCRIBE, vol.Required("entry_id"): str})
def subscribe_to_plan(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the picture of an entry's plan, and every new one, to whoever may see it."""
    subscribe(hass, connection, msg, _TOPIC)
