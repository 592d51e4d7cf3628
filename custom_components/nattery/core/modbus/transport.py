"""The transports of a Modbus client: serial RTU, Modbus TCP and RTU over TCP.

Each one is a pymodbus client that only moves bytes. What counts as a response is decided in transaction.py. All methods
block and run in the client's thread.
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
from .port import open_error, port_identity, system_text
from .timing import Timing

_MAX_WAIT = 0.05  # seconds of a single wait, so that a deadline is missed by at most this
_CONNECT_TIMEOUT = 3.0


class Transport(Protocol):
    """A connection that sends and receives bytes. Its methods raise NotConnectedError and nothing else."""

    endpoint: str
    framing: Framing

    def timing(self) -> Timing:
        """Return the initial timing for this kind of line."""

    def open(self) -> None:
        """Open the connection with empty buffers."""

    def close(self) -> None:
        """Close the connection. Do nothing if it is closed."""

    @property
    def is_open(self) -> bool:
        """Whether the connection is open."""

    def send(self, frame: bytes) -> None:
        """Send a frame."""

    def receive(self, size: int, deadline: float) -> bytes:
        """Return up to `size` bytes; fewer if the monotonic `deadline` comes first."""

    def pending(self) -> bytes:
        """Return the bytes already received, without waiting."""

    def port_identity(self) -> object:
        """Return a value that changes when the port is replaced or reappears; None if it is missing."""


class _SerialClient(ModbusSerialClient):
    """pymodbus's serial client, whose `connect` raises the cause of a failure instead of logging it."""

    @override
    def connect(self) -> bool:
        self.socket = serial.serial_for_url(
            self.comm_params.host,
            baudrate=self.comm_params.baudrate,
            bytesize=self.comm_params.bytesize,
            parity=self.comm_params.parity,
            stopbits=self.comm_params.stopbits,
            timeout=_MAX_WAIT,
            write_timeout=_CONNECT_TIMEOUT,
            **({} if "://" in self.comm_params.host else {"exclusive": True}),
        )
        return True


