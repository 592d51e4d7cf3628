"""The prices of the demo's past, as the stand-in for ENTSO-E has published them."""

from datetime import UTC, date, datetime, timedelta

from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.market.bidding_zones import BiddingZone, find_zone
from custom_components.nattery.core.market.book import PriceBook
from custom_components.nattery.core.market.pricer import Pricer
from custom_components.nattery.core.market.prices import PriceSeries, PriceSlot
from custom_components.nattery.core.market.quality import ENTSOE
from custom_components.nattery.core.planning.following_days import PRICE_DAYS
from scripts.entsoe_standin.curve import edges, price
from scripts.entsoe_standin.modes import PUBLISHED_AT

from .folder import PRICE_SEED, PRICE_SPREAD
from .home import tariff
from .home_forms import AREA

_DAY = timedelta(days=1)


class PriceHistory:
    """A price book that gets the prices of each day when they are published, and its prices for the home."""

    def __init__(self, start: datetime) -> None:
        """Know the prices of the days before `start`, as many as planning looks back to."""
        self._area: BiddingZone = find_zone(AREA)
        self.book = PriceBook(self._area.key, self._area.tzinfo, self._area.currencies)
        self.pricer = Pricer(self.book, tariff())
        self._next_day = self._local(start).date() - (PRICE_DAYS + 1) * _DAY

    def publish(self, now: datetime, *, early: bool = False) -> bool:
        """Add all days that are published by `now`, with `early` tomorrow at any hour; return whether there are any."""
        local = self._local(now)
        last = local.date() + (_DAY if early or local.hour >= PUBLISHED_AT else timedelta())
        is_new = self._next_day <= last
        while self._next_day <= last:
            self.book.add(published_prices(self._area, self._next_day, now))
            self._next_day += _DAY
        return is_new

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.book.zone)


def published_prices(area: BiddingZone, day: date, now: datetime) -> PriceSeries:
    """Return the prices of a market day as they are fetched from the stand-in at `now`."""
    start, end = (edge.astimezone(UTC) for edge in edges(day))
    starts = [start + number * QUARTER for number in range((end - start) // QUARTER)]
    slots = tuple(
        PriceSlot(at, at + QUARTER, round(price(PRICE_SEED, area.eic, at, PRICE_SPREAD) / 1000, 9)) for at in starts
    )
    return PriceSeries(area.key, "EUR", QUARTER, slots, ENTSOE, now)
