"""From a description of a connection to a running bus."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .modbus.bus import Bus
from .modbus.link import Link, SerialLink, TcpLink
from .modbus.timing import Timing

DEFAULT_BAUD = 9600


class ConnectionKind(StrEnum):
    """The ways to reach an inverter."""

    SERIAL = "serial"
    TCP = "tcp"
    RTU_OVER_TCP = "rtu_over_tcp"


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the inverter is: a port's path for SERIAL, host and port for the others."""

    kind: ConnectionKind
    path: str = ""
    host: str = ""
    port: int = 502
    baud: int = DEFAULT_BAUD

    def link(self) -> Link:
        """The line, not yet opened."""
        if self.kind is ConnectionKind.SERIAL:
            return SerialLink(self.path, self.baud)
        return TcpLink(self.host, self.port, rtu=self.kind is ConnectionKind.RTU_OVER_TCP, baud=self.baud)

    def open(self, *, timing: Timing | None = None, on_link: Callable[[bool], None] | None = None) -> Bus:
        """A bus that serves until it is closed; the line itself is opened in the bus's own thread."""
        bus = Bus(self.link(), timing=timing, on_link=on_link)
        bus.start()
        return bus
