"""The repair issues of prices; each is created and deleted automatically."""

from datetime import timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ..core.market.book import Freshness
from ..core.market.health import SourceStatus
from ..core.market.prices import PriceQuality
from ..core.market.quality import ENTSOE
from ..texts import error_text, reasons_text, source_names
from .coordinator import PriceCoordinator

type Placeholders = dict[str, str] | None

NO_PRICES: Final = "no_prices"
TOMORROW_MISSING: Final = "tomorrow_missing"
SUSPECT_PRICES: Final = "suspect_prices"
FALLBACK_PRICES: Final = "fallback_prices"
QUERY_REJECTED: Final = "question_refused"
PRICES_LIMITED: Final = "prices_limited"
TARIFF_FAILED: Final = "tariff_fails"

_NO_PRICES_DELAY = timedelta(minutes=15)  # after the first fetch
_FALLBACK_DELAY = timedelta(hours=24)


def price_issues(prices: PriceCoordinator) -> dict[str, Placeholders]:
    """Return every repair issue of prices with its placeholders; None where the issue does not exist."""
    if not prices.last_update_success:
        error = prices.last_exception
        return {**dict.fromkeys(_CHECKS), TARIFF_FAILED: {"problem": error_text(prices.hass, error)}}
    return {**{name: check(prices) for name, check in _CHECKS.items()}, TARIFF_FAILED: None}


def _no_prices(prices: PriceCoordinator) -> Placeholders:
    first = next(iter(prices.fetcher.book.log.fetches), None)
    waited = first is not None and dt_util.utcnow() - first.at >= _NO_PRICES_DELAY
    return {"area": prices.settings.area.name} if waited and prices.data.freshness is Freshness.NONE else None


def _tomorrow_missing(prices: PriceCoordinator) -> Placeholders:
    return {"area": prices.settings.area.name} if prices.fetcher.plan_fetch().overdue else None


def _suspect(prices: PriceCoordinator) -> Placeholders:
    days = [day.day for day in (prices.data.today, prices.data.tomorrow) if day.day.quality is PriceQuality.SUSPECT]
    return {"day": days[0].day.isoformat(), "reasons": reasons_text(prices.hass, days[0].reasons)} if days else None


def _fallback(prices: PriceCoordinator) -> Placeholders:
    """Return the source if today's prices have come from a fallback source while ENTSO-E has failed for 24 hours."""
    sources = prices.data.today.day.sources
    since = prices.health.failing_since
    if not sources or ENTSOE in sources or since is None or dt_util.utcnow() - since < _FALLBACK_DELAY:
        return None
    return {"source": source_names(prices.hass, sources)}


def _query_rejected(prices: PriceCoordinator) -> Placeholders:
    last = prices.fetcher.book.log.last_fetch(prices.fetcher.primary.name)
    return {"area": prices.settings.area.name} if last is not None and last.outcome == "refused" else None


def _rate_limited(prices: PriceCoordinator) -> Placeholders:
    return {} if prices.health.status is SourceStatus.RATE_LIMITED else None


_CHECKS: Final = {
    NO_PRICES: _no_prices,
    TOMORROW_MISSING: _tomorrow_missing,
    SUSPECT_PRICES: _suspect,
    FALLBACK_PRICES: _fallback,
    QUERY_REJECTED: _query_rejected,
    PRICES_LIMITED: _rate_limited,
}
