"""The ports that clients connect to: a pseudo terminal behind a link, or a TCP port."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
import os
from pathlib import Path
import socket
import termios
from time import monotonic
import tty
from typing import override

from .channel import Channel
from .frames import ServerFraming
from .server_thread import ServerThread

READ_SIZE = 4096
PSEUDO_TERMINALS = ("/dev/pts/", "/dev/ttys")
INPUT_SPEED = 4

type ChannelFactory = Callable[[ServerFraming, Callable[[bytes], None], Callable[[float], None]], Channel]


class _InterruptiblePort(ABC):
    """A port that a fault can close for a while."""

    _server: ServerThread | None = None

    @abstractmethod
    def open(self) -> None:
        """Open the port."""

    @abstractmethod
    def attach(self, server: ServerThread) -> None:
        """Start listening."""

    @abstractmethod
    def close(self) -> None:
        """Close the port."""

    def _interrupt(self, seconds: float) -> None:
        server = self._server
        self.close()
        if server is not None:
            server.call_later(seconds, lambda: self._restore(server))

    def _restore(self, server: ServerThread) -> None:
        self.open()
        self.attach(server)


class PtyPort(_InterruptiblePort):
    """A pseudo terminal that behaves like a serial port with one baud rate, optionally under a fixed name."""

    def __init__(
        self,
        link: Path | None,
        baud: int,
        framing: ServerFraming,
        create_channel: ChannelFactory,
        on_wrong_baud: Callable[[int], None],
    ) -> None:
        """Open the terminal. Raise FileExistsError if `link` exists and is not a link to a simulated inverter."""
        if link is not None and os.path.lexists(link) and not _is_terminal_link(link):
            raise FileExistsError(f"{link} exists and is not a link to a simulated inverter")
        self._link, self._framing, self._create_channel, self._on_wrong_baud = (
            link,
            framing,
            create_channel,
            on_wrong_baud,
        )
        self._speed: int | None = getattr(termios, f"B{baud}", None)
        self._channel: Channel | None = None
        self._master = self._slave = -1
        self.open()

    @property
    def path(self) -> str:
        """The path that a client opens."""
        return str(self._link) if self._link is not None else self.terminal

    @override
    def open(self) -> None:
        """Create the terminal and its link. Raise OSError if the link cannot be created."""
        # The slave end stays open here: otherwise the terminal reports a hang-up while no client is connected.
        self._master, self._slave = os.openpty()
        self.terminal = os.ttyname(self._slave)
        tty.setraw(self._slave)
        if self._speed is not None:
            attributes = termios.tcgetattr(self._slave)
            attributes[INPUT_SPEED : INPUT_SPEED + 2] = [self._speed, self._speed]
            termios.tcsetattr(self._slave, termios.TCSANOW, attributes)
        os.set_blocking(self._master, False)
        if self._link is not None:
            try:
                _replace_link(self._link, self.terminal)
            except OSError:
                self._close_terminal()
                raise

    @override
    def attach(self, server: ServerThread) -> None:
        """Start listening."""
        self._server = server
        self._channel = self._create_channel(self._framing, self._write, self._interrupt)
        server.add_channel(self._channel)
        server.watch(self._master, self._read)

    @override
    def close(self) -> None:
        """Remove the link if it still points here, and close the terminal."""
        if self._master < 0:
            return
        if self._server is not None and self._channel is not None:
            self._server.remove_channel(self._channel)
            self._server.unwatch(self._master)
            self._channel = None
        if self._link is not None:
            with suppress(OSError):
                if self._link.readlink() == Path(self.terminal):
                    self._link.unlink()
        self._close_terminal()

    def _close_terminal(self) -> None:
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def _read(self) -> None:
        now = monotonic()
        data = os.read(self._master, READ_SIZE)
        if self._channel is not None and self._is_baud_correct():
            self._channel.receive(data, now)
        else:
            self._on_wrong_baud(len(data))

    def _is_baud_correct(self) -> bool:
        """Return whether the client has set the line's baud rate."""
        return self._speed is None or termios.tcgetattr(self._slave)[INPUT_SPEED] == self._speed

    def _write(self, data: bytes) -> None:
        # If the client does not read and the buffer is full, the bytes are lost, as on a serial line.
        with suppress(BlockingIOError):
            os.write(self._master, data)


def _is_terminal_link(link: Path) -> bool:
    return link.is_symlink() and str(link.readlink()).startswith(PSEUDO_TERMINALS)


def _replace_link(link: Path, target: str) -> None:
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.symlink_to(target)
    try:
        temporary.replace(link)
    except OSError:
        temporary.unlink()
        raise


class TcpPort(_InterruptiblePort):
    """A listening socket. Every connection has its own channel, as behind a gateway."""

    def __init__(self, host: str, port: int, framing: ServerFraming, create_channel: ChannelFactory) -> None:
        """Start listening. Raise OSError if the address is not available."""
        self._host, self.port = host, port
        self._framing, self._create_channel = framing, create_channel
        self._connections: set[_TcpConnection] = set()
        self.open()

    @override
    def open(self) -> None:
        """Listen; after an interruption, on the same port again."""
        family, _, _, _, address = socket.getaddrinfo(self._host, self.port, type=socket.SOCK_STREAM)[0]
        self._listener = socket.create_server(address[:2], family=family, backlog=8)
        self._listener.setblocking(False)  # noqa: FBT003
        self.port = self._listener.getsockname()[1]

    @override
    def attach(self, server: ServerThread) -> None:
        """Start accepting connections."""
        self._server = server
        server.watch(self._listener.fileno(), lambda: self._accept(server))

    @override
    def close(self) -> None:
        """Stop listening and close all connections."""
        if self._server is not None and self._listener.fileno() >= 0:
            self._server.unwatch(self._listener.fileno())
        self._listener.close()
        for connection in list(self._connections):
            connection.close()

    def _accept(self, server: ServerThread) -> None:
        with suppress(BlockingIOError, ConnectionError):
            client, _ = self._listener.accept()
            client.setblocking(False)  # noqa: FBT003
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(_TcpConnection(client, server, self))

    def channel(self, send: Callable[[bytes], None]) -> Channel:
        """Create the channel of a new connection."""
        return self._create_channel(self._framing, send, self._interrupt)

    def remove(self, connection: _TcpConnection) -> None:
        """Remove a connection that has ended."""
        self._connections.discard(connection)


class _TcpConnection:
    """One client connected over TCP."""

    def __init__(self, client: socket.socket, server: ServerThread, port: TcpPort) -> None:
        self._client, self._server, self._port = client, server, port
        self._channel = port.channel(self._send)
        server.add_channel(self._channel)
        server.watch(client.fileno(), self._read)

    def close(self) -> None:
        """Close the connection. Do nothing if it is closed."""
        if self._client.fileno() < 0:
            return
        self._server.remove_channel(self._channel)
        self._server.unwatch(self._client.fileno())
        self._client.close()
        self._port.remove(self)

    def _read(self) -> None:
        now = monotonic()
        if self._client.fileno() < 0:
            return
        try:
            data = self._client.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._channel.receive(data, now)
        else:
            self.close()

    def _send(self, data: bytes) -> None:
        try:
            self._client.sendall(data)
        except OSError:
            self.close()
