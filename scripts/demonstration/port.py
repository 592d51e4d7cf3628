"""Ports of the loopback interface: whether one is available, and the one on which prices are served."""

from collections.abc import Callable
from contextlib import closing
from random import SystemRandom
import socket

from yarl import URL

from .folder import LOOPBACK, DemoFolder

# Linux and macOS assign ports above these to any program that asks for none in particular.
_NEVER_ASSIGNED = range(10_000, 32_000)


def bind_error(port: int, create_socket: Callable[[], socket.socket] = socket.socket) -> str:
    """Return why a port cannot be used, or an empty string."""
    with closing(create_socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def free_port(create_socket: Callable[[], socket.socket] = socket.socket) -> int:
    """Return a port that is available, and stays so while its server restarts."""
    while bind_error(port := SystemRandom().choice(_NEVER_ASSIGNED), create_socket):
        pass
    return port


def market_port(folder: DemoFolder) -> int:
    """Return the port that Home Assistant's configuration has from earlier runs, or another one if it has none."""
    port = URL(folder.saved_facts().get("market", "")).port
    return free_port() if port is None or bind_error(port) else port
