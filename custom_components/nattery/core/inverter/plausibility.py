"""Rejection of implausible values: out of range, sentinels, jumps, and counters that decrease.

The previous value stays in place of a rejected one. A jump or a decrease is accepted once further polls confirm it. A
value that stays invalid becomes unknown.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .codec import Value, decode
from .table import CounterKind, Register, RegisterKind

_SENTINELS = frozenset({0x7FFF, 0x8000})
_UNSIGNED_SENTINELS = _SENTINELS | {0xFFFF}
_MAX_INVALID_POLLS = 5  # consecutive invalid polls after which the previous value is dropped
_JUMP_CONFIRMATIONS = 1  # further polls that must confirm a jump
_RESET_CONFIRMATIONS = 5  # further polls that must confirm that a counter was reset
_MAX_ENERGY_RATE = 50.0  # kW; more than any installation behind one inverter
_ENERGY_TOLERANCE = 1.0  # kWh that a counter may gain in addition


@dataclass(slots=True)
class _LastReading:
    """The last accepted value of a register, and what was rejected since."""

    value: Value = None
    at: float = 0.0
    day: date | None = None
    invalid_polls: int = 0
    candidate: float | None = None
    confirmations: int = 0


class PlausibilityFilter:
    """Filters the values of all registers; `rejected` counts the rejected values by key."""

    def __init__(self) -> None:
        """Start without previous values."""
        self._readings: dict[str, _LastReading] = {}
        self.rejected: Counter[str] = Counter()

    def reset(self, keys: Sequence[str]) -> None:
        """Accept the next value of these registers without comparison, for example after a write."""
        for key in keys:
            self._readings.pop(key, None)

    def filter(self, register: Register, words: Sequence[int], now: float, day: date | None = None) -> Value:
        """Return the value to show for words read at monotonic second `now` on the inverter's date `day`."""
        value = decode(register, words)
        reading = self._readings.setdefault(register.key, _LastReading())
        if not _is_valid(register, words, value):
            self.rejected[register.key] += 1
            reading.invalid_polls += 1
            if reading.invalid_polls >= _MAX_INVALID_POLLS:
                reading.value = None
            return reading.value
        if (
            isinstance(value, int | float)
            and isinstance(reading.value, int | float)
            and _is_suspicious(register, reading, value, now, day)
        ):
            confirms = reading.candidate is not None and abs(value - reading.candidate) <= (
                register.jump or _ENERGY_TOLERANCE
            )
            reading.confirmations = reading.confirmations + 1 if confirms else 0
            reading.candidate = value
            decreased = register.counter is not None and value < reading.value
            if reading.confirmations < (_RESET_CONFIRMATIONS if decreased else _JUMP_CONFIRMATIONS):
                self.rejected[register.key] += 1
                return reading.value
        self._readings[register.key] = _LastReading(value, now, day)
        return value


def _is_valid(register: Register, words: Sequence[int], value: Value) -> bool:
    if value is None:
        return register.kind is RegisterKind.STAMP and not any(words)  # a clock that was never set
    if register.kind is RegisterKind.ENUM:
        return value in register.options
    if register.kind is RegisterKind.NUMBER and words[0] in (_SENTINELS if register.signed else _UNSIGNED_SENTINELS):
        return False
    if not isinstance(value, int | float):
        return True
    return (register.low is None or value >= register.low) and (register.high is None or value <= register.high)


def _is_suspicious(register: Register, reading: _LastReading, value: float, now: float, day: date | None) -> bool:
    old = reading.value
    if not isinstance(old, int | float):
        return False
    if register.counter is not None:
        if value < old:
            return register.counter is CounterKind.LIFETIME or (day is not None and day == reading.day)
        max_increase = _MAX_ENERGY_RATE * (now - reading.at) / 3600 + _ENERGY_TOLERANCE
        return register.unit == "kWh" and value - old > max_increase
    return register.jump is not None and abs(value - old) > register.jump and now - reading.at < 60 * register.jump
