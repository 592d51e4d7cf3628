"""The status of a battery: what it does, what it would do, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.nattery.core.action import SELF_CONSUME, Action, ActionKind
from custom_components.nattery.core.control.controller import Decision, Mode
from custom_components.nattery.core.control.reasons import NO_PLAN, NO_READINGS, PLAN
from custom_components.nattery.core.control.status import battery_status, explained_status, shown_reason, would
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.sentences import english_sentences

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENGLISH = english_sentences("EUR")
UNTIL = NOW + timedelta(hours=1)
CHARGE = Action(ActionKind.CHARGE, 1400, UNTIL)
PLANNED = Explanation("plan_recover", {"power_kw": 1.4, "price": 0.1})
DRY = Decision(NOW, Mode.DRY_RUN, CHARGE, Explanation(PLAN, {"until": UNTIL}))
REAL = replace(DRY, mode=Mode.AUTOMATIC, performed=True)


def sentence(explanation: Explanation) -> str:
    return ENGLISH.sentence(explanation, NOW)


@pytest.mark.parametrize(
    ("decision", "status", "reason"),
    [
        (
            DRY,
            "Would charge at 1.4 kW: automation is off.",
            "Would charge at 1.4 kW: automation is off. Charging: the battery is below its minimum.",
        ),
        (REAL, "Charging at 1.4 kW.", "Charging: the battery is below its minimum."),
        (
            replace(REAL, action=SELF_CONSUME, reason=Explanation(NO_PLAN)),
            "Self-consumption: the battery stores the sun and supplies the house. There is no plan for now.",
            "There is no plan for now.",
        ),
        (
            replace(DRY, action=None, reason=Explanation(NO_READINGS, {"detail": "x"})),
            "The inverter cannot be read.",
            "The inverter cannot be read.",
        ),
    ],
    ids=["dry run", "performed", "no plan", "no readings"],
)
def test_status_and_reason(decision: Decision, status: str, reason: str) -> None:
    assert sentence(battery_status(decision)) == status
    assert sentence(shown_reason(decision, PLANNED)) == reason


def test_the_reason_of_a_dry_run_keeps_its_details_and_survives_json() -> None:
    reason = shown_reason(DRY, PLANNED)
    assert ENGLISH.details(reason, NOW) == ENGLISH.details(PLANNED, NOW) == "Charging with 1.4 kW at 10 ct."
    assert ENGLISH.whole(Explanation.from_dict(reason.to_dict()), NOW) == ENGLISH.whole(reason, NOW)


def test_the_explained_status_has_the_reason() -> None:
    assert sentence(explained_status(REAL, PLANNED)) == (
        "Charging at 1.4 kW. Charging: the battery is below its minimum."
    )


@pytest.mark.parametrize("kind", ActionKind)
def test_every_action_has_a_sentence_of_what_would_be_done(kind: ActionKind) -> None:
    text = sentence(would(kind, 2.0))
    assert text.startswith("Would ")
    assert ("2 kW" in text) is (kind in {ActionKind.CHARGE, ActionKind.DISCHARGE})
