"""The line's rules in virtual time."""

from datetime import datetime
from math import inf

import pytest

from custom_components.nattery.core.simulator.channel import Channel, ChannelOptions
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.frames import Adu, RtuServerFraming, ServerFraming, TcpServerFraming
from custom_components.nattery.core.simulator.line_timing import LineTiming, TrafficLog
from custom_components.nattery.core.simulator.request_handler import RequestHandler
from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter

PACE = LineTiming(turnaround=0.03)
CHARACTER = 10 / 9600
GAP = 3.5 * CHARACTER
RTU = RtuServerFraming()


def request(pdu: str, unit: int = 1) -> bytes:
    return RTU.pack(Adu(unit, bytes.fromhex(pdu)))


READ_ONE = request("03a0280001")
READ_32 = request("0375300020")
READ_33 = request("0375300021")


class Bench:
    """A channel with a hand on its clock."""

    def __init__(
        self,
        faults: dict[int, LineFault] | None = None,
        *,
        pace: LineTiming = PACE,
        fragile: bool = True,
        framing: ServerFraming = RTU,
    ) -> None:
        self.device = SimulatedInverter(1, datetime(2026, 6, 17, 12), past=False)
        self.record = TrafficLog()
        self.sent: list[tuple[float, bytes]] = []
        self.lost: list[float] = []
        self.now = 100.0
        rules = ChannelOptions(pace, FaultPlan(faults or {}), fragile, deaf_seconds=1.0)
        service = RequestHandler(self.device, lambda: None)
        self.channel = Channel(
            framing, service, rules, self.record, lambda part: self.sent.append((self.now, part)), self.lost.append
        )

    def receive(self, data: bytes, wait: float = 0.0) -> None:
        self.run(self.now + wait)
        self.channel.receive(data, self.now)

    def run(self, until: float) -> None:
        while self.channel.due <= until:
            self.now = max(self.now, self.channel.due)
            self.channel.run(self.now)
        self.now = until

    def finish(self) -> bytes:
        """Run until nothing is planned any more; what was sent since the last time."""
        while self.channel.due < inf:
            self.run(self.channel.due)
        data = b"".join(part for _, part in self.sent)
        self.sent.clear()
        return data


def test_the_line_takes_the_time_of_its_characters() -> None:
    bench = Bench()
    bench.receive(READ_32)
    bench.run(101.0)
    start = 100 + 8 * CHARACTER + GAP + 0.03
    assert [len(part) for _, part in bench.sent] == [16, 16, 16, 16, 5]
    assert [when for when, _ in bench.sent] == pytest.approx([start + n * CHARACTER for n in (16, 32, 48, 64, 69)])
    (exchange,) = bench.record.exchanges
    assert exchange.ended == pytest.approx(exchange.due)
    assert exchange.answer == b"".join(part for _, part in bench.sent)
    assert exchange.due is not None
    assert exchange.due + GAP - exchange.arrived == pytest.approx(PACE.ideal(8, 69)) == pytest.approx(0.1175)


def test_a_request_in_two_bursts_takes_its_time_once() -> None:
    bench = Bench()
    bench.receive(READ_ONE[:3])
    bench.receive(READ_ONE[3:], wait=0.01)
    assert len(bench.finish()) == 7
    (exchange,) = bench.record.exchanges
    assert exchange.arrived == 100
    assert exchange.heard == pytest.approx(100.01 + 5 * CHARACTER)


def test_unpaced_answers_at_once() -> None:
    bench = Bench(pace=LineTiming(turnaround=0, paced=False))
    for _ in range(3):
        bench.receive(READ_32)
        bench.run(bench.now)
        assert len(bench.finish()) == 69
    assert bench.record.tally.short_gaps == 0


def test_a_byte_during_an_answer_loses_both_and_leaves_the_device_deaf() -> None:
    for wait in (0.001, 0.02, 0.06):
        bench = Bench()
        bench.receive(READ_32)
        bench.receive(READ_ONE, wait=wait)
        sent = bench.finish()
        assert len(sent) < 69
        assert bench.record.tally.overlaps == 1
        assert bench.record.exchanges[0].overlapped
        bench.receive(READ_ONE, wait=0.9)
        assert bench.finish() == b""
        bench.receive(READ_ONE, wait=0.2)
        assert len(bench.finish()) == 7
        assert (bench.record.tally.overlaps, bench.record.tally.requests, bench.record.tally.unheard) == (1, 2, 8)


def test_two_requests_in_one_burst_overlap() -> None:
    bench = Bench()
    bench.receive(READ_ONE + READ_ONE)
    assert bench.finish() == b""
    assert bench.record.tally.overlaps == 1


def test_a_write_that_is_overlapped_at_once_is_not_carried_out() -> None:
    bench = Bench()
    bench.receive(request("06a0280003"))
    bench.receive(READ_ONE, wait=0.001)
    bench.finish()
    assert not bench.device.writes


