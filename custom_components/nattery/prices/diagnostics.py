"""Diagnostics of prices: the known prices, their sources and the fetches. Tokens and URLs are excluded."""

from dataclasses import asdict
from typing import Any, Final

from .coordinator import PriceCoordinator
from .settings import CONF_ACTION_DATA, CONF_NOTIFY, CONF_TOKEN, CONF_URL

REDACTED_KEYS: Final = frozenset({CONF_TOKEN, CONF_URL, CONF_ACTION_DATA, CONF_NOTIFY})
_FETCHES = 50


def prices_diagnostics(prices: PriceCoordinator) -> dict[str, Any]:
    """Return the latest days, changes and fetches, and the planned fetch; error messages are excluded."""
    book = prices.fetcher.book
    stored = book.to_dict()
    return {
        "currency": book.currency,
        "working": prices.last_update_success,
        "health": asdict(prices.health),
        "plan": asdict(prices.fetcher.plan_fetch()),
        "errors": {name: type(error).__name__ for name, error in prices.fetcher.errors.items()},
        "pages": stored["pages"][-6:],
        "changes": stored["changes"],
        "fetches": stored["fetches"][-_FETCHES:],
    }
