"""The channel in virtual time."""

from datetime import datetime
from math import inf

import pytest

from custom_components.nattery.core.simulator.channel import Channel, ChannelOptions
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.frames import Adu, RtuServerFraming, ServerFraming, TcpServerFraming
from custom_components.nattery.core.simulator.line_timing import LineTiming
from custom_components.nattery.core.simulator.request_handler import RequestHandler
from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter
from custom_components.nattery.core.simulator.traffic import TrafficLog

TIMING = LineTiming(turnaround=0.03)
CHARACTER = 10 / 9600
GAP = 3.5 * CHARACTER
RTU = RtuServerFraming()


def request(pdu: str, unit: int = 1) -> bytes:
    return RTU.encode(Adu(unit, bytes.fromhex(pdu)))


READ_ONE = request("03a0280001")
READ_32 = request("0375300020")
READ_33 = request("0375300021")


class ChannelHarness:
    """A channel whose clock the test controls."""

    def __init__(
        self,
        faults: dict[int, LineFault] | None = None,
        *,
        timing: LineTiming = TIMING,
        fails_on_overlap: bool = True,
        framing: ServerFraming = RTU,
    ) -> None:
        self.device = SimulatedInverter(1, datetime(2026, 6, 17, 12), with_history=False)
        self.traffic = TrafficLog()
        self.sent: list[tuple[float, bytes]] = []
        self.lost: list[float] = []
        self.now = 100.0
        options = ChannelOptions(timing, FaultPlan(faults or {}), fails_on_overlap, recovery_seconds=1.0)
        handler = RequestHandler(self.device, lambda: None)
        self.channel = Channel(
            framing, handler, options, self.traffic, lambda part: self.sent.append((self.now, part)), self.lost.append
        )

    def receive(self, data: bytes, wait: float = 0.0) -> None:
        self.run(self.now + wait)
        self.channel.receive(data, self.now)

    def run(self, until: float) -> None:
        while self.channel.next_event_at <= until:
            self.now = max(self.now, self.channel.next_event_at)
            self.channel.run(self.now)
        self.now = until

    def finish(self) -> bytes:
        """Run all events and return what was sent since the last call."""
        while self.channel.next_event_at < inf:
            self.run(self.channel.next_event_at)
        data = b"".join(part for _, part in self.sent)
        self.sent.clear()
        return data


def test_response_takes_the_transmission_time() -> None:
    harness = ChannelHarness()
    harness.receive(READ_32)
    harness.run(101.0)
    start = 100 + 8 * CHARACTER + GAP + 0.03
    assert [len(part) for _, part in harness.sent] == [16, 16, 16, 16, 5]
    assert [when for when, _ in harness.sent] == pytest.approx([start + n * CHARACTER for n in (16, 32, 48, 64, 69)])
    (transaction,) = harness.traffic.transactions
    assert transaction.response_end == pytest.approx(transaction.due)
    assert transaction.response == b"".join(part for _, part in harness.sent)
    assert transaction.due is not None
    assert (
        transaction.due + GAP - transaction.started == pytest.approx(TIMING.cycle_time(8, 69)) == pytest.approx(0.1175)
    )


def test_request_in_two_bursts() -> None:
    harness = ChannelHarness()
    harness.receive(READ_ONE[:3])
    harness.receive(READ_ONE[3:], wait=0.01)
    assert len(harness.finish()) == 7
    (transaction,) = harness.traffic.transactions
    assert transaction.started == 100
    assert transaction.request_end == pytest.approx(100.01 + 5 * CHARACTER)


def test_unpaced_response_is_immediate() -> None:
    harness = ChannelHarness(timing=LineTiming(turnaround=0, paced=False))
    for _ in range(3):
        harness.receive(READ_32)
        harness.run(harness.now)
        assert len(harness.finish()) == 69
    assert harness.traffic.counters.short_silences == 0


def test_overlap_discards_both_requests_and_starts_recovery() -> None:
    for wait in (0.001, 0.02, 0.06):
        harness = ChannelHarness()
        harness.receive(READ_32)
        harness.receive(READ_ONE, wait=wait)
        sent = harness.finish()
        assert len(sent) < 69
        assert harness.traffic.counters.overlaps == 1
        assert harness.traffic.transactions[0].overlapped
        harness.receive(READ_ONE, wait=0.9)
        assert harness.finish() == b""
        harness.receive(READ_ONE, wait=0.2)
        assert len(harness.finish()) == 7
        assert (
            harness.traffic.counters.overlaps,
            harness.traffic.counters.requests,
            harness.traffic.counters.ignored_bytes,
        ) == (1, 2, 8)


def test_two_requests_in_one_burst_overlap() -> None:
    harness = ChannelHarness()
    harness.receive(READ_ONE + READ_ONE)
    assert harness.finish() == b""
    assert harness.traffic.counters.overlaps == 1


def test_overlapped_write_is_not_executed() -> None:
    harness = ChannelHarness()
    harness.receive(request("06a0280003"))
    harness.receive(READ_ONE, wait=0.001)
    harness.finish()
    assert not harness.device.writes


