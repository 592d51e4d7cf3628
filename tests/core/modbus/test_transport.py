"""The errors of transports, on a real pty and a real socket."""

import os
import pty
import socket
import time

import pytest

from custom_components.nattery.core.modbus.errors import NotConnectedError
from custom_components.nattery.core.modbus.transport import SerialTransport, TcpTransport


def reason_of(call, *arguments) -> str:
    with pytest.raises(NotConnectedError) as caught:
        call(*arguments)
    return caught.value.reason


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def gateway(listener):
    """Return a connected transport and the gateway's end of the connection."""
    transport = TcpTransport("127.0.0.1", listener.getsockname()[1])
    transport.open()
    other_end, _ = listener.accept()
    yield transport, other_end
    transport.close()
    other_end.close()


@pytest.mark.parametrize("transport", [TcpTransport("127.0.0.1", 9), SerialTransport("/dev/null")])
def test_a_closed_transport_says_so(transport) -> None:
    assert reason_of(transport.send, b"x") == "closed"
    assert reason_of(transport.receive, 1, time.monotonic() + 1) == "closed"
    assert reason_of(transport.pending) == "closed"
    transport.close()  # does nothing


def test_nothing_is_pending_until_something_arrives(gateway) -> None:
    transport, other_end = gateway
    assert transport.pending() == b""
    other_end.sendall(b"late")
    time.sleep(0.05)
    assert transport.pending() == b"late"


def test_a_gateway_that_hangs_up(gateway) -> None:
    transport, other_end = gateway
    other_end.close()
    time.sleep(0.05)
    assert reason_of(transport.pending) == "hung_up"


def test_a_connection_that_is_reset(gateway) -> None:
    transport, other_end = gateway
    other_end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    other_end.close()
    time.sleep(0.05)
    assert reason_of(transport.pending) == "lost"
    assert reason_of(transport.send, b"x") == "lost"


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(TimeoutError(), "timed_out"), (socket.gaierror(), "unknown_host"), (OSError(113, "No route"), "unreachable")],
)
def test_the_reasons_of_a_failed_connection(monkeypatch, failure, reason) -> None:
    transport = TcpTransport("127.0.0.1", 9)

    def fail() -> None:
        raise failure

    monkeypatch.setattr(transport._client, "connect", fail)
    assert reason_of(transport.open) == reason


def test_a_serial_port_that_disappears() -> None:
    master, slave = pty.openpty()
    transport = SerialTransport(os.ttyname(slave))
    transport.open()
    os.close(slave)
    os.close(master)
    assert reason_of(transport.send, b"x" * 8) == "lost"
    transport.close()
