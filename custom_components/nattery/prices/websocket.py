"""The websocket command that subscribes to prices: the whole state at once, and again after every change."""

from typing import Any, Final

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.core import HomeAssistant, callback
import probatio as vol

from ..const import DOMAIN
from ..core.market.pricer import PricedDay
from ..core.market.snapshot import PriceSnapshot
from ..core.market.tariff import PriceKind
from ..subscription import Picture, Topic, subscribe
from .coordinator import PriceCoordinator
from .sensors import PRICE_SENSORS

SUBSCRIBE: Final = f"{DOMAIN}/prices/subscribe"


@callback
def async_setup_price_commands(hass: HomeAssistant) -> None:
    """Register the command."""
    async_register_command(hass, subscribe_to_prices)


@callback
@websocket_command({vol.Required("type"): SUBSCRIBE, vol.Required("entry_id"): str})
def subscribe_to_prices(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Send the prices of a config entry now and after every change, if the user may read them."""
    subscribe(hass, connection, msg, _TOPIC)


def picture(snapshot: PriceSnapshot) -> dict[str, Any]:
    """Return today and tomorrow slot by slot with their quality; times in ISO 8601, prices per kWh."""
    return {
        "now": snapshot.now.isoformat(),
        "currency": snapshot.currency,
        "freshness": snapshot.freshness.value,
        "known_until": snapshot.known_until.isoformat() if snapshot.known_until else None,
        "days": [_day(day) for day in (snapshot.today, snapshot.tomorrow)],
        "slots": [slot for day in (snapshot.today, snapshot.tomorrow) for slot in _slots(day)],
    }


def _day(priced: PricedDay) -> dict[str, Any]:
    day = priced.day
    return {
        "day": day.day.isoformat(),
        "complete": day.complete,
        "quality": day.quality.value,
        "sources": list(day.sources),
        "reasons": [reason.to_dict() for reason in day.reasons],
    }


def _slots(priced: PricedDay) -> list[dict[str, Any]]:
    """Return the slots of the exchange; prices are None where an hourly tariff lacks part of the hour."""
    prices = {kind: {slot.start: slot.price for slot in priced.slots[kind]} for kind in PriceKind}
    levels = dict(zip(prices[PriceKind.IMPORT], priced.levels, strict=True))
    return [
        {
            "start": slot.start.isoformat(),
            "end": slot.end.isoformat(),
            **{kind.value: prices[kind].get(slot.start) for kind in PriceKind},
            "level": levels.get(slot.start),
        }
        for slot in priced.day.slots
    ]


def _picture_of(prices: PriceCoordinator) -> Picture:
    return picture(prices.data) if prices.last_update_success else None


_TOPIC: Final = Topic[PriceCoordinator](lambda site: site.prices, PRICE_SENSORS[0].key, _picture_of, "no_prices")