class _TcpClient(ModbusTcpClient):
    """pymodbus's TCP client, whose `connect` raises the cause of a failure instead of logging it."""

    @override
    def connect(self) -> bool:
        self.socket = socket.create_connection((self.comm_params.host, self.comm_params.port), _CONNECT_TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True


class SerialTransport:
    """Modbus RTU on a serial port, given as a path or a URL that pyserial knows."""

    def __init__(self, path: str, baud: int = 9600) -> None:
        """Set the port and its baud rate without opening it."""
        self.endpoint = path
        self.framing: Framing = RtuFraming()
        self._baud = baud
        self._client = _SerialClient(path, framer=FramerType.RTU, baudrate=baud)

    def timing(self) -> Timing:
        """Return the timing for this baud rate."""
        return Timing(baud=self._baud)

    @property
    def is_open(self) -> bool:
        """Whether the port is open."""
        return self._client.connected

    def open(self) -> None:
        """Open the port exclusively and clear its buffer."""
        try:
            self._client.connect()
            port = self._serial
            # USB adapters otherwise delay bytes by up to 16 ms. Some drivers, and all ptys, do not support the mode.
            with contextlib.suppress(AttributeError, OSError, ValueError, NotImplementedError):
                port.set_low_latency_mode(True)
            port.reset_input_buffer()
        except Exception as error:  # termios raises its own exception and is not available on every platform
            self.close()
            raise open_error(self.endpoint, error) from error

    def close(self) -> None:
        """Close the port."""
        with contextlib.suppress(Exception):  # closing a port that has disappeared may fail in any way
            self._client.close()  # type: ignore[no-untyped-call]
        self._client.socket = None

    @property
    def _serial(self) -> serial.Serial:
        if self._client.socket is None:
            raise NotConnectedError(self.endpoint, "closed")
        return self._client.socket

    def send(self, frame: bytes) -> None:
        """Send a complete frame."""
        try:
            self._serial.write(frame)
        except (OSError, TypeError) as error:  # pyserial raises TypeError if it has closed the port
            raise NotConnectedError(self.endpoint, "lost", system_text(error)) from error

    def receive(self, size: int, deadline: float) -> bytes:
        """Read in slices and return at the last byte."""
        data = b""
        try:
            while len(data) < size and time.monotonic() < deadline:
                data += self._serial.read(size - len(data))
        except (OSError, TypeError) as error:
            raise NotConnectedError(self.endpoint, "lost", system_text(error)) from error
        return data

    def pending(self) -> bytes:
        """Return what is in the port's buffer."""
        try:
            return bytes(self._serial.read(self._serial.in_waiting)) if self._serial.in_waiting else b""
        except (OSError, TypeError) as error:
            raise NotConnectedError(self.endpoint, "lost", system_text(error)) from error

    def port_identity(self) -> object:
        """Return the identity of the device node."""
        return port_identity(self.endpoint)


class TcpTransport:
    """Modbus TCP, or RTU frames over TCP, through a gateway."""

    def __init__(self, host: str, port: int, *, rtu: bool = False, baud: int = 9600) -> None:
        """Set the gateway's address without connecting. `baud` is the baud rate behind an RTU gateway."""
        self.endpoint = f"{host}:{port}"
        self.framing: Framing = RtuFraming() if rtu else TcpFraming()
        self._baud = baud if rtu else None
        framer = FramerType.RTU if rtu else FramerType.SOCKET
        self._client = _TcpClient(host, port=port, framer=framer)

    def timing(self) -> Timing:
        """Return the timing: an RTU gateway passes bytes at the line's baud rate, a Modbus TCP gateway at once."""
        return Timing(baud=self._baud)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._client.socket is not None

    def open(self) -> None:
        """Connect to the gateway."""
        try:
            self._client.connect()
        except ConnectionRefusedError as error:
            raise NotConnectedError(self.endpoint, "refused") from error
        except (socket.gaierror, UnicodeError) as error:
            raise NotConnectedError(self.endpoint, "unknown_host") from error
        except TimeoutError as error:
            raise NotConnectedError(self.endpoint, "timed_out") from error
        except OSError as error:
            raise NotConnectedError(self.endpoint, "unreachable", system_text(error)) from error

    def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(OSError):
            self._client.close()  # type: ignore[no-untyped-call]
        self._client.socket = None

    @property
    def _socket(self) -> socket.socket:
        if self._client.socket is None:
            raise NotConnectedError(self.endpoint, "closed")
        return self._client.socket

    def send(self, frame: bytes) -> None:
        """Send a complete frame."""
        try:
            self._socket.settimeout(_CONNECT_TIMEOUT)
            self._socket.sendall(frame)
        except OSError as error:
            raise NotConnectedError(self.endpoint, "lost", system_text(error)) from error

    def receive(self, size: int, deadline: float) -> bytes:
        """Read until the last byte or the deadline. Raise NotConnectedError if the gateway disconnects."""
        data = b""
        try:
            while len(data) < size:
                self._socket.settimeout(max(min(deadline - time.monotonic(), _MAX_WAIT), 0.0001))
                try:
                    chunk = self._socket.recv(size - len(data))
                except TimeoutError:
                    if time.monotonic() >= deadline:
                        break
                    continue
                if not chunk:
                    raise NotConnectedError(self.endpoint, "hung_up")
                data += chunk
        except OSError as error:
            raise NotConnectedError(self.endpoint, "lost", system_text(error)) from error
        return data

    def pending(self) -> bytes:
        """Return what is in the socket's buffer."""
        try:
            self._socket.settimeout(0)
            data = self._socket.recv(4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise NotConnectedError(self.endpoint, "lost", system_text(error)) from error
        if not data:
            raise NotConnectedError(self.endpoint, "hung_up")
        return data

    def port_identity(self) -> object:
        """Return None: only connecting shows whether a gateway is available again."""
        return None
