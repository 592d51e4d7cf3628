"""Sentences for explanations, from texts in any language.

The texts are those of Home Assistant's translations, by their dotted path in `translations/en.json`. Which form a value
has depends on its name alone; FORMATS is the table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
import json
from pathlib import Path
import re
from typing import Any, Final, NamedTuple

from .explanation import Explanation

type Texts = Mapping[str, str]  # by dotted path, such as "common.plan_full"

# Beside the package when it is installed as `nattery`, above it inside the integration.
_FOLDERS: Final = (Path(__file__).parent, Path(__file__).parent.parent)
_ENGLISH: Final = "translations/en.json"

# Texts that a true value adds to the sentence,
_FLAGS: Final = {"undone": "common.booked_undone", "because": "common.control_because"}
# and to the details.
_DETAIL_FLAGS: Final = {"curtail_kw": "common.plan_curtailed", "kept": "common.plan_kept"}
_NUMBERED_ALARM: Final = re.compile(r"alarm_(\d+)")
_NAMED: Final = ("switch", "number", "select", "time", "sensor", "binary_sensor")  # platforms with names of settings
_DAYS_WITH_NAMES: Final = 6  # from today, in either direction
_DAY_NAMES: Final = ("today", "tomorrow")


class Subunit(NamedTuple):
    """How people name a price per kWh: a unit, how many make one of the currency, and the decimals shown at most."""

    unit: str
    per_currency: int = 100
    decimals: int = 1


SUBUNITS: Final = {
    "EUR": Subunit("ct"),
    "BGN": Subunit("st"),
    "CHF": Subunit("Rp."),
    "CZK": Subunit("h"),
    "DKK": Subunit("øre"),
    "GBP": Subunit("p"),
    "HUF": Subunit("Ft", 1),
    "NOK": Subunit("øre"),
    "PLN": Subunit("gr"),
    "RON": Subunit("bani"),
    "SEK": Subunit("öre"),
}


def price_text(amount: float, currency: str) -> str:
    """Return a price per kWh in the subunit of its currency, such as "4.4 ct"."""
    subunit = SUBUNITS.get(currency, Subunit(currency, 1, 3))
    return f"{_number(amount * subunit.per_currency, subunit.decimals)} {subunit.unit}"


def flatten(texts: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Return the texts of a nested object by their dotted paths."""
    flat: dict[str, str] = {}
    for key, value in texts.items():
        flat |= flatten(value, f"{path}{key}.") if isinstance(value, dict) else {path + key: value}
    return flat


@cache
def english() -> Texts:
    """Return the English texts, for the command line."""
    path = next(path for folder in _FOLDERS if (path := folder / _ENGLISH).exists())
    return flatten(json.loads(path.read_text(encoding="utf-8")))


