"""Alarms and the fault log.

The protocol defines one alarm bit, "battery low voltage". All other bit numbers here are the simulator's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..inverter.registers import FAULT_RECORDS, FAULT_WORDS

ALARM_BITS = 128
WORD_BITS = 16
BATTERY_LOW, OUTPUT_OVERLOAD, OVER_TEMPERATURE = 0, 3, 17
RAISE_TEMPERATURE, CLEAR_TEMPERATURE = 85.0, 75.0  # degrees Celsius
SOC_HYSTERESIS = 3.0  # percent


@dataclass(frozen=True, slots=True)
class AlarmInputs:
    """The values that alarms depend on, in V, %, W and degrees Celsius."""

    voltage: float
    low_voltage: float
    soc: float
    low_soc: float
    shed: float
    temperature: float


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """The conditions that raise and clear an alarm."""

    raise_if: Callable[[AlarmInputs], bool]
    clear_if: Callable[[AlarmInputs], bool]


RULES: dict[int, AlarmRule] = {
    BATTERY_LOW: AlarmRule(
        lambda inputs: inputs.voltage < inputs.low_voltage or inputs.soc <= inputs.low_soc,
        lambda inputs: inputs.voltage > inputs.low_voltage and inputs.soc > inputs.low_soc + SOC_HYSTERESIS,
    ),
    OUTPUT_OVERLOAD: AlarmRule(lambda inputs: inputs.shed > 0, lambda inputs: inputs.shed <= 0),
    OVER_TEMPERATURE: AlarmRule(
        lambda inputs: inputs.temperature > RAISE_TEMPERATURE, lambda inputs: inputs.temperature < CLEAR_TEMPERATURE
    ),
}


@dataclass(frozen=True, slots=True)
class FaultLogEntry:
    """One record of the fault log: code (alarm bit + 1), the inverter's local time, up to twelve captured words."""

    code: int
    time: datetime
    captured: tuple[int, ...] = ()


class Alarms:
    """The active alarms and the fault log, newest first; `changes` counts the changes of either."""

    def __init__(self, log: list[FaultLogEntry] | None = None) -> None:
        """Start without active alarms, and with an earlier log."""
        self.active: set[int] = set()
        self.log: list[FaultLogEntry] = (log or [])[:FAULT_RECORDS]
        self._latched: set[int] = set()  # alarms that stay active until they are cleared
        self.changes = 1

    def update(self, inputs: AlarmInputs, now: datetime, captured: tuple[int, ...]) -> None:
        """Raise and clear alarms by their rules."""
        for bit, rule in RULES.items():
            if bit not in self.active and rule.raise_if(inputs):
                self._activate(bit, now, captured)
            elif bit in self.active and bit not in self._latched and rule.clear_if(inputs):
                self.active.discard(bit)
                self.changes += 1

    def raise_alarm(self, bit: int, now: datetime, captured: tuple[int, ...] = ()) -> None:
        """Raise an alarm that stays active until it is cleared. Raise ValueError if the bit does not exist."""
        if not 0 <= bit < ALARM_BITS:
            msg = f"Alarm bit {bit} does not exist: allowed is 0 to {ALARM_BITS - 1}"
            raise ValueError(msg)
        self._latched.add(bit)
        if bit not in self.active:
            self._activate(bit, now, captured)

    def clear(self) -> None:
        """Clear every alarm. Alarms whose cause persists are raised again at the next update."""
        self.active.clear()
        self._latched.clear()
        self.changes += 1

    def clear_log(self) -> None:
        """Remove all records from the fault log."""
        self.log.clear()
        self.changes += 1

    def flags(self) -> list[int]:
        """Return the eight words of SysAlarmFlag."""
        words = [0] * (ALARM_BITS // WORD_BITS)
        for bit in self.active:
            words[bit // WORD_BITS] |= 1 << bit % WORD_BITS
        return words

    def details(self) -> list[int]:
        """Return the 128 words of AlarmDetail."""
        return [int(bit in self.active) for bit in range(ALARM_BITS)]

    def log_words(self, encode_time: Callable[[datetime], list[int]]) -> list[int]:
        """Return the 512 words of FaultHistory; `encode_time` encodes a time as three words."""
        words: list[int] = []
        for entry in self.log:
            record = [entry.code, *encode_time(entry.time), *entry.captured]
            words += record[:FAULT_WORDS] + [0] * (FAULT_WORDS - len(record))
        return words + [0] * (FAULT_RECORDS * FAULT_WORDS - len(words))

    def _activate(self, bit: int, now: datetime, captured: tuple[int, ...]) -> None:
        self.changes += 1
        self.active.add(bit)
        self.log = [FaultLogEntry(bit + 1, now, captured), *self.log][:FAULT_RECORDS]
