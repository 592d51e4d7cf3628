"""The lines a bus can own: serial RTU, Modbus TCP and RTU over TCP, each a pymodbus client that only moves bytes.

Everything here blocks and runs in the bus's own thread. pymodbus opens and frames; deciding what is an answer is the
bus's.
"""

import contextlib
import socket
import time
from typing import Protocol, override

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.framer import FramerType
import serial

from .errors import NotConnectedError
from .frames import Framing, RtuFraming, TcpFraming
from .port import explain, signature, system_text
from .timing import Timing

_SLICE = 0.05  # the longest single wait, so that a deadline is never missed by more
_CONNECT_TIMEOUT = 3.0


class Transport(Protocol):
    """A line that can be opened, spoken over, and closed; raises LinkDownError and nothing else."""

    place: str
    framing: Framing

    def timing(self) -> Timing:
        """A fresh clockwork that suits this line."""

    def open(self) -> None:
        """Open it, with nothing old in its buffers."""

    def close(self) -> None:
        """Close it; harmless when closed."""

    @property
    def is_open(self) -> bool:
        """Whether it is open."""

    def send(self, frame: bytes) -> None:
        """Put a frame on the line."""

    def receive(self, size: int, deadline: float) -> bytes:
        """Up to `size` bytes; fewer when the monotonic `deadline` comes first."""

    def pending(self) -> bytes:
        """What has come in unasked, without waiting."""

    def signature(self) -> object:
        """Changes when the port behind the line is another one, or appears."""


class _SerialClient(ModbusSerialClient):
    """pymodbus's serial client, whose `connect` says why it failed instead of logging it."""

    @override
    def connect(self) -> bool:
        self.socket = serial.serial_for_url(
            self.comm_params.host,
            baudrate=self.comm_params.baudrate,
            bytesize=self.comm_params.bytesize,
            parity=self.comm_params.parity,
            stopbits=self.comm_params.stopbits,
            timeout=_SLICE,
            write_timeout=_CONNECT_TIMEOUT,
            **({} if "://" in self.comm_params.host else {"exclusive": True}),
        )
        return True


