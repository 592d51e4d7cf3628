"""Explanations as JSON and as sentences; every key has its texts, which are plain."""

from datetime import UTC, datetime, timedelta
import json
import math
import re
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.control.reasons import CONTROL_REASONS, STATUS_KEYS
from custom_components.nattery.core.explanation import MOMENT_ENDINGS, Explanation
from custom_components.nattery.core.forecast.notes import FORECAST_NOTES
from custom_components.nattery.core.planner.reasons import PLAN_NOTES, PLAN_REASONS
from custom_components.nattery.core.sentences import SUBUNITS, Sentences, english, english_sentences

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
TEXTS = english()
REASONS = PLAN_REASONS | CONTROL_REASONS | STATUS_KEYS
KEYS = sorted(REASONS | PLAN_NOTES | FORECAST_NOTES | {"note_peak_unknown"})
FORBIDDEN = ("margin", "burden", "horizon", "worth", "marginal", "break-even")
WORDS = {"settings", "alarms", "arrays", "strategy", "detail", "currency"}  # values that are neither numbers nor times
ADDED = ("booked_undone", "control_because", "plan_curtailed", "plan_kept")


def placeholders(text):
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def value_of(name):
    """Any value that a name may have."""
    if name.endswith(MOMENT_ENDINGS):
        return NOW + timedelta(hours=3)
    return {
        "strategy": "arbitrage",
        "settings": ("charge_window_1", "timed_charge"),
        "alarms": ("battery_low_voltage", "alarm_17"),
        "arrays": ("West",),
        "detail": Explanation("mismatch", {"register": "ChgCurrByLineSet", "wanted": "10", "found": "0"}),
    }.get(name, 0.1234567)


def example(key):
    """An explanation with all that its texts ask for."""
    texts = (TEXTS[f"common.{key}"], TEXTS.get(f"common.{key}_details", ""))
    return Explanation(key, {name: value_of(name) for text in texts for name in placeholders(text)})


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_plain_sentence(key) -> None:
    text = TEXTS[f"common.{key}"]
    names = placeholders(text)
    times = [name for name in names if name.endswith(MOMENT_ENDINGS)]
    assert len(times) <= 1
    assert len([name for name in names if name not in WORDS and name not in times]) <= 2
    assert not [word for word in FORBIDDEN if word in text.lower()]
    for one in (text, TEXTS.get(f"common.{key}_details", text)):
        assert one.endswith((".", "{detail}"))
        assert one[0].isupper() or one.startswith("{")
    sentence = english_sentences("EUR").whole(example(key), NOW)
    assert "{" not in sentence
    assert "  " not in sentence


@pytest.mark.parametrize("key", sorted(key for key in REASONS if re.search(r"price\}", TEXTS[f"common.{key}"])))
def test_a_reason_with_prices_has_details(key) -> None:
    waits = key.startswith("plan_wait")  # for what comes, not for a price
    wanted = {"marginal_value"} if waits else {"marginal_value", "break_even_price"}
    assert wanted <= set(placeholders(TEXTS[f"common.{key}_details"]))


def test_there_is_no_text_without_a_key() -> None:
    prefixes = ("common.plan_", "common.control_", "common.note_")
    texts = {path.removeprefix("common.").removesuffix("_details") for path in TEXTS if path.startswith(prefixes)}
    assert texts == {*KEYS, *ADDED} - {"booked_undone"}
    errors = {path.split(".")[1] for path in TEXTS if path.startswith("exceptions.")}
    assert not errors & {*KEYS, *ADDED}, "one key, one text"


@pytest.mark.parametrize("key", KEYS)
def test_an_explanation_survives_json_and_says_the_same(key) -> None:
    before = example(key)
    after = Explanation.from_dict(json.loads(json.dumps(before.to_dict())))
    english_text = english_sentences("EUR", BERLIN)
    assert english_text.whole(after, NOW) == english_text.whole(before, NOW)


def test_what_is_stored_is_short_and_finite() -> None:
    assert max(len(json.dumps(example(key).to_dict())) for key in REASONS) < 320
    data = Explanation("plan_recover", {"price": math.nan, "power_kw": 1.23456789}).to_dict()
    assert data == {"key": "plan_recover", "values": {"power_kw": 1.23457}}


