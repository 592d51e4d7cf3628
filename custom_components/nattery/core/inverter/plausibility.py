"""Holds back values that cannot be: out of range, sentinels, jumps, counters that run backwards.

A held value keeps what was shown before. A jump or a step back that is confirmed often enough is the truth after all; a
value that stays out of range is shown as unknown.
"""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .codec import Value, decode
from .table import Counter, Register, RegisterKind

_SENTINELS = frozenset({0x7FFF, 0x8000})
_UNSIGNED_SENTINELS = _SENTINELS | {0xFFFF}
_HELD_AT_MOST = 5  # polls after which a value out of range is unknown rather than old
_CONFIRMED_JUMP = 1  # further polls that must agree with a jump
_CONFIRMED_RESET = 5  # further polls that must agree with a counter that fell
_STEEPEST = 50.0  # kW; nothing behind one inverter counts energy faster
_GRACE = 1.0  # kWh a counter may gain besides


@dataclass(slots=True)
class _Memory:
    value: Value = None
    at: float = 0.0
    day: date | None = None
    held: int = 0
    candidate: float | None = None
    agreed: int = 0


class Plausibility:
    """Remembers the last good value of every register; counts what it held back, by key."""

    def __init__(self) -> None:
        """Start without a past."""
        self._memories: dict[str, _Memory] = {}
        self.held: Tally[str] = Tally()

    def forget(self, keys: Sequence[str]) -> None:
        """Take the next value as it comes: somebody has just written these registers, or cleared the counters."""
        for key in keys:
            self._memories.pop(key, None)

    def last(self) -> Mapping[str, Value]:
        """The values that stand now."""
        return {key: memory.value for key, memory in self._memories.items()}

    def accept(self, register: Register, words: Sequence[int], now: float, day: date | None = None) -> Value:
        """The value to show for freshly read words, at monotonic second `now` on the device's `day`."""
        value = decode(register, words)
        memory = self._memories.setdefault(register.key, _Memory())
        if not _possible(register, words, value):
            self.held[register.key] += 1
            memory.held += 1
            if memory.held >= _HELD_AT_MOST:
                memory.value = None
            return memory.value
        if (
            isinstance(value, int | float)
            and isinstance(memory.value, int | float)
            and _suspicious(register, memory, value, now, day)
        ):
            near = memory.candidate is not None and abs(value - memory.candidate) <= (register.jump or _GRACE)
            memory.agreed = memory.agreed + 1 if near else 0
            memory.candidate = value
            fell = register.counter is not None and value < memory.value
            if memory.agreed < (_CONFIRMED_RESET if fell else _CONFIRMED_JUMP):
                self.held[register.key] += 1
                return memory.value
        self._memories[register.key] = _Memory(value, now, day)
        return value


def _possible(register: Register, words: Sequence[int], value: Value) -> bool:
    if value is None:
        return register.kind is RegisterKind.STAMP and not any(words)  # a clock that was never set
    if register.kind is RegisterKind.ENUM:
        return value in register.options
    if register.kind is RegisterKind.NUMBER and words[0] in (_SENTINELS if register.signed else _UNSIGNED_SENTINELS):
        return False
    if not isinstance(value, int | float):
        return True
    return (register.low is None or value >= register.low) and (register.high is None or value <= register.high)


def _suspicious(register: Register, memory: _Memory, value: float, now: float, day: date | None) -> bool:
    old = memory.value
    if not isinstance(old, int | float):
        return False
    if register.counter is not None:
        if value < old:
            return register.counter is Counter.LIFETIME or (day is not None and day == memory.day)
        steepest = _STEEPEST * (now - memory.at) / 3600 + _GRACE
        return register.unit == "kWh" and value - old > steepest
    return register.jump is not None and abs(value - old) > register.jump and now - memory.at < 60 * register.jump
