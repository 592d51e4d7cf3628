"""Connection settings of an inverter, and the Modbus client for them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .modbus.client import ModbusClient
from .modbus.timing import Timing
from .modbus.transport import SerialTransport, TcpTransport, Transport

DEFAULT_BAUD = 9600


class ConnectionKind(StrEnum):
    """The kinds of connection to an inverter."""

    SERIAL = "serial"
    TCP = "tcp"
    RTU_OVER_TCP = "rtu_over_tcp"


@dataclass(frozen=True, slots=True)
class Connection:
    """Connection settings: the path of the port for SERIAL, host and port for the other kinds."""

    kind: ConnectionKind
    path: str = ""
    host: str = ""
    port: int = 502
    baud: int = DEFAULT_BAUD

    def transport(self) -> Transport:
        """Return the transport, not yet opened."""
        if self.kind is ConnectionKind.SERIAL:
            return SerialTransport(self.path, self.baud)
        return TcpTransport(self.host, self.port, rtu=self.kind is ConnectionKind.RTU_OVER_TCP, baud=self.baud)

    def open(self, *, timing: Timing | None = None, on_link: Callable[[bool], None] | None = None) -> ModbusClient:
        """Return a started Modbus client, which opens the transport in its own thread; the caller closes it."""
        client = ModbusClient(self.transport(), timing=timing, on_connection_change=on_link)
        client.start()
        return client
