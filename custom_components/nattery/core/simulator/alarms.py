"""Alarms and the fault log.

The protocol names one alarm bit, battery low voltage; the other numbers here are the simulator's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..inverter.registers import FAULT_RECORDS, FAULT_WORDS

ALARM_BITS = 128
WORD_BITS = 16
BATTERY_LOW, OUTPUT_OVERLOAD, OVER_TEMPERATURE = 0, 3, 17
HOT, COOLED = 85.0, 75.0
RECOVERED_SOC = 3.0


@dataclass(frozen=True, slots=True)
class AlarmInputs:
    """What the alarms are judged by: V, %, W, degrees Celsius."""

    voltage: float
    low_voltage: float
    soc: float
    low_soc: float
    shed: float
    temperature: float


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """When an alarm comes and when it goes by itself."""

    comes: Callable[[AlarmInputs], bool]
    goes: Callable[[AlarmInputs], bool]


RULES: dict[int, AlarmRule] = {
    BATTERY_LOW: AlarmRule(
        lambda c: c.voltage < c.low_voltage or c.soc <= c.low_soc,
        lambda c: c.voltage > c.low_voltage and c.soc > c.low_soc + RECOVERED_SOC,
    ),
    OUTPUT_OVERLOAD: AlarmRule(lambda c: c.shed > 0, lambda c: c.shed <= 0),
    OVER_TEMPERATURE: AlarmRule(lambda c: c.temperature > HOT, lambda c: c.temperature < COOLED),
}


@dataclass(frozen=True, slots=True)
class FaultLogEntry:
    """One line of the fault log: code = alarm bit + 1, the device's time, up to twelve captured words."""

    code: int
    time: datetime
    captured: tuple[int, ...] = ()


class Alarms:
    """The active alarms and the log of how they came, newest first. `changes` grows with every change of either."""

    def __init__(self, log: list[FaultLogEntry] | None = None) -> None:
        """Start quiet, with an earlier log."""
        self.active: set[int] = set()
        self.log: list[FaultLogEntry] = (log or [])[:FAULT_RECORDS]
        self._held: set[int] = set()
        self.changes = 1

    def judge(self, condition: AlarmInputs, now: datetime, captured: tuple[int, ...]) -> None:
        """Let alarms come and go by themselves."""
        for bit, rule in RULES.items():
            if bit not in self.active and rule.comes(condition):
                self._enter(bit, now, captured)
            elif bit in self.active and bit not in self._held and rule.goes(condition):
                self.active.discard(bit)
                self.changes += 1

    def raise_(self, bit: int, now: datetime, captured: tuple[int, ...] = ()) -> None:
        """Raise an alarm that stays until it is cleared; ValueError for a bit that does not exist."""
        if not 0 <= bit < ALARM_BITS:
            msg = f"Alarm bit {bit} does not exist: allowed is 0 to {ALARM_BITS - 1}"
            raise ValueError(msg)
        self._held.add(bit)
        if bit not in self.active:
            self._enter(bit, now, captured)

    def clear(self) -> None:
        """Forget every alarm; those with a lasting cause come back at once."""
        self.active.clear()
        self._held.clear()
        self.changes += 1

    def forget(self) -> None:
        """Empty the log."""
        self.log.clear()
        self.changes += 1

    def flags(self) -> list[int]:
        """The eight words of SysAlarmFlag."""
        words = [0] * (ALARM_BITS // WORD_BITS)
        for bit in self.active:
            words[bit // WORD_BITS] |= 1 << bit % WORD_BITS
        return words

    def details(self) -> list[int]:
        """The 128 words of AlarmDetail."""
        return [int(bit in self.active) for bit in range(ALARM_BITS)]

    def history(self, stamp: Callable[[datetime], list[int]]) -> list[int]:
        """The 512 words of FaultHistory; `stamp` packs a time into three words."""
        words: list[int] = []
        for record in self.log:
            line = [record.code, *stamp(record.time), *record.captured]
            words += line[:FAULT_WORDS] + [0] * (FAULT_WORDS - len(line))
        return words + [0] * (FAULT_RECORDS * FAULT_WORDS - len(words))

    def _enter(self, bit: int, now: datetime, captured: tuple[int, ...]) -> None:
        self.changes += 1
        self.active.add(bit)
        self.log = [FaultLogEntry(bit + 1, now, captured), *self.log][:FAULT_RECORDS]