def english_sentences(currency: str, zone: tzinfo = UTC) -> Sentences:
    """Return what makes English sentences on the command line."""
    return Sentences(english(), currency, zone)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Makes sentences of explanations: with the texts of one language, a currency (ISO 4217) and a local clock."""

    texts: Texts
    currency: str
    zone: tzinfo

    def sentence(self, explanation: Explanation, now: datetime) -> str:
        """Return the sentence, with times as seen at `now`.

        Raise KeyError, TypeError or ValueError when there is no text for it, or its values do not fit the text.
        """
        own = self._filled(_path(self.texts, explanation.key), explanation, now)
        return " ".join([own, *self._flagged(_FLAGS, explanation, now)])

    def details(self, explanation: Explanation, now: datetime) -> str | None:
        """Return the numbers behind the sentence, None where there are none; raise as `sentence` does."""
        path = f"common.{explanation.key}_details"
        own = [self._filled(path, explanation, now)] if path in self.texts else []
        if isinstance(because := explanation.values.get("because"), Explanation):
            own += filter(None, [self.details(because, now)])
        return " ".join([*own, *self._flagged(_DETAIL_FLAGS, explanation, now)]) or None

    def whole(self, explanation: Explanation, now: datetime) -> str:
        """Return the sentence and its details."""
        return " ".join(filter(None, (self.sentence(explanation, now), self.details(explanation, now))))

    def to_dict(self, explanation: Explanation, now: datetime) -> dict[str, Any]:
        """Return plain JSON that has the sentence and details beside key and values."""
        data = explanation.to_dict()
        return {
            "reason": self.sentence(explanation, now),
            "details": self.details(explanation, now),
            "reason_key": data["key"],
            "reason_values": data["values"],
        }

    def names(self, keys: tuple[str, ...]) -> str:
        """Return the names that entities have, of keys of settings, as a list within a sentence."""
        return _names(self, keys, datetime.now(UTC))

    def price(self, amount: float) -> str:
        """Return a price per kWh as people read it, such as "4.4 ct"."""
        return price_text(amount, self.currency)

    def _flagged(self, flags: Mapping[str, str], explanation: Explanation, now: datetime) -> list[str]:
        return [self._filled(path, explanation, now) for name, path in flags.items() if explanation.values.get(name)]

    def _filled(self, path: str, explanation: Explanation, now: datetime) -> str:
        return self.texts[path].format_map(_ShownValues(self, explanation, now.astimezone(self.zone)))


@dataclass(frozen=True, slots=True)
class _ShownValues:
    """The values of an explanation as its text shows them, each formatted when the text asks for it."""

    sentences: Sentences
    explanation: Explanation
    now: datetime

    def __getitem__(self, name: str) -> str:
        return _format_of(name)(self.sentences, self.explanation.values[name], self.now)


# --- the forms of values, as seen at a local time


def _price(sentences: Sentences, value: object, _: datetime) -> str:
    return sentences.price(_as_number(value))


def _clock(sentences: Sentences, value: object, now: datetime) -> str:
    """Return a local time, with the day unless it is today or tomorrow."""
    local = _as_local(sentences, value)
    days = (local.date() - now.date()).days
    return f"{local:%H:%M}" if 0 <= days < len(_DAY_NAMES) else _clock_of_day(sentences, value, now)


def _clock_of_day(sentences: Sentences, value: object, now: datetime) -> str:
    """Return a local time with its day."""
    local = _as_local(sentences, value)
    far = abs((local.date() - now.date()).days) > _DAYS_WITH_NAMES
    return f"{local:%Y-%m-%d %H:%M}" if far else f"{_weekday(sentences, local)} {local:%H:%M}"


def _day(sentences: Sentences, value: object, now: datetime) -> str:
    """Return the name of the local day that holds a time."""
    local = _as_local(sentences, value)
    days = (local.date() - now.date()).days
    if 0 <= days < len(_DAY_NAMES):
        return sentences.texts[f"common.day_{_DAY_NAMES[days]}"]
    return _weekday(sentences, local) if abs(days) <= _DAYS_WITH_NAMES else f"{local:%Y-%m-%d}"


def _weekday(sentences: Sentences, local: datetime) -> str:
    return sentences.texts[f"common.weekday_{local.isoweekday()}"]


def _strategy(sentences: Sentences, value: object, _: datetime) -> str:
    return sentences.texts[f"entity.select.strategy.state.{value}"]


def _names(sentences: Sentences, value: object, _: datetime) -> str:
    """Return the names that entities have, of keys of settings or alarms; others as they are."""
    names = [_name(sentences.texts, key) for key in (value if isinstance(value, tuple) else (str(value),))]
    if len(names) == 1:
        return names[0]
    return sentences.texts["common.list_and"].format(first=", ".join(names[:-1]), last=names[-1])


def _name(texts: Texts, key: str) -> str:
    if numbered := _NUMBERED_ALARM.fullmatch(key):
        return texts["common.numbered_alarm"].format(number=numbered[1])
    paths = (f"entity.{platform}.{key}.name" for platform in _NAMED)
    return next((texts[path] for path in paths if path in texts), key)


def _error(sentences: Sentences, value: object, now: datetime) -> str:
    return sentences.sentence(value, now) if isinstance(value, Explanation) else str(value)


def _amount(_: Sentences, value: object, _now: datetime) -> str:
    return _number(_as_number(value), 2)


def _plain(_: Sentences, value: object, _now: datetime) -> str:
    return _number(value, 2) if isinstance(value, float) else str(value)


def _as_number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _as_local(sentences: Sentences, value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is not a time")
    return value.astimezone(sentences.zone)


def _number(value: float, decimals: int) -> str:
    """Return a number with so many decimals at most."""
    rounded = round(value, decimals) or 0.0  # never "-0"
    return f"{rounded:.{decimals}f}".rstrip("0").rstrip(".")


type Format = Callable[[Sentences, object, datetime], str]

# The ending of a value's name, and how it is shown; the first that fits counts. Prices are per kWh in the currency.
FORMATS: Final[Sequence[tuple[str, Format]]] = (
    ("price", _price),
    ("marginal_value", _price),
    ("losses_and_wear", _price),
    ("margin", _price),
    ("_day", _day),
    ("known_until", _clock_of_day),
    ("until", _clock),
    ("at", _clock),
    ("_kw", _amount),
    ("_kwh", _amount),
    ("strategy", _strategy),
    ("settings", _names),
    ("alarms", _names),
    ("arrays", _names),
    ("detail", _error),
    ("because", _error),
    ("", _plain),
)


@cache
def _format_of(name: str) -> Format:
    return next(form for ending, form in FORMATS if name.endswith(ending))


def _path(texts: Texts, key: str) -> str:
    """Return where the text of a key stands: an error's among the exceptions, every other in the common section."""
    error = f"exceptions.{key}.message"
    return error if error in texts else f"common.{key}"
