"""Actions validate their kind, power and end."""

from datetime import UTC, datetime

import pytest

from custom_components.nattery.core.action import SELF_CONSUME, Action, ActionKind

END = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_valid_actions_are_accepted() -> None:
    assert Action(ActionKind.CHARGE, 3000, END).power == 3000
    assert Action(ActionKind.HOLD, until=END).until == END
    assert SELF_CONSUME.until is None


@pytest.mark.parametrize(
    ("kind", "power", "until", "message"),
    [
        (ActionKind.CHARGE, 0, END, "power of 0 W"),
        (ActionKind.DISCHARGE, -5, END, "power of -5 W"),
        (ActionKind.DISCHARGE, float("nan"), END, "power of nan W"),
        (ActionKind.CHARGE, float("inf"), END, "power of inf W"),
        (ActionKind.HOLD, -5, END, "power of -5 W"),
        (ActionKind.HOLD, 100, END, "power of 100 W"),
        (ActionKind.SELF_CONSUME, 100, None, "power of 100 W"),
        (ActionKind.CHARGE, 100, None, "without an end"),
        (ActionKind.HOLD, 0, None, "without an end"),
        (ActionKind.HOLD, 0, END.replace(tzinfo=None), "without a time zone"),
    ],
)
def test_invalid_actions_are_rejected(kind, power, until, message) -> None:
    with pytest.raises(ValueError, match=message):
        Action(kind, power, until)
