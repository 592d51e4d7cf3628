"""Reasons in the books: what is kept of them says in words, years later, what was said at the time."""

from datetime import UTC, datetime
import json
import math
from typing import Any

import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.control.reasons import SENTENCES as CONTROL, Reason as ControlReason
from custom_components.nattery.core.ledger.entry import Reason as BookedReason
from custom_components.nattery.core.planner.reasons import SENTENCES as PLANNED, Reason as PlannedReason
from custom_components.nattery.trading.booked_reasons import MOMENTS, booked
from custom_components.nattery.trading.words import Words

from .texts import TEXTS, placeholders_of

AT = datetime(2026, 11, 20, 17, 15, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "worth": 0.123456789,
    "power_kw": 2.34567891,
    "peak_kw": 3.4567891,
    "price": -0.0312345678,
    "burden": 0.0212345678,
    "margin": 0.0912345678,
    "turns_at": 0.2712345678,
    "used_at": AT,
    "used_price": 0.41,
    "strategy": "arbitrage",
    "until": AT,
    "alarms": "BatteryLow, {braces}",
    "soc": 10,
    "limit": 12.5,
    "seconds": 400,
    "writes": 90,
    "detail": "the line is down",
    "settings": "timed_charge",
}
REASONS = [
    *(PlannedReason(key, VALUES) for key in PLANNED),
    *(PlannedReason("full", VALUES | added) for added in ({"curtail_kw": 1.25}, {"kept": True})),
    *(ControlReason(key, VALUES) for key in CONTROL),
]


@pytest.fixture
def words() -> Words:
    common = {f"component.{DOMAIN}.common.{key}": text for key, text in TEXTS["common"].items()}
    strategies = TEXTS["entity"]["select"]["strategy"]["state"]
    names = {f"component.{DOMAIN}.entity.select.strategy.state.{key}": name for key, name in strategies.items()}
    return Words(common, names, {})


def again(reason: BookedReason) -> BookedReason:
    """As the ledger gives it back."""
    key, values = json.loads(json.dumps([reason.key, dict(reason.values)]))
    return BookedReason(key, values)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.key)
def test_what_is_kept_says_the_same(words: Words, reason: PlannedReason | ControlReason) -> None:
    said = words.planned(reason) if isinstance(reason, PlannedReason) else words.controlled(reason)
    kept = again(booked(reason))
    assert words.booked(kept) == said
    assert words.booked(again(booked(reason, undone=True))) == f"{said}; not done, since automation is off"
    sentence = TEXTS["common"][f"{'plan' if isinstance(reason, PlannedReason) else 'control'}_{reason.key}"]
    assert kept.values.keys() - {"curtail_kw", "kept"} == placeholders_of(sentence), "and no more than it needs"


def test_what_is_kept_is_short() -> None:
    assert max(len(json.dumps(dict(booked(reason, undone=True).values))) for reason in REASONS) < 240


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_keeps_nothing_from_being_booked(words: Words, value: float) -> None:
    kept = booked(PlannedReason("recover", {"power_kw": 1.5, "price": value}))
    assert kept == BookedReason("recover", {"power_kw": 1.5})
    assert words.booked(kept) is None


def test_a_key_is_the_planners_or_the_controllers() -> None:
    assert not PLANNED.keys() & CONTROL.keys()


def test_every_time_in_a_sentence_is_known_as_one() -> None:
    times = {name for reason in REASONS for name in booked(reason).values if isinstance(VALUES.get(name), datetime)}
    assert times == MOMENTS
