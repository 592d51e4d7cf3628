"""The plan for the screen: a subscription that gives the whole picture at once, and again whenever it changes."""

from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
import probatio as vol

from ..const import DOMAIN
from ..permissions import may
from .coordinator import TradingCoordinator
from .sensors import TRADING_SENSORS
from .services import picture

SUBSCRIBE: Final = f"{DOMAIN}/plan/subscribe"


@callback
def async_setup_trading_commands(hass: HomeAssistant) -> None:
    """Register the command."""
    async_register_command(hass, subscribe)


@callback
@websocket_command({vol.Required("type"): SUBSCRIBE, vol.Required("entry_id"): str})
def subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the picture of an entry's plan, and every new one, to whoever may see it."""
    entry = hass.config_entries.async_get_entry(msg["entry_id"])
    loaded = entry is not None and entry.domain == DOMAIN and entry.state is ConfigEntryState.LOADED
    trading: TradingCoordinator | None = entry.runtime_data.trading if entry is not None and loaded else None
    if trading is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "Trading is not set up for this entry")
        return
    unique_id = f"{trading.subentry.subentry_id}_{TRADING_SENSORS[0].key}"
    if not may(hass, connection.user, Platform.SENSOR, unique_id, POLICY_READ):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Unauthorized")
        return
    sent: dict[str, Any] | None = None

    @callback
    def send() -> None:
        nonlocal sent
        seen = picture(trading)
        if seen != sent:
            sent = seen
            connection.send_event(msg["id"], seen)

    connection.subscriptions[msg["id"]] = trading.async_add_listener(send)
    connection.send_result(msg["id"])
    send()
