"""The repair issues of trading, which appear and disappear with their cause."""

from collections.abc import Container
from typing import Final

from homeassistant.util import dt as dt_util

from ..core.control.controller import Mode
from ..core.control.reasons import BY_HAND, WRITE_FAILED
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

    def when_reason_in(keys: Container[str]) -> Placeholders:
        if not automatic or reason is None or reason.key not in keys:
            return None
        return {"reason": trading.sentences.whole(reason, dt_util.now())}

    error = trading.recorder.error
    return {
        SOLVER_MISSING: {} if plan is not None and plan.solver == "dynamic" else None,
        CHANGED_BY_HAND: when_reason_in(BY_HAND),
        WRITES_FAIL: when_reason_in({WRITE_FAILED}),
        LEDGER_FAILS: {"reason": trading.error_sentence(error)} if error is not None else None,
    }