def test_overlap_without_failure_discards_only_the_second_request() -> None:
    harness = ChannelHarness(fails_on_overlap=False)
    harness.receive(READ_32)
    harness.receive(READ_ONE, wait=0.02)
    assert len(harness.finish()) == 69
    harness.receive(READ_ONE, wait=0.1)
    assert len(harness.finish()) == 7
    assert harness.traffic.counters.overlaps == 1


def test_short_silences_are_counted() -> None:
    harness = ChannelHarness()
    for gap, short in ((GAP + 1e-6, 0), (GAP - 1e-4, 1), (0.0, 2)):
        harness.receive(READ_ONE)
        harness.finish()
        harness.receive(READ_ONE, wait=gap)
        assert len(harness.finish()) == 7
        assert harness.traffic.counters.short_silences == short
        harness.now += 1
    assert harness.traffic.counters.overlaps == 0


def test_silence_is_measured_from_the_last_request() -> None:
    harness = ChannelHarness()
    harness.receive(request("03a0280001", unit=5))
    harness.receive(READ_ONE, wait=8 * CHARACTER + GAP / 2)
    assert len(harness.finish()) == 7
    assert (harness.traffic.counters.other_units, harness.traffic.counters.short_silences) == (1, 1)


def test_garbage_is_discarded_after_silence() -> None:
    harness = ChannelHarness()
    harness.receive(b"\x55")
    harness.run(harness.now + 0.1)
    harness.receive(b"hello, inverter")
    harness.run(harness.now + 0.1)
    harness.receive(READ_ONE[:5])
    harness.run(harness.now + 0.1)
    harness.receive(READ_ONE)
    assert len(harness.finish()) == 7
    assert harness.traffic.counters.garbage == 3


def test_continuous_garbage_is_discarded() -> None:
    harness = ChannelHarness()
    for _ in range(10):
        harness.receive(b"\x01\x41" * 60, wait=0.001)
    assert harness.traffic.counters.garbage == 2


def test_wrong_crc_gets_no_response() -> None:
    harness = ChannelHarness()
    harness.receive(READ_ONE[:-1] + bytes((READ_ONE[-1] ^ 1,)))
    assert harness.finish() == b""
    assert (harness.traffic.counters.crc_errors, harness.traffic.counters.requests) == (1, 0)


def test_unknown_function_gets_an_exception_response() -> None:
    harness = ChannelHarness()
    harness.receive(RTU.encode(Adu(1, b"\x2b\x0e\x01\x00")))
    assert harness.finish() == request("ab01")


def test_more_than_32_registers_get_an_exception_response() -> None:
    harness = ChannelHarness()
    harness.receive(READ_33)
    assert harness.finish() == request("8303")


def test_broadcast_is_executed_without_a_response() -> None:
    harness = ChannelHarness()
    harness.receive(request("06a0280003", unit=0))
    assert harness.channel.next_event_at < inf
    assert harness.finish() == b""
    assert harness.device.writes == {"OutPriority": 1}


def test_delay_faults() -> None:
    harness = ChannelHarness({1: LineFault(FaultKind.LATE, 1.4), 2: LineFault(FaultKind.SPLIT, 0.5)})
    harness.receive(READ_ONE)
    assert len(harness.finish()) == 7
    assert harness.now == pytest.approx(100 + 15 * CHARACTER + GAP + 0.03 + 1.4)
    harness.now = start = 200.0
    harness.receive(READ_ONE)
    assert len(harness.finish()) == 7
    assert harness.now == pytest.approx(start + 15 * CHARACTER + GAP + 0.03 + 0.5)
    assert [transaction.fault for transaction in harness.traffic.transactions] == [FaultKind.LATE, FaultKind.SPLIT]


def test_only_a_lost_response_executes_the_request() -> None:
    write = request("06a0280003")
    for kind, writes in (
        (FaultKind.RESPONSE_LOST, 1),
        (FaultKind.REQUEST_LOST, 0),
        (FaultKind.EXCEPTION, 0),
        (FaultKind.PORT_GONE, 0),
    ):
        harness = ChannelHarness({1: LineFault(kind, 2.5, code=6)})
        harness.receive(write)
        assert harness.finish() == (request("8606") if kind is FaultKind.EXCEPTION else b"")
        assert harness.device.writes.total() == writes
        assert harness.lost == ([2.5] if kind is FaultKind.PORT_GONE else [])


def test_modbus_tcp_response_carries_the_transaction_id() -> None:
    harness = ChannelHarness(framing=TcpServerFraming(), timing=LineTiming(turnaround=0, paced=False, end_of_frame=1))
    harness.receive(bytes.fromhex("1234000000060103"))
    harness.receive(bytes.fromhex("a0280001"), wait=0.2)
    assert harness.finish() == bytes.fromhex("1234000000050103020000")
    harness.receive(bytes.fromhex("123400010006") + b"\x01\x03\xa0\x28\x00\x01")
    assert harness.finish() == b""
    assert harness.traffic.counters.garbage == 1
