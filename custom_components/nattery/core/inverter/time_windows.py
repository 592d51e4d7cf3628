"""Daily time windows by the inverter's clock: start and end in neighbouring registers, written in one request."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from .registers import REGISTERS
from .table import Register, WindowEdge, WindowKind


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """One window; it is unused if start and end are equal."""

    key: str
    kind: WindowKind
    start: Register
    end: Register

    def pair(self, start: time, end: time) -> dict[str, time]:
        """Return both times by register key, as they are written."""
        return {self.start.key: start, self.end.key: end}


def _windows() -> tuple[TimeWindow, ...]:
    ends = {
        (role.kind, role.number): register
        for register in REGISTERS
        if (role := register.window) and role.edge is WindowEdge.END
    }
    return tuple(
        TimeWindow(f"{role.kind}_window_{role.number}", role.kind, register, ends[role.kind, role.number])
        for register in REGISTERS
        if (role := register.window) and role.edge is WindowEdge.START
    )


WINDOWS: Final = _windows()
UNUSED: Final = time()
