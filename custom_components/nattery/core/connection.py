"""From a description of a connection to a running bus."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .modbus.client import ModbusClient
from .modbus.timing import Timing
from .modbus.transport import SerialTransport, TcpTransport, Transport

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

    def link(self) -> Transport:
        """The line, not yet opened."""
        if self.kind is ConnectionKind.SERIAL:
            return SerialTransport(self.path, self.baud)
        return TcpTransport(self.host, self.port, rtu=self.kind is ConnectionKind.RTU_OVER_TCP, baud=self.baud)

    def open(self, *, timing: Timing | None = None, on_link: Callable[[bool], None] | None = None) -> ModbusClient:
        """A bus that serves until it is closed; the line itself is opened in the bus's own thread."""
        bus = ModbusClient(self.link(), timing=timing, on_connection_change=on_link)
        bus.start()
        return bus