class _TcpClient(ModbusTcpClient):
    """pymodbus's TCP client, whose `connect` says why it failed instead of logging it."""

    @override
    def connect(self) -> bool:
        self.socket = socket.create_connection((self.comm_params.host, self.comm_params.port), _CONNECT_TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True


class SerialTransport:
    """Modbus RTU on a serial port (a path, or a URL that pyserial knows)."""

    def __init__(self, path: str, baud: int = 9600) -> None:
        """Name the port; nothing is opened yet."""
        self.place = path
        self.framing: Framing = RtuFraming()
        self._baud = baud
        self._client = _SerialClient(path, framer=FramerType.RTU, baudrate=baud)

    def timing(self) -> Timing:
        """The wire's own pace."""
        return Timing(baud=self._baud)

    @property
    def is_open(self) -> bool:
        """Whether the port is open."""
        return self._client.connected

    def open(self) -> None:
        """Open the port for us alone and empty its buffer."""
        try:
            self._client.connect()
            port = self._port
            # USB adapters otherwise hold bytes back for up to 16 ms; not every driver, and no pty, has the switch.
            with contextlib.suppress(AttributeError, OSError, ValueError, NotImplementedError):
                port.set_low_latency_mode(True)
            port.reset_input_buffer()
        except Exception as error:  # termios has an exception of its own, and not every platform has termios
            self.close()
            raise explain(self.place, error) from error

    def close(self) -> None:
        """Give the port back."""
        with contextlib.suppress(
            Exception
        ):  # a vanished port may fail in any way while closing; it is gone all the same
            self._client.close()  # type: ignore[no-untyped-call]
        self._client.socket = None

    @property
    def _port(self) -> serial.Serial:
        if self._client.socket is None:
            raise NotConnectedError(self.place, "closed")
        return self._client.socket

    def send(self, frame: bytes) -> None:
        """Write the frame whole."""
        try:
            self._port.write(frame)
        except (OSError, TypeError) as error:  # TypeError: closed by pyserial underneath
            raise NotConnectedError(self.place, "lost", system_text(error)) from error

    def receive(self, size: int, deadline: float) -> bytes:
        """Read in slices; returns at the last byte."""
        data = b""
        try:
            while len(data) < size and time.monotonic() < deadline:
                data += self._port.read(size - len(data))
        except (OSError, TypeError) as error:
            raise NotConnectedError(self.place, "lost", system_text(error)) from error
        return data

    def pending(self) -> bytes:
        """What lies in the port's buffer."""
        try:
            return bytes(self._port.read(self._port.in_waiting)) if self._port.in_waiting else b""
        except (OSError, TypeError) as error:
            raise NotConnectedError(self.place, "lost", system_text(error)) from error

    def signature(self) -> object:
        """The device node's identity."""
        return signature(self.place)


class TcpTransport:
    """Modbus TCP, or RTU frames over TCP, through a gateway."""

    def __init__(self, host: str, port: int, *, rtu: bool = False, baud: int = 9600) -> None:
        """Name the gateway; nothing is opened yet. `baud` is the pace behind an RTU gateway."""
        self.place = f"{host}:{port}"
        self.framing: Framing = RtuFraming() if rtu else TcpFraming()
        self._baud = baud if rtu else None
        framer = FramerType.RTU if rtu else FramerType.SOCKET
        self._client = _TcpClient(host, port=port, framer=framer)

    def timing(self) -> Timing:
        """An RTU gateway passes bytes at the line's pace; a Modbus gateway keeps the gaps itself."""
        return Timing(baud=self._baud)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._client.socket is not None

    def open(self) -> None:
        """Connect."""
        try:
            self._client.connect()
        except ConnectionRefusedError as error:
            raise NotConnectedError(self.place, "refused") from error
        except (socket.gaierror, UnicodeError) as error:
            raise NotConnectedError(self.place, "unknown_host") from error
        except TimeoutError as error:
            raise NotConnectedError(self.place, "timed_out") from error
        except OSError as error:
            raise NotConnectedError(self.place, "unreachable", system_text(error)) from error

    def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(OSError):
            self._client.close()  # type: ignore[no-untyped-call]
        self._client.socket = None

    @property
    def _socket(self) -> socket.socket:
        if self._client.socket is None:
            raise NotConnectedError(self.place, "closed")
        return self._client.socket

    def send(self, frame: bytes) -> None:
        """Send the frame whole."""
        try:
            self._socket.settimeout(_CONNECT_TIMEOUT)
            self._socket.sendall(frame)
        except OSError as error:
            raise NotConnectedError(self.place, "lost", system_text(error)) from error

    def receive(self, size: int, deadline: float) -> bytes:
        """Read until the last byte, the deadline, or the gateway hangs up."""
        data = b""
        try:
            while len(data) < size:
                self._socket.settimeout(max(min(deadline - time.monotonic(), _SLICE), 0.0001))
                try:
                    chunk = self._socket.recv(size - len(data))
                except TimeoutError:
                    if time.monotonic() >= deadline:
                        break
                    continue
                if not chunk:
                    raise NotConnectedError(self.place, "hung_up")
                data += chunk
        except OSError as error:
            raise NotConnectedError(self.place, "lost", system_text(error)) from error
        return data

    def pending(self) -> bytes:
        """What lies in the socket's buffer."""
        try:
            self._socket.settimeout(0)
            data = self._socket.recv(4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise NotConnectedError(self.place, "lost", system_text(error)) from error
        if not data:
            raise NotConnectedError(self.place, "hung_up")
        return data

    def signature(self) -> object:
        """A gateway gives no sign of coming back but an open port."""
        return None
