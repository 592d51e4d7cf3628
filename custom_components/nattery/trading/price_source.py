"""What trading needs of prices, and its stand-in for a config entry whose prices were removed."""

from collections.abc import Callable
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..core.market.book import BookError, PriceBook
from ..core.market.pricer import Pricer
from ..core.market.snapshot import PriceSnapshot, take_snapshot
from ..core.market.tariff import Tariff
from ..prices.coordinator import price_store


class TradingPrices(Protocol):
    """The prices of a config entry: a snapshot that is current if `last_update_success`, and what it is made from."""

    config_entry: ConfigEntry
    data: PriceSnapshot
    last_update_success: bool
    pricer: Pricer

    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Any = None) -> Callable[[], None]:  # noqa: ANN401
        """Call a listener when prices change."""


class MissingPrices:
    """No price at all, in the currency of the prices that there were, which the ledger's reports need."""

    def __init__(self, entry: ConfigEntry, currency: str) -> None:
        """Create the prices of an entry without any."""
        book = PriceBook("", dt_util.get_default_time_zone())
        book.currency = currency
        self.config_entry = entry
        self.pricer = Pricer(book, Tariff())
        self.data = take_snapshot(self.pricer, dt_util.utcnow())
        self.last_update_success = False

    @callback
    def async_add_listener(self, _update_callback: CALLBACK_TYPE, _context: Any = None) -> Callable[[], None]:  # noqa: ANN401
        """Return what ends listening; prices can only come with a reload of the entry."""
        return lambda: None


async def async_missing_prices(hass: HomeAssistant, entry: ConfigEntry) -> MissingPrices:
    """Return the prices of an entry without any, in the currency of the stored price book if there is one."""
    currency = ""
    try:
        if (stored := await price_store(hass, entry.entry_id).async_load()) is not None:
            currency = PriceBook.from_dict(stored, dt_util.get_default_time_zone()).currency
    except (BookError, HomeAssistantError) as error:
        LOGGER.debug("The price book of %s tells no currency: %s", entry.title, error)
    return MissingPrices(entry, currency)
