"""One type for every reason and note: a key and values, which are made a sentence only where they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any, Final

MOMENT_ENDINGS: Final = ("at", "until", "_day")  # of the names of values that are times
_DIGITS: Final = 5

type ExplanationValue = str | float | bool | datetime | tuple[str, ...] | Explanation


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something is done, or what a user should know: the key of a text, and the values it is filled with.

    Values are numbers, texts, booleans, aware datetimes (only under names that end as MOMENT_ENDINGS say), tuples of
    texts, and explanations, such as that of an error. `core/sentences.py` lists the names and their units.
    """

    key: str
    values: Mapping[str, ExplanationValue] = field(default_factory=dict)

    def with_values(self, **values: ExplanationValue) -> Explanation:
        """Return the same explanation with more values."""
        return Explanation(self.key, {**self.values, **values})

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: times as ISO 8601, numbers rounded to five digits, without those that are not finite."""
        values = {name: _to_json(value) for name, value in self.values.items() if _is_storable(value)}
        return {"key": self.key, "values": values}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Explanation:
        """Return the explanation of its JSON, without values that are null; raise KeyError, TypeError or ValueError."""
        values = {str(name): _from_json(name, value) for name, value in data["values"].items() if value is not None}
        return cls(str(data["key"]), values)


def _is_storable(value: ExplanationValue) -> bool:
    return not isinstance(value, float) or isfinite(value)


def _to_json(value: ExplanationValue) -> Any:  # noqa: ANN401
    match value:
        case Explanation():
            return value.to_dict()
        case datetime():
            return value.isoformat()
        case tuple():
            return list(value)
        case float():
            return round(value, _DIGITS)
        case _:
            return value


def _from_json(name: str, value: Any) -> Any:  # noqa: ANN401
    match value:
        case str() if name.endswith(MOMENT_ENDINGS):
            return _moment(value)
        case list():
            return tuple(map(str, value))
        case dict():
            return Explanation.from_dict(value)
        case _:
            return value


def _moment(text: str) -> datetime | str:
    """Return an aware time; a text that is none stays as it is, and fails where it is shown."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo is None else moment
