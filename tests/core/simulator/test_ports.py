"""The ports on real terminals and sockets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import select
import socket
import termios
import threading
from time import monotonic, process_time, sleep
from typing import Any

import pytest
import serial

from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.frames import Adu, RtuServerFraming
from custom_components.nattery.core.simulator.ports import _TcpConnection
from custom_components.nattery.core.simulator.simulator import Simulator
from tests.ports import free_port

RTU = RtuServerFraming()
READ_SERIAL = RTU.encode(Adu(1, bytes.fromhex("03c746001e")))
READ_32 = RTU.encode(Adu(1, bytes.fromhex("0375300020")))
READ_1 = RTU.encode(Adu(1, bytes.fromhex("0375300001")))

type StartPty = Callable[..., tuple[Simulator, str]]


class Terminal:
    """A client on a terminal that uses no Modbus library."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def ask(self, request: bytes, size: int, seconds: float = 2.0) -> bytes:
        os.write(self.descriptor, request)
        answer, end = b"", monotonic() + seconds
        while len(answer) < size and (left := end - monotonic()) > 0:
            if select.select([self.descriptor], [], [], left)[0]:
                answer += os.read(self.descriptor, 1024)
        return answer


@contextmanager
def terminal(path: str) -> Iterator[Terminal]:
    client = Terminal(path)
    try:
        yield client
    finally:
        os.close(client.descriptor)


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "the condition was not met in time"
        sleep(0.005)


def hung_up(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0]) and os.read(descriptor, 1) == b""


def resources() -> tuple[int, int]:
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def test_serial_library_reads_the_serial_number(simulator_pty: StartPty) -> None:
    simulator, path = simulator_pty()
    with serial.Serial(path, 9600, timeout=2) as port:
        port.write(READ_SERIAL)
        answer = port.read(65)
    assert RTU.decode(answer).pdu[2:].rstrip(b"\0").decode() == simulator.device.serial


def test_wrong_baud_rate_gets_no_response(simulator_pty: StartPty) -> None:
    simulator, path = simulator_pty()
    with serial.Serial(path, 19200, timeout=0.2) as port:
        port.write(READ_SERIAL)
        assert port.read(1) == b""
    assert simulator.traffic.counters.wrong_baud_bytes == len(READ_SERIAL)
    with serial.Serial(path, 9600, timeout=2) as port:
        port.write(READ_SERIAL)
        assert len(port.read(65)) == 65


def test_line_timing(simulator_pty: StartPty) -> None:
    simulator, path = simulator_pty(paced=True, turnaround=0.02)
    with terminal(path) as client:
        for _ in range(10):
            sleep(0.005)
            assert len(client.ask(READ_32, 69)) == 69
    transactions = list(simulator.traffic.transactions)
    assert len(transactions) == 10
    timing = simulator.timing
    for transaction in transactions:
        assert transaction.due is not None
        assert transaction.response_end is not None
        assert transaction.response_start is not None
        assert transaction.due - transaction.started == pytest.approx(timing.cycle_time(8, 69) - timing.silent_interval)
        assert transaction.response_end >= transaction.due
        assert transaction.response_start - transaction.request_end >= timing.silent_interval + 0.02
    # On a busy machine some responses are late, but none is early.
    assert min(e.response_end - e.due for e in transactions if e.response_end and e.due) < 0.001
    assert (simulator.traffic.counters.overlaps, simulator.traffic.counters.short_silences) == (0, 0)


def test_short_silences_of_a_client_are_counted(simulator_pty: StartPty) -> None:
    """The line is slow, so that a client on a busy machine can be quicker than its silent interval of 29 ms."""
    simulator, path = simulator_pty(paced=True, turnaround=0.0, baud=1200)
    with terminal(path) as client:
        for _ in range(4):
            assert len(client.ask(READ_1, 7)) == 7
    interval = simulator.timing.silent_interval
    short = [transaction for transaction in simulator.traffic.transactions if transaction.preceding_silence < interval]
    assert simulator.traffic.counters.short_silences == len(short) > 0


def test_overlap_starts_recovery(simulator_pty: StartPty) -> None:
    simulator, path = simulator_pty(paced=True, turnaround=0.5, recovery_seconds=0.4)
    with terminal(path) as client:
        os.write(client.descriptor, READ_32)
        sleep(0.02)
        assert client.ask(READ_32, 1, seconds=0.2) == b""
        assert simulator.traffic.counters.overlaps == 1
        wait_for(lambda: len(client.ask(READ_32, 69, seconds=1.5)) == 69)
    assert simulator.traffic.counters.overlaps == 1


def test_port_disappears_and_returns(simulator_pty: StartPty) -> None:
    simulator, path = simulator_pty(faults=FaultPlan({1: LineFault(FaultKind.PORT_GONE, 1.0)}))
    with terminal(path) as client:
        os.write(client.descriptor, READ_SERIAL)
        wait_for(lambda: not Path(path).is_symlink())
        wait_for(lambda: hung_up(client.descriptor))
        wait_for(lambda: Path(path).is_symlink())
    with terminal(path) as client:
        assert len(client.ask(READ_SERIAL, 65)) == 65
    assert simulator.traffic.counters.requests == 2


def test_stop_while_the_port_is_gone(simulator_pty: StartPty) -> None:
    before = resources()
    simulator, path = simulator_pty(faults=FaultPlan({1: LineFault(FaultKind.PORT_GONE, 60)}))
    with terminal(path) as client:
        os.write(client.descriptor, READ_SERIAL)
        wait_for(lambda: not Path(path).is_symlink())
    simulator.stop()
    assert resources() == before


