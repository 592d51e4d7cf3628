"""A summary of a day's prices, in the language of Home Assistant."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant

from ..core.market.pricer import PricedDay, Pricer
from ..core.market.tariff import PriceKind
from ..core.market.windows import NoWindowError, find_window
from ..core.sentences import price_text
from ..texts import async_text

SUMMARY_WINDOW: Final = timedelta(hours=3)


async def async_day_summary(
    hass: HomeAssistant, pricer: Pricer, day: PricedDay, kind: PriceKind = PriceKind.IMPORT
) -> str:
    """Return the cheapest and most expensive window and the lowest, mean and highest price.

    Returns another sentence if not all prices are known.
    """
    slots = day.slots[kind]
    if not day.day.published:
        return await async_text(hass, "curve_unknown")
    try:
        cheap, expensive = find_window(slots, SUMMARY_WINDOW), find_window(slots, SUMMARY_WINDOW, most_expensive=True)
    except NoWindowError:  # an hourly tariff and an hour with a gap
        return await async_text(hass, "curve_unknown")

    def local_time(moment: datetime) -> str:
        return f"{moment.astimezone(pricer.book.zone):%H:%M}"

    def amount(price: float) -> str:
        return price_text(price, pricer.book.currency)

    prices = [slot.price for slot in slots]
    return await async_text(
        hass,
        "curve",
        {
            "lowest": amount(min(prices)),
            "mean": amount(sum(prices) / len(prices)),
            "highest": amount(max(prices)),
            "cheap_start": local_time(cheap.start),
            "cheap_end": local_time(cheap.end),
            "cheap_mean": amount(cheap.mean),
            "dear_start": local_time(expensive.start),
            "dear_end": local_time(expensive.end),
            "dear_mean": amount(expensive.mean),
        },
    )
