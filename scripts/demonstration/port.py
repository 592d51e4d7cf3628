"""Ports of the loopback interface: whether one is available, and the one on which prices are served."""

from contextlib import closing
import socket

from yarl import URL

from .folder import LOOPBACK, DemoFolder

ANY_PORT = 0


def bind_error(port: int) -> str:
    """Return why a port cannot be used, or an empty string."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def market_port(folder: DemoFolder) -> int:
    """Return the port that Home Assistant's configuration has from earlier runs, or ANY_PORT if it is not available."""
    port = URL(folder.saved_facts().get("market", "")).port or ANY_PORT
    return ANY_PORT if bind_error(port) else port
