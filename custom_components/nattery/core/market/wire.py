"""Two small things that keep a request private and short: a text that hides itself, and a socket that can be cut."""

from contextlib import suppress
from socket import SHUT_RDWR, socket
from threading import Lock
from urllib.parse import quote


class Secret:
    """A text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """The text."""
        return self._text

    def hide(self, text: str) -> str:
        """Another text, without this one in it, plain or as part of an address."""
        return text.replace(self._text, "...").replace(quote(self._text, safe=""), "...") if self._text else text


class Wire:
    """The socket of one exchange, which another thread may cut at any time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket: socket | None = None
        self.is_cut = False

    def hold(self, opened: socket | None) -> None:
        """Take the socket that was just opened; raises OSError when the wire was cut before."""
        with self._lock:
            self._socket = opened
            if self.is_cut:
                raise ConnectionAbortedError("The wire was cut")

    def cut(self) -> None:
        """Wake whoever reads the socket, and let nobody read it again."""
        with self._lock:
            self.is_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    # Not the method of a TLS socket: that one takes things away from the thread that reads.
                    socket.shutdown(self._socket, SHUT_RDWR)
