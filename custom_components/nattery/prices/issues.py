"""What of prices needs a person: each issue comes and goes by itself."""

from datetime import timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ..core.market.book import Freshness
from ..core.market.health import SourceStatus
from ..core.market.prices import PriceQuality
from ..core.market.quality import ENTSOE
from ..texts import error_text, reasons_text
from .coordinator import PriceCoordinator

type Placeholders = dict[str, str] | None

NO_PRICES: Final = "no_prices"
TOMORROW_MISSING: Final = "tomorrow_missing"
SUSPECT_PRICES: Final = "suspect_prices"
FALLBACK_PRICES: Final = "fallback_prices"
QUESTION_REFUSED: Final = "question_refused"
PRICES_LIMITED: Final = "prices_limited"
TARIFF_FAILS: Final = "tariff_fails"

_PATIENCE = timedelta(minutes=15)  # the first answer may take a while
_FALLBACK_FOR = timedelta(hours=24)


def price_issues(prices: PriceCoordinator) -> dict[str, Placeholders]:
    """Every issue of prices by its name, with what fills its text; None where all is well."""
    if not prices.last_update_success:
        error = prices.last_exception
        return {**dict.fromkeys(_LOOKS), TARIFF_FAILS: {"problem": error_text(prices.hass, error)}}
    return {**{name: look(prices) for name, look in _LOOKS.items()}, TARIFF_FAILS: None}


def _no_prices(prices: PriceCoordinator) -> Placeholders:
    first = next(iter(prices.desk.book.log.fetches), None)
    waited = first is not None and dt_util.utcnow() - first.at >= _PATIENCE
    return {"area": prices.settings.area.name} if waited and prices.data.freshness is Freshness.NONE else None


def _tomorrow_missing(prices: PriceCoordinator) -> Placeholders:
    return {"area": prices.settings.area.name} if prices.desk.plan().overdue else None


def _suspect(prices: PriceCoordinator) -> Placeholders:
    days = [day.day for day in (prices.data.today, prices.data.tomorrow) if day.day.quality is PriceQuality.SUSPECT]
    return {"day": days[0].day.isoformat(), "reasons": reasons_text(prices.hass, days[0].reasons)} if days else None


def _fallback(prices: PriceCoordinator) -> Placeholders:
    """When what is shown has come from elsewhere for a day."""
    sources = prices.data.today.day.sources
    since = prices.health.failing_since
    if not sources or ENTSOE in sources or since is None or dt_util.utcnow() - since < _FALLBACK_FOR:
        return None
    return {"source": ", ".join(sources)}


def _refused(prices: PriceCoordinator) -> Placeholders:
    last = prices.desk.book.log.last(prices.desk.main.name)
    return {"area": prices.settings.area.name} if last is not None and last.outcome == "refused" else None


def _limited(prices: PriceCoordinator) -> Placeholders:
    return {} if prices.health.status is SourceStatus.RATE_LIMITED else None


_LOOKS: Final = {
    NO_PRICES: _no_prices,
    TOMORROW_MISSING: _tomorrow_missing,
    SUSPECT_PRICES: _suspect,
    FALLBACK_PRICES: _fallback,
    QUESTION_REFUSED: _refused,
    PRICES_LIMITED: _limited,
}