def test_a_sturdy_line_drops_the_second_request_only() -> None:
    bench = Bench(fragile=False)
    bench.receive(READ_32)
    bench.receive(READ_ONE, wait=0.02)
    assert len(bench.finish()) == 69
    bench.receive(READ_ONE, wait=0.1)
    assert len(bench.finish()) == 7
    assert bench.record.tally.overlaps == 1


def test_silence_before_a_request_is_judged() -> None:
    bench = Bench()
    for gap, short in ((GAP + 1e-6, 0), (GAP - 1e-4, 1), (0.0, 2)):
        bench.receive(READ_ONE)
        bench.finish()
        bench.receive(READ_ONE, wait=gap)
        assert len(bench.finish()) == 7
        assert bench.record.tally.short_gaps == short
        bench.now += 1
    assert bench.record.tally.overlaps == 0


def test_silence_counts_from_requests_too() -> None:
    bench = Bench()
    bench.receive(request("03a0280001", unit=5))
    bench.receive(READ_ONE, wait=8 * CHARACTER + GAP / 2)
    assert len(bench.finish()) == 7
    assert (bench.record.tally.others, bench.record.tally.short_gaps) == (1, 1)


def test_garbage_is_dropped_after_a_silence() -> None:
    bench = Bench()
    bench.receive(b"\x55")
    bench.run(bench.now + 0.1)
    bench.receive(b"hello, inverter")
    bench.run(bench.now + 0.1)
    bench.receive(READ_ONE[:5])
    bench.run(bench.now + 0.1)
    bench.receive(READ_ONE)
    assert len(bench.finish()) == 7
    assert bench.record.tally.garbage == 3


def test_endless_garbage_is_dropped() -> None:
    bench = Bench()
    for _ in range(10):
        bench.receive(b"\x01\x41" * 60, wait=0.001)
    assert bench.record.tally.garbage == 2


def test_a_wrong_crc_is_not_answered() -> None:
    bench = Bench()
    bench.receive(READ_ONE[:-1] + bytes((READ_ONE[-1] ^ 1,)))
    assert bench.finish() == b""
    assert (bench.record.tally.damaged, bench.record.tally.requests) == (1, 0)


def test_an_unknown_function_is_refused_after_a_silence() -> None:
    bench = Bench()
    bench.receive(RTU.pack(Adu(1, b"\x2b\x0e\x01\x00")))
    assert bench.finish() == request("ab01")


def test_more_than_32_registers_are_refused() -> None:
    bench = Bench()
    bench.receive(READ_33)
    assert bench.finish() == request("8303")


def test_broadcast_is_carried_out_and_keeps_the_device_busy() -> None:
    bench = Bench()
    bench.receive(request("06a0280003", unit=0))
    assert bench.channel.due < inf
    assert bench.finish() == b""
    assert bench.device.writes == {"OutPriority": 1}


def test_faults_that_delay() -> None:
    bench = Bench({1: LineFault(FaultKind.LATE, 1.4), 2: LineFault(FaultKind.SPLIT, 0.5)})
    bench.receive(READ_ONE)
    assert len(bench.finish()) == 7
    assert bench.now == pytest.approx(100 + 15 * CHARACTER + GAP + 0.03 + 1.4)
    bench.now = start = 200.0
    bench.receive(READ_ONE)
    assert len(bench.finish()) == 7
    assert bench.now == pytest.approx(start + 15 * CHARACTER + GAP + 0.03 + 0.5)
    assert [exchange.fault for exchange in bench.record.exchanges] == [FaultKind.LATE, FaultKind.SPLIT]


def test_lost_is_carried_out_and_unheard_is_not() -> None:
    write = request("06a0280003")
    for kind, writes in (
        (FaultKind.LOST, 1),
        (FaultKind.UNHEARD, 0),
        (FaultKind.EXCEPTION, 0),
        (FaultKind.PORT_GONE, 0),
    ):
        bench = Bench({1: LineFault(kind, 2.5, code=6)})
        bench.receive(write)
        assert bench.finish() == (request("8606") if kind is FaultKind.EXCEPTION else b"")
        assert bench.device.writes.total() == writes
        assert bench.lost == ([2.5] if kind is FaultKind.PORT_GONE else [])


def test_modbus_tcp_keeps_the_transaction() -> None:
    bench = Bench(framing=TcpServerFraming(), pace=LineTiming(turnaround=0, paced=False, silence=1))
    bench.receive(bytes.fromhex("1234000000060103"))
    bench.receive(bytes.fromhex("a0280001"), wait=0.2)
    assert bench.finish() == bytes.fromhex("1234000000050103020000")
    bench.receive(bytes.fromhex("123400010006") + b"\x01\x03\xa0\x28\x00\x01")
    assert bench.finish() == b""
    assert bench.record.tally.garbage == 1
