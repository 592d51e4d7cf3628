"""Alarms by bit number and by name."""

from .codec import Value
from .registers import ALARM_NAMES

_WORD_BITS = 16


def active_alarms(value: Value) -> list[int]:
    """Return the numbers (word * 16 + bit) of the bits that are set in alarm words."""
    words = [word for word in value if isinstance(word, int)] if isinstance(value, list) else []
    return [
        index * _WORD_BITS + bit for index, word in enumerate(words) for bit in range(_WORD_BITS) if word >> bit & 1
    ]


def alarm_name(bit: int) -> str:
    """Return the id of an alarm: its name if known, else one made of its number."""
    return ALARM_NAMES.get(bit, f"alarm_{bit}")
