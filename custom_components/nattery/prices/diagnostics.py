"""What a person can send us when prices are wrong: what is known, from whom, how the asking went. No token."""

from dataclasses import asdict
from typing import Any, Final

from .coordinator import PriceCoordinator
from .settings import CONF_ACTION_DATA, CONF_NOTIFY, CONF_TOKEN, CONF_URL

PRIVATE: Final = frozenset({CONF_TOKEN, CONF_URL, CONF_ACTION_DATA, CONF_NOTIFY})
_FETCHES = 50


def prices_as_known(prices: PriceCoordinator) -> dict[str, Any]:
    """The latest days of the book, its changes and fetches, and what is planned next; texts of errors are left out."""
    book = prices.desk.book
    plain = book.to_dict()
    return {
        "currency": book.currency,
        "working": prices.last_update_success,
        "health": asdict(prices.health),
        "plan": asdict(prices.desk.plan()),
        "errors": {name: type(error).__name__ for name, error in prices.desk.errors.items()},
        "pages": plain["pages"][-6:],
        "changes": plain["changes"],
        "fetches": plain["fetches"][-_FETCHES:],
    }
