"""The reasons of planner and controller as the books keep them: a key, and as plain JSON what its sentence needs."""

from datetime import datetime
from math import isfinite
from string import Formatter
from typing import Any, Final

from ..core.control.reasons import SENTENCES as CONTROL, Reason as ControlReason
from ..core.explanation import Explanation
from ..core.ledger.entry import Reason as BookedReason
from ..core.planner.reasons import SENTENCES as PLANNED, Reason as PlannedReason

MOMENTS: Final = frozenset({"until", "used_at"})  # values that are times, in the books ISO 8601
UNDONE: Final = "undone"  # true where it was only said
_ADDED: Final = frozenset({"curtail_kw", "kept"})  # what any planned sentence may go on with
_DIGITS: Final = 5


def booked(reason: PlannedReason | ControlReason, *, undone: bool = False) -> BookedReason:
    """A reason for the books; `undone` where automation is off and something else than the default was wanted."""
    sentence = {**PLANNED, **CONTROL}[reason.key]
    needed = _ADDED | {name for _, name, _, _ in Formatter().parse(sentence) if name}
    values = {name: _plain(value) for name, value in reason.values.items() if name in needed and _can_be(value)}
    return BookedReason(reason.key, values | ({UNDONE: True} if undone else {}))


def _can_be(value: object) -> bool:
    """Without a number a line loses its sentence; with one that is none it could not be booked."""
    return not isinstance(value, float) or isfinite(value)


def _plain(value: object) -> Any:  # noqa: ANN401  (plain JSON)
    if isinstance(value, Explanation):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, _DIGITS)
    return value if isinstance(value, int) else str(value)
