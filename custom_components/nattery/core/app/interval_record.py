"""What the ledger records of a quarter-hour in which a decision was made."""

from datetime import timedelta
from typing import Final

from ..action import ActionKind
from ..control.controller import Decision
from ..control.reasons import effective_reason
from ..ledger.entry import ForecastEnergies, quarter_start
from ..planner.plan import PlannedSlot
from .planning import slot_expectation
from .recorder_state import IntervalRecord

_LATEST_START: Final = timedelta(minutes=1)  # of a slot that counts as a whole quarter-hour


def interval_record(
    decision: Decision, slot: PlannedSlot | None, forecast: ForecastEnergies | None = None
) -> IntervalRecord:
    """Return the action and reason of a decision, and what the planned slot expects of the quarter-hour.

    `forecast` is that of the start of the day.

    A slot that starts later in the quarter-hour expects something of its rest only, so its expectation is left out.
    """
    decided = decision.action.kind if decision.action else ActionKind.SELF_CONSUME
    kind = decided if decision.performed else ActionKind.SELF_CONSUME
    reason = effective_reason(decision.reason, slot.reason if slot else None)
    if kind is not decided:
        reason = reason.with_values(undone=True)
    whole = slot is not None and slot.start - quarter_start(slot.start) < _LATEST_START
    return IntervalRecord(kind, reason, slot_expectation(slot) if slot and whole else None, forecast)
