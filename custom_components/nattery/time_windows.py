"""Windows of the inverter's own clock: a start and an end in neighbouring registers, which belong in one request."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from .core.inverter.registers import TIME_WINDOWS
from .core.inverter.table import Register


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """One window; with start = end it is not in use."""

    key: str
    start: Register
    end: Register

    def pair(self, start: time, end: time) -> dict[str, time]:
        """Both times by key, as they are written."""
        return {self.start.key: start, self.end.key: end}


WINDOWS: Final = tuple(TimeWindow(window.key, window.start, window.end) for window in TIME_WINDOWS)
UNUSED: Final = time()
