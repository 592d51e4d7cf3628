"""The topic of prices for websocket subscriptions: the whole state, again after every change."""

from typing import Any, Final

from ..const import DOMAIN
from ..core.market.pricer import PricedDay
from ..core.market.snapshot import PriceSnapshot
from ..core.market.tariff import PriceKind
from ..websocket.subscription import Picture, coordinator_topic
from .coordinator import PriceCoordinator
from .sensors import PRICE_SENSORS
from .settings import PRICES

SUBSCRIBE: Final = f"{DOMAIN}/prices/subscribe"


def picture(snapshot: PriceSnapshot) -> dict[str, Any]:
    """Return today and tomorrow slot by slot with their quality; times in ISO 8601, prices per kWh."""
    return {
        "now": snapshot.now.isoformat(),
        "currency": snapshot.currency,
        "freshness": snapshot.freshness.value,
        "known_until": snapshot.known_until.isoformat() if snapshot.known_until else None,
        "days": [day_quality(day) for day in (snapshot.today, snapshot.tomorrow)],
        "slots": [slot for day in (snapshot.today, snapshot.tomorrow) for slot in _slots(day)],
    }


def day_quality(priced: PricedDay) -> dict[str, Any]:
    """Return the quality of a day's prices as plain JSON."""
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


PRICES_TOPIC: Final = coordinator_topic(
    SUBSCRIBE, lambda runtime: runtime.prices, _picture_of, subentry=PRICES, sensor=PRICE_SENSORS[0].key
)
