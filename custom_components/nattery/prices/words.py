"""A day's prices in words, in the language of the house."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant

from ..core.market.pricer import PricedDay, Pricer
from ..core.market.tariff import PriceKind
from ..core.market.windows import NoWindowError, find_window
from ..texts import async_text

STRETCH: Final = timedelta(hours=3)  # what people plan in


async def async_day_in_words(
    hass: HomeAssistant, pricer: Pricer, day: PricedDay, kind: PriceKind = PriceKind.IMPORT
) -> str:
    """The cheapest and dearest hours, lowest, mean and highest price; another sentence when not all is known."""
    slots = day.slots[kind]
    if not day.day.published:
        return await async_text(hass, "curve_unknown")
    try:
        cheap, dear = find_window(slots, STRETCH), find_window(slots, STRETCH, dearest=True)
    except NoWindowError:  # of an hourly tariff whose hours are not all whole
        return await async_text(hass, "curve_unknown")

    def clock(moment: datetime) -> str:
        return f"{moment.astimezone(pricer.book.zone):%H:%M}"

    prices = [slot.price for slot in slots]
    return await async_text(
        hass,
        "curve",
        {
            "currency": pricer.book.currency,
            "lowest": f"{min(prices):.3f}",
            "mean": f"{sum(prices) / len(prices):.3f}",
            "highest": f"{max(prices):.3f}",
            "cheap_start": clock(cheap.start),
            "cheap_end": clock(cheap.end),
            "cheap_mean": f"{cheap.mean:.3f}",
            "dear_start": clock(dear.start),
            "dear_end": clock(dear.end),
            "dear_mean": f"{dear.mean:.3f}",
        },
    )
