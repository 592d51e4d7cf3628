"""Diagnostics of trading: the plan, the controller's state and the user's preferences, without secrets."""

from typing import Any, Final

from .coordinator import TradingCoordinator
from .services import plan_rows
from .settings import CONF_LEDGER

PRIVATE: Final = frozenset({CONF_LEDGER})


def trading_diagnostics(trading: TradingCoordinator) -> dict[str, Any]:
    """Return plan and controller as plain JSON."""
    error = trading.recorder.error
    return {
        **plan_rows(trading),
        "preferences": trading.preferences.as_dict(),
        "controller": trading.controller.as_dict(),
        "ledger_error": type(error).__name__ if error is not None else None,
    }