@pytest.mark.parametrize("data", [{}, {"key": "plan_full"}, {"key": "plan_full", "values": 1}], ids=str)
def test_other_json_is_refused(data) -> None:
    with pytest.raises((KeyError, TypeError, AttributeError)):
        Explanation.from_dict(data)


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        ("EUR", 0.18, "18 ct"),
        ("EUR", 0.0442, "4.4 ct"),
        ("EUR", -0.031, "-3.1 ct"),
        ("EUR", -0.0001, "0 ct"),
        ("EUR", 1.0, "100 ct"),
        ("GBP", 0.305, "30.5 p"),
        ("SEK", 1.234, "123.4 öre"),
        ("HUF", 38.26, "38.3 Ft"),
        ("RSD", 0.2581, "0.258 RSD"),
    ],
)
def test_prices_are_in_the_subunit(currency, amount, text) -> None:
    assert english_sentences(currency).price(amount) == text


def test_every_subunit_is_short() -> None:
    assert all(len(subunit.unit) <= 4 for subunit in SUBUNITS.values())


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (3, "16:00"),
        (27, "16:00"),
        (51, "Sunday 16:00"),
        (-21, "Thursday 16:00"),
        (24 * 8 + 3, "2026-11-28 16:00"),
    ],
)
def test_times_are_on_the_local_clock_with_a_day_where_it_is_not_plain(hours, text) -> None:
    explanation = Explanation("control_override", {"until": NOW + timedelta(hours=hours)})
    assert english_sentences("EUR", BERLIN).sentence(explanation, NOW) == f"Set by you until {text}."


@pytest.mark.parametrize(
    ("hours", "day"), [(10, "later today"), (11, "tomorrow"), (35, "Sunday"), (24 * 8, "2026-11-28")]
)
def test_days_have_names(hours, day) -> None:
    explanation = Explanation("plan_keep_later", {"price": 0.2, "unknown_day": NOW + timedelta(hours=hours)})
    sentence = english_sentences("EUR", BERLIN).sentence(explanation, NOW)
    assert sentence == f"Saving the battery for {day}, whose prices are not known yet; now power costs 20 ct."


@pytest.mark.parametrize(
    ("explanation", "sentence"),
    [
        (
            Explanation("control_changed_by_hand", {"settings": ("charge_window_1",), "until": NOW}),
            "Charge window 1 was changed by hand. Trading is paused until 12:00.",
        ),
        (
            Explanation(
                "control_several_changed_by_hand",
                {"settings": ("charge_window_1", "timed_charge", "of_another_age"), "until": NOW},
            ),
            "Charge window 1, Timed charging and of_another_age were changed by hand. Trading is paused until 12:00.",
        ),
        (Explanation("control_alarm", {"alarms": ("alarm_17",)}), "The inverter reports an alarm: alarm 17."),
        (Explanation("plan_strategy", {"strategy": "arbitrage"}), "Following the strategy Arbitrage only."),
        (
            Explanation("plan_full", {"undone": True}),
            "The battery is full: the rest of the sun goes to the grid. Not carried out: automation is off.",
        ),
    ],
    ids=lambda value: value.key if isinstance(value, Explanation) else "",
)
def test_values_have_the_names_that_users_know(explanation, sentence) -> None:
    assert english_sentences("EUR").sentence(explanation, NOW) == sentence


def test_an_error_is_quoted_in_the_same_language() -> None:
    texts = {
        "common.control_write_failed": "Eine Einstellung wurde nicht übernommen. Nächster Versuch um {until}.",
        "common.control_write_failed_details": "{detail}",
        "exceptions.mismatch.message": "{register} sollte {wanted} sein und ist {found}.",
    }
    german = Sentences(texts, "EUR", BERLIN)
    assert german.whole(example("control_write_failed").with_values(until=NOW), NOW) == (
        "Eine Einstellung wurde nicht übernommen. Nächster Versuch um 13:00. ChgCurrByLineSet sollte 10 sein und ist 0."
    )


@pytest.mark.parametrize(
    "explanation",
    [
        Explanation("of_another_age", {"price": 0.1}),
        Explanation("plan_charge", {}),
        Explanation("plan_charge_paid", {"paid_price": "much"}),
        Explanation("control_override", {"until": "noon"}),
        Explanation("control_override", {"until": 12}),
        Explanation("plan_strategy", {"strategy": "of_another_age"}),
    ],
    ids=str,
)
def test_what_cannot_be_said_is_no_sentence(explanation) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        english_sentences("EUR").sentence(explanation, NOW)
