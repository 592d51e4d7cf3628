"""The plan for the screen: a subscription that gives the whole picture at once, and again whenever it changes."""

from typing import Any, Final

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.core import HomeAssistant, callback
import probatio as vol

from ..const import DOMAIN
from ..subscription import Topic, subscribe
from .coordinator import TradingCoordinator
from .sensors import TRADING_SENSORS
from .services import picture

SUBSCRIBE: Final = f"{DOMAIN}/plan/subscribe"
_TOPIC: Final = Topic[TradingCoordinator](lambda site: site.trading, TRADING_SENSORS[0].key, picture, "no_trading")


@callback
def async_setup_trading_commands(hass: HomeAssistant) -> None:
    """Register the command."""
    async_register_command(hass, subscribe_to_plan)


@callback
@websocket_command({vol.Required("type"): SUBSCRIBE, vol.Required("entry_id"): str})
def subscribe_to_plan(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the picture of an entry's plan, and every new one, to whoever may see it."""
    subscribe(hass, connection, msg, _TOPIC)
