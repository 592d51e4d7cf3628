"""Ports of the loopback: whether one can be had, and at which one the prices are served."""

from contextlib import closing
import socket

from yarl import URL

from .folder import LOOPBACK, Folder

ANY = 0


def trouble_with(port: int) -> str:
    """Why a port cannot be had; nothing when it can."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def market_port(folder: Folder) -> int:
    """Where prices were served before, as Home Assistant keeps the address; ANY the first time, or when it is taken."""
    port = URL(folder.remembered().get("market", "")).port or ANY
    return ANY if trouble_with(port) else port
