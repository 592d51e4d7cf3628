"""What a person should know: a key and values, for Home Assistant to translate and for rooms to say in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """A key and its values. A room that has a sentence for each of its keys gives it a `str`."""

    key: str
    values: Mapping[str, Any] = MappingProxyType({})


def sentence(text: str, values: Mapping[str, Any]) -> str:
    """A text with its values, times as they are."""
    shown = {
        name: f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value for name, value in values.items()
    }
    return text.format_map(shown)
