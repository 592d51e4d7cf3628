"""Prices for the screen: a subscription that gives the whole picture at once, and again whenever it changes."""

from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
import probatio as vol

from ..const import DOMAIN
from ..core.market.outlook import Outlook
from ..core.market.priced import PricedDay
from ..core.market.tariff import Kind
from ..permissions import may
from .coordinator import PriceCoordinator
from .sensors import PRICE_SENSORS

SUBSCRIBE: Final = f"{DOMAIN}/prices/subscribe"


@callback
def async_setup_price_commands(hass: HomeAssistant) -> None:
    """Register the command."""
    async_register_command(hass, subscribe)


@callback
@websocket_command({vol.Required("type"): SUBSCRIBE, vol.Required("entry_id"): str})
def subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the picture of an entry's prices, and every new one, to whoever may see them."""
    entry = hass.config_entries.async_get_entry(msg["entry_id"])
    prices = _prices_of(entry) if entry is not None and entry.domain == DOMAIN else None
    if entry is None or prices is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "No prices are set up for this entry")
        return
    if not _may_see(hass, connection, prices):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Unauthorized")
        return
    connection.send_result(msg["id"])
    subscription = _Subscription(hass, connection, msg["id"], entry)
    connection.subscriptions[msg["id"]] = subscription.end


def _prices_of(entry: ConfigEntry) -> PriceCoordinator | None:
    return entry.runtime_data.prices if entry.state is ConfigEntryState.LOADED else None


def _may_see(hass: HomeAssistant, connection: ActiveConnection, prices: PriceCoordinator) -> bool:
    unique_id = f"{prices.subentry.subentry_id}_{PRICE_SENSORS[0].key}"
    return may(hass, connection.user, Platform.SENSOR, unique_id, POLICY_READ)


class _Subscription:
    """Sends every new picture; None while there is none. It lives on when the entry is reloaded, with other prices."""

    def __init__(self, hass: HomeAssistant, connection: ActiveConnection, number: int, entry: ConfigEntry) -> None:
        self._hass, self._connection, self._number, self._entry = hass, connection, number, entry
        self._prices: PriceCoordinator | None = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_following = entry.async_on_state_change(self._follow)
        self._follow()

    @callback
    def _follow(self) -> None:
        prices = _prices_of(self._entry)
        if prices is not None and not _may_see(self._hass, self._connection, prices):
            prices = None
        if prices is self._prices:
            return
        if self._stop_listening is not None:
            self._stop_listening()
        self._prices = prices
        self._stop_listening = prices.async_add_listener(self._send) if prices is not None else None
        self._send()

    @callback
    def _send(self) -> None:
        prices = self._prices
        seen = picture(prices.data) if prices is not None and prices.last_update_success else None
        self._connection.send_event(self._number, seen)

    @callback
    def end(self) -> None:
        """Send no more."""
        self._stop_following()
        if self._stop_listening is not None:
            self._stop_listening()


def picture(seen: Outlook) -> dict[str, Any]:
    """Today and tomorrow, slot by slot, and how good they are; times as ISO 8601, prices per kWh."""
    return {
        "now": seen.now.isoformat(),
        "currency": seen.currency,
        "freshness": seen.freshness.value,
        "known_until": seen.known_until.isoformat() if seen.known_until else None,
        "days": [_day(day) for day in (seen.today, seen.tomorrow)],
        "slots": [slot for day in (seen.today, seen.tomorrow) for slot in _slots(day)],
    }


def _day(priced: PricedDay) -> dict[str, Any]:
    day = priced.day
    return {
        "day": day.day.isoformat(),
        "complete": day.complete,
        "quality": day.quality.value,
        "sources": list(day.sources),
        "reasons": list(day.reasons),
    }


def _slots(priced: PricedDay) -> list[dict[str, Any]]:
    """The slots of the exchange; a tariff that averages over hours has no price where an hour is not known in full."""
    prices = {kind: {slot.start: slot.price for slot in priced.slots[kind]} for kind in Kind}
    levels = dict(zip(prices[Kind.IMPORT], priced.levels, strict=True))
    return [
        {
            "start": slot.start.isoformat(),
            "end": slot.end.isoformat(),
            **{kind.value: prices[kind].get(slot.start) for kind in Kind},
            "level": levels.get(slot.start),
        }
        for slot in priced.day.slots
    ]
