"""The status of a battery for users: what it does, or what it would do in a dry run."""

from typing import Final

from ..action import FORCED, ActionKind
from ..explanation import Explanation, ExplanationValue
from .controller import Decision, Mode
from .reasons import AS_WANTED, DOES, WOULD, effective_reason

_KILO: Final = 1000


def battery_status(decision: Decision) -> Explanation:
    """Return what the battery does, or would do in a dry run.

    The reason follows if neither plan nor override decides. If nothing is done, only the reason is left.
    """
    action = decision.action
    if action is None:
        return decision.reason
    power_kw = decision.battery_power / _KILO
    if decision.mode is Mode.DRY_RUN:
        return would(action.kind, power_kw)
    done = Explanation(DOES[action.kind], _power(action.kind, power_kw))
    return done if decision.reason.key in AS_WANTED else done.with_values(because=decision.reason)


def shown_reason(decision: Decision, planned: Explanation | None) -> Explanation:
    """Return the reason of a decision; in a dry run it begins with what would be done, so that nobody takes it as done.

    `planned` is the reason of the planned slot.
    """
    is_dry = decision.mode is Mode.DRY_RUN
    return explained_status(decision, planned) if is_dry else effective_reason(decision.reason, planned)


def explained_status(decision: Decision, planned: Explanation | None) -> Explanation:
    """Return what the battery does, or would do in a dry run, with the reason."""
    reason = effective_reason(decision.reason, planned)
    return reason if decision.action is None else battery_status(decision).with_values(because=reason)


def would(kind: ActionKind, power_kw: float) -> Explanation:
    """Return that an action would be done if automation were on."""
    return Explanation(WOULD[kind], _power(kind, power_kw))


def _power(kind: ActionKind, power_kw: float) -> dict[str, ExplanationValue]:
    return {"power_kw": power_kw} if kind in FORCED else {}