def test_disconnected_client_does_not_affect_the_next(simulator_pty: StartPty) -> None:
    simulator, path = simulator_pty(paced=True)
    with terminal(path) as client:
        os.write(client.descriptor, READ_32)
        wait_for(lambda: simulator.traffic.counters.requests == 1)
    wait_for(lambda: simulator.traffic.counters.responses == 1)
    with serial.Serial(path, 9600, timeout=2) as port:
        port.write(READ_SERIAL)
        assert len(port.read(65)) == 65
    assert simulator.traffic.counters.overlaps == 0


def test_stop_is_quick_and_releases_resources(start_simulator: Callable[..., Simulator], tmp_path: Path) -> None:
    before, durations = resources(), []
    for _ in range(5):
        simulator = start_simulator()
        path = simulator.serve_pty(tmp_path / "inverter")
        port = simulator.serve_tcp()
        with terminal(path) as client, socket.create_connection(("127.0.0.1", port)):
            client.ask(READ_SERIAL, 65)
            start = monotonic()
            simulator.stop()
            durations.append(monotonic() - start)
        assert not (tmp_path / "inverter").is_symlink()
        simulator.stop()
    assert resources() == before
    assert min(durations) < 0.2


def test_idle_server_uses_no_cpu_time(simulator_pty: StartPty) -> None:
    simulator_pty()
    sleep(0.1)
    start = process_time()
    sleep(0.5)
    assert process_time() - start < 0.05


def test_only_links_of_simulated_inverters_are_replaced(
    simulator_pty: StartPty, start_simulator: Any, tmp_path: Path
) -> None:
    first, path = simulator_pty()
    second = start_simulator(seed=2)
    assert second.serve_pty(path) == path
    first.stop()  # and leaves the second inverter's link
    with terminal(path) as client:
        assert len(client.ask(READ_SERIAL, 65)) == 65
    second.stop()
    assert not Path(path).is_symlink()

    before = resources()
    for name, make in (
        ("file", lambda place: place.write_text("mine")),
        ("folder", lambda place: place.mkdir()),
        ("link", lambda place: place.symlink_to("/dev/null")),
    ):
        make(tmp_path / name)
        with pytest.raises(FileExistsError, match="is not a link to a simulated inverter"):
            second.serve_pty(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        second.serve_pty(tmp_path / "nowhere" / "inverter")
    assert resources() == before


def test_terminal_without_a_link(start_simulator: Callable[..., Simulator]) -> None:
    with terminal(start_simulator().serve_pty()) as client:
        assert termios.tcgetattr(client.descriptor)[4] == termios.B9600
        assert len(client.ask(READ_SERIAL, 65)) == 65


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def request_over_tcp(port: int, request: bytes, size: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        client.sendall(request)
        answer = b""
        while len(answer) < size and (data := client.recv(1024)):
            answer += data
    return answer


def test_both_framings_over_tcp(start_simulator: Callable[..., Simulator]) -> None:
    simulator = start_simulator(unit=7)
    tcp = simulator.serve_tcp()
    rtu = simulator.serve_tcp(framing="rtu")
    assert request_over_tcp(tcp, bytes.fromhex("000900000006ff03a0320001"), 11) == bytes.fromhex(
        "0009000000050703020007"
    )
    read = RTU.encode(Adu(255, bytes.fromhex("03a0320001")))
    assert request_over_tcp(rtu, read, 7) == RTU.encode(Adu(7, bytes.fromhex("03020007")))


def test_concurrent_tcp_clients(start_simulator: Callable[..., Simulator]) -> None:
    port = start_simulator(turnaround=0.05).serve_tcp()
    request = bytes.fromhex("000100000006010375300001")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=2) as first,
        socket.create_connection(("127.0.0.1", port), timeout=2) as second,
    ):
        start = monotonic()
        first.sendall(request)
        second.sendall(request)
        assert (len(first.recv(100)), len(second.recv(100))) == (11, 11)
        assert 0.05 <= monotonic() - start < 1


def test_tcp_port_disappears_and_returns(start_simulator: Callable[..., Simulator]) -> None:
    simulator = start_simulator(faults=FaultPlan({1: LineFault(FaultKind.PORT_GONE, 1.0)}))
    port = simulator.serve_tcp(port=free_port())
    request = bytes.fromhex("000100000006010375300001")
    assert request_over_tcp(port, request, 11) == b""
    with pytest.raises(ConnectionRefusedError):
        request_over_tcp(port, request, 11)
    wait_for(lambda: is_listening(port))
    assert len(request_over_tcp(port, request, 11)) == 11


def test_tcp_port_in_use(start_simulator: Callable[..., Simulator]) -> None:
    simulator = start_simulator()
    port = simulator.serve_tcp()
    with pytest.raises(OSError, match="in use"):
        simulator.serve_tcp(port=port)
    assert len(request_over_tcp(port, bytes.fromhex("000100000006010375300001"), 11)) == 11


def test_a_link_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no link")

    monkeypatch.setattr(Path, "replace", fail)
    simulator = Simulator(seed=1)
    with pytest.raises(OSError, match="no link"):
        simulator.serve_pty(tmp_path / "link")
    simulator.stop()
    assert list(tmp_path.iterdir()) == []


class Idle:
    """A server thread and a port that do nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def test_a_client_that_is_gone_before_the_response() -> None:
    client, other_end = socket.socketpair()
    connection = _TcpConnection(client, Idle(), Idle())
    other_end.close()
    connection._send(b"response")
    assert client.fileno() < 0
    connection._read()  # an event that was pending
    connection.close()
    assert client.fileno() < 0
