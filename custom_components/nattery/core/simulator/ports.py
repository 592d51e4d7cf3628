"""Where clients connect: a pseudo terminal behind a link, or a TCP port."""

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

CHUNK = 4096
PSEUDO_TERMINALS = ("/dev/pts/", "/dev/ttys")
INPUT_SPEED = 4

type ChannelFactory = Callable[[ServerFraming, Callable[[bytes], None], Callable[[float], None]], Channel]


class _InterruptiblePort(ABC):
    """A port that a fault can take away for a while."""

    _line: ServerThread | None = None

    @abstractmethod
    def open(self) -> None:
        """Be there for clients."""

    @abstractmethod
    def attach(self, line: ServerThread) -> None:
        """Begin to listen."""

    @abstractmethod
    def close(self) -> None:
        """Be gone."""

    def _vanish(self, seconds: float) -> None:
        line = self._line
        self.close()
        if line is not None:
            line.later(seconds, lambda: self._return(line))

    def _return(self, line: ServerThread) -> None:
        self.open()
        self.attach(line)


class PtyPort(_InterruptiblePort):
    """A pseudo terminal that behaves as a serial port: raw, at one baud rate, under a stable name if wanted."""

    def __init__(
        self,
        link: Path | None,
        baud: int,
        framing: ServerFraming,
        new_channel: ChannelFactory,
        on_wrong_speed: Callable[[int], None],
    ) -> None:
        """Describe the port; FileExistsError when `link` is something else than a link of a simulated inverter."""
        if link is not None and os.path.lexists(link) and not _is_terminal_link(link):
            raise FileExistsError(f"{link} exists and is not a link to a simulated inverter")
        self._link, self._framing, self._new_channel, self._on_wrong_speed = link, framing, new_channel, on_wrong_speed
        self._speed: int | None = getattr(termios, f"B{baud}", None)
        self._channel: Channel | None = None
        self._master = self._slave = -1
        self.open()

    @property
    def path(self) -> str:
        """What a client opens."""
        return str(self._link) if self._link is not None else self.terminal

    @override
    def open(self) -> None:
        """Make the terminal and point the link to it; OSError when the link's folder does not allow that."""
        # The other end stays open here too: otherwise the terminal reports a hang-up for as long as no client is there.
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
    def attach(self, line: ServerThread) -> None:
        """Begin to listen."""
        self._line = line
        self._channel = self._new_channel(self._framing, self._write, self._vanish)
        line.join(self._channel)
        line.watch(self._master, self._read)

    @override
    def close(self) -> None:
        """Remove the link, if it is still ours, and the terminal."""
        if self._master < 0:
            return
        if self._line is not None and self._channel is not None:
            self._line.leave(self._channel)
            self._line.unwatch(self._master)
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
        data = os.read(self._master, CHUNK)
        if self._channel is not None and self._right_speed():
            self._channel.receive(data, now)
        else:
            self._on_wrong_speed(len(data))

    def _right_speed(self) -> bool:
        """Whether the client has set the line's own speed; otherwise the inverter could not read it."""
        return self._speed is None or termios.tcgetattr(self._slave)[INPUT_SPEED] == self._speed

    def _write(self, data: bytes) -> None:
        # Nobody reads, and the terminal's buffer is full: a serial line would lose the bytes too.
        with suppress(BlockingIOError):
            os.write(self._master, data)


def _is_terminal_link(link: Path) -> bool:
    return link.is_symlink() and str(link.readlink()).startswith(PSEUDO_TERMINALS)


def _replace_link(link: Path, target: str) -> None:
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.symlink_to(target)
    try:
        fresh.replace(link)
    except OSError:
        fresh.unlink()
        raise


class TcpPort(_InterruptiblePort):
    """A listening socket; every connection is a channel of its own, as behind a gateway."""

    def __init__(self, host: str, port: int, framing: ServerFraming, new_channel: ChannelFactory) -> None:
        """Listen at once; OSError when the address cannot be had."""
        self._host, self.port = host, port
        self._framing, self._new_channel = framing, new_channel
        self._connections: set[_TcpConnection] = set()
        self.open()

    @override
    def open(self) -> None:
        """Listen, again on the same port after the first time."""
        family, _, _, _, address = socket.getaddrinfo(self._host, self.port, type=socket.SOCK_STREAM)[0]
        self._listener = socket.create_server(address[:2], family=family, backlog=8)
        self._listener.setblocking(False)  # noqa: FBT003
        self.port = self._listener.getsockname()[1]

    @override
    def attach(self, line: ServerThread) -> None:
        """Begin to accept."""
        self._line = line
        line.watch(self._listener.fileno(), lambda: self._accept(line))

    @override
    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._line is not None and self._listener.fileno() >= 0:
            self._line.unwatch(self._listener.fileno())
        self._listener.close()
        for connection in list(self._connections):
            connection.close()

    def _accept(self, line: ServerThread) -> None:
        with suppress(BlockingIOError, ConnectionError):
            client, _ = self._listener.accept()
            client.setblocking(False)  # noqa: FBT003
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(_TcpConnection(client, line, self))

    def channel(self, send: Callable[[bytes], None]) -> Channel:
        """A channel for a new connection."""
        return self._new_channel(self._framing, send, self._vanish)

    def forget(self, connection: _TcpConnection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)


class _TcpConnection:
    """One client over TCP."""

    def __init__(self, client: socket.socket, line: ServerThread, port: TcpPort) -> None:
        self._client, self._line, self._port = client, line, port
        self._channel = port.channel(self._send)
        line.join(self._channel)
        line.watch(client.fileno(), self._read)

    def close(self) -> None:
        """Hang up; harmless a second time."""
        if self._client.fileno() < 0:
            return
        self._line.leave(self._channel)
        self._line.unwatch(self._client.fileno())
        self._client.close()
        self._port.forget(self)

    def _read(self) -> None:
        now = monotonic()
        if self._client.fileno() < 0:
            return
        try:
            data = self._client.recv(CHUNK)
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
