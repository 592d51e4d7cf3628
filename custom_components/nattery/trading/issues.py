"""What of trading needs a person: each issue comes and goes by itself."""

from typing import Final

from ..core.control.controller import Mode
from .coordinator import TradingCoordinator

type Placeholders = dict[str, str] | None

SOLVER_MISSING: Final = "solver_missing"
CHANGED_BY_HAND: Final = "changed_by_hand"
WRITES_FAIL: Final = "writes_fail"
LEDGER_FAILS: Final = "ledger_fails"


def trading_issues(trading: TradingCoordinator) -> dict[str, Placeholders]:
    """Every issue of trading by its name, with what fills its text; None where all is well."""
    plan, decision = trading.data.plan, trading.data.decision
    steered = decision is not None and decision.mode is Mode.AUTOMATIC
    reason = decision.reason if decision is not None else None

    def because(key: str) -> Placeholders:
        if not steered or reason is None or reason.key != key:
            return None
        return {"reason": trading.words.controlled(reason)}

    error = trading.books.error
    return {
        SOLVER_MISSING: {} if plan is not None and plan.solver == "dynamic" else None,
        CHANGED_BY_HAND: because("changed_by_hand"),
        WRITES_FAIL: because("write_failed"),
        LEDGER_FAILS: {"reason": trading.words.failure(error)} if error is not None else None,
    }
