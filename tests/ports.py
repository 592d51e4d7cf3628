"""Ports for servers that go away and come back during a test, although other tests open ports at the same time."""

import pytest_socket

from scripts.demonstration import port


def free_port() -> int:
    """Return a port of the loopback interface that is available, and stays so while its server restarts."""
    return port.free_port(pytest_socket._true_socket)  # the test plugin blocks the ordinary class
