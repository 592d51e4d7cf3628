"""Alarm bits by number and by name."""

from .codec import Value
from .registers import ALARM_NAMES

_WORD_BITS = 16


def active_alarms(value: Value) -> list[int]:
    """The numbers of the bits that are set in alarm words: word * 16 + bit."""
    words = [word for word in value if isinstance(word, int)] if isinstance(value, list) else []
    return [
        place * _WORD_BITS + bit for place, word in enumerate(words) for bit in range(_WORD_BITS) if word >> bit & 1
    ]


def alarm_name(bit: int) -> str:
    """The stable id of an alarm: its name where it is known."""
    return ALARM_NAMES.get(bit, f"alarm_{bit}")
