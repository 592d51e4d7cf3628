"""The repair issues of trading, which appear and disappear with their cause."""

from typing import Final

from ..core.control.controller import Mode
from .coordinator import TradingCoordinator

type Placeholders = dict[str, str] | None

SOLVER_MISSING: Final = "solver_missing"
CHANGED_BY_HAND: Final = "changed_by_hand"
WRITES_FAIL: Final = "writes_fail"
LEDGER_FAILS: Final = "ledger_fails"


def trading_issues(trading: TradingCoordinator) -> dict[str, Placeholders]:
    """Return the placeholders of every issue of trading by its name, None for an issue that is not there."""
    plan, decision = trading.data.plan, trading.data.decision
    automatic = decision is not None and decision.mode is Mode.AUTOMATIC
    reason = decision.reason if decision is not None else None

    def when_reason_is(key: str) -> Placeholders:
        if not automatic or reason is None or reason.key != key:
            return None
        return {"reason": trading.words.controlled(reason)}

    error = trading.recorder.error
    return {
        SOLVER_MISSING: {} if plan is not None and plan.solver == "dynamic" else None,
        CHANGED_BY_HAND: when_reason_is("changed_by_hand"),
        WRITES_FAIL: when_reason_is("write_failed"),
        LEDGER_FAILS: {"reason": trading.words.failure(error)} if error is not None else None,
    }
