"""The reasons of the controller: the keys of its explanations."""

from typing import Final

from ..action import ActionKind
from ..explanation import Explanation
from ..planner.reasons import OVERRIDE

# What is wanted is done, until a time.
PLAN = "control_plan"  # or OVERRIDE
# Something is in the way, so the battery supplies the house as it does without a plan.
NO_PLAN, STALE_PRICES = "control_no_plan", "control_stale_prices"
ALARM, NOT_RUNNING = "control_alarm", "control_not_running"
SOC_LOW, SOC_HIGH, EXPORT_OFF = "control_soc_low", "control_soc_high", "control_export_off"
CLOCK_OFF, CLOCK_UNKNOWN = "control_clock_off", "control_clock_unknown"
WORN, TOO_SHORT = "control_worn", "control_too_short"
# The battery is held, so that the reserve is not used.
RESERVE = "control_reserve"
# Nothing is written.
NO_READINGS, WRITE_FAILED = "control_no_readings", "control_write_failed"
CHANGED_BY_HAND, SEVERAL_CHANGED_BY_HAND = "control_changed_by_hand", "control_several_changed_by_hand"

AS_WANTED: Final = frozenset({PLAN, OVERRIDE})
BY_HAND: Final = frozenset({CHANGED_BY_HAND, SEVERAL_CHANGED_BY_HAND})
PAUSED: Final = BY_HAND | {NO_READINGS, WRITE_FAILED}
CONTROL_REASONS: Final = (
    AS_WANTED
    | BY_HAND
    | {NO_PLAN, STALE_PRICES, ALARM, NOT_RUNNING, SOC_LOW, SOC_HIGH, EXPORT_OFF, CLOCK_OFF, CLOCK_UNKNOWN, WORN}
    | {TOO_SHORT, NO_READINGS, WRITE_FAILED, RESERVE}
)
# What the battery does, and what it would do in a dry run.
DOES: Final = {kind: f"control_does_{kind}" for kind in ActionKind}
WOULD: Final = {kind: f"control_would_{kind}" for kind in ActionKind}
STATUS_KEYS: Final = frozenset({*DOES.values(), *WOULD.values()})


def effective_reason(control: Explanation, planned: Explanation | None) -> Explanation:
    """Return why the battery does what it does: the plan's own reason where the plan is followed."""
    return planned if control.key == PLAN and planned is not None else control
