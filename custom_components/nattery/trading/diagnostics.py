"""What a person can send us when trading is wrong: the plan, what is done, what was chosen. No secrets."""

from dataclasses import asdict
from typing import Any, Final

from .coordinator import TradingCoordinator
from .services import picture
from .settings import CONF_LEDGER

PRIVATE: Final = frozenset({CONF_LEDGER})


def trading_as_known(trading: TradingCoordinator) -> dict[str, Any]:
    """Plan and controller as they are."""
    error = trading.books.error
    return {
        **picture(trading),
        "wish": asdict(trading.wish),
        "controller": trading.controller.as_dict(),
        "ledger_error": type(error).__name__ if error is not None else None,
    }
