"""Alarm bits and the fault log, as entities tell of them."""

from datetime import datetime
from typing import Any

from .core.inverter.codec import Fault, Value
from .core.inverter.registers import ALARM_NAMES
from .descriptions import house_time

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


def faults_of(value: Value) -> list[Fault]:
    """The records of a fault log, the oldest first; one without a readable time counts as oldest."""
    records = [record for record in value if isinstance(record, Fault)] if isinstance(value, list) else []
    return sorted(records, key=lambda fault: fault.time or datetime.min)  # noqa: DTZ901  (the inverter knows no zone)


def fault_attributes(fault: Fault) -> dict[str, Any]:
    """A fault in words that a template can use; the time is the house's, None where the inverter's is unreadable."""
    return {
        "code": fault.code,
        "time": house_time(fault.time).isoformat() if fault.time else None,
        "values": list(fault.values),
    }
