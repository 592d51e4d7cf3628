"""Time windows by the inverter's clock: start and end in adjacent registers, which are written in one request."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from .registers import BY_KEY, REGISTERS
from .table import Register, RegisterKind


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """One window; it is unused if start and end are equal."""

    key: str
    start: Register
    end: Register

    def pair(self, start: time, end: time) -> dict[str, time]:
        """Return both times by register key, as they are written."""
        return {self.start.key: start, self.end.key: end}


def _window(start: Register) -> TimeWindow:
    return TimeWindow(start.key.replace("_start_", "_window_"), start, BY_KEY[start.key.replace("_start_", "_end_")])


WINDOWS: Final = tuple(
    _window(register) for register in REGISTERS if register.kind is RegisterKind.TIME and "_start_" in register.key
)
UNUSED: Final = time()
