"""Ten thousand requests over a broken line, to see whether any answer ever reaches another request.

The line is as strict and as slow in proportion as the real one, but every time is a twentieth, so that the run ends.
Register values tell which request they were read for, so a wrong value can be recognised with certainty.
"""

import asyncio
from collections.abc import Sequence
import hashlib
from random import Random
import tempfile

from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusException

from custom_components.nattery.core.modbus.client import ModbusClient, Priority
from custom_components.nattery.core.modbus.errors import ModbusError
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import SerialTransport
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.simulator import Simulator

FASTER = 20
FAULT_RATE = 0.11  # one in a hundred of each kind
FIRST, LAST = 0x1000, 0x8000
SETTING = 0x9000


class Witness:
    """A device whose registers hold a digest of their address and of the request that read them."""

    unit = 1
    silent = False

    def __init__(self) -> None:
        """Begin with request 0."""
        self.reads = 0
        self.setting = 0

    def read(self, address: int, count: int) -> list[int]:
        """Different at every request."""
        self.reads += 1
        return [self.setting] if address == SETTING else witness_words(self.reads, address, count)

    def write(self, _address: int, words: Sequence[int]) -> None:
        """The one setting."""
        (self.setting,) = words


def witness_words(number: int, address: int, count: int) -> list[int]:
    """What request `number` finds at these addresses."""
    return [
        int.from_bytes(hashlib.blake2s(f"{number} {place}".encode(), digest_size=2).digest())
        for place in range(address, address + count)
    ]


def witness_line(plan: FaultPlan, *, fails_on_overlap: bool = True) -> tuple[Simulator, Witness]:
    """A simulated line with the witness as the device on it."""
    simulator = Simulator(
        faults=plan,
        turnaround=0.03 / FASTER,
        baud=115200,
        recovery_seconds=1 / FASTER,
        fails_on_overlap=fails_on_overlap,
    )
    witness = Witness()
    simulator._handler.device = witness  # type: ignore[assignment]  # noqa: SLF001
    return simulator, witness


async def faulted(requests: int) -> tuple[int, int, int, int]:
    """Wrong values, right answers, errors, and overlaps."""
    plan = FaultPlan(
        rates=dict.fromkeys(FaultKind, FAULT_RATE / len(FaultKind)),
        seed=7,
        late=(0.2 / FASTER, 2.5 / FASTER),
        pause=(0.01 / FASTER, 2.0 / FASTER),
        gone=(0.2 / FASTER, 1.0 / FASTER),
    )
    simulator, witness = witness_line(plan)
    chance = Random(7)
    wrong = right = errors = 0
    with tempfile.TemporaryDirectory() as folder:
        path = simulator.serve_pty(f"{folder}/line")
        timing = Timing(baud=115200, margin=1 / FASTER, max_margin=5 / FASTER, min_quarantine=3 / FASTER)
        client = ModbusClient(SerialTransport(path, 115200), timing=timing)
        client.start()
        try:
            for number in range(requests):
                try:
                    if number % 10 == 0:
                        value = chance.randrange(65536)
                        await client.write(1, SETTING, (value,))
                        good = witness.setting == value
                    else:
                        address, count = chance.randrange(FIRST, LAST), chance.choice((1, 8, 8, 32))
                        answer = await client.read(1, address, count, chance.choice(tuple(Priority)))
                        good = list(answer.words) == witness_words(witness.reads, address, count)
                except ModbusError:
                    errors += 1
                    while not client.connected:  # a port that is gone answers nothing, which proves nothing
                        await asyncio.sleep(0.01)
                else:
                    wrong, right = wrong + (not good), right + good
        finally:
            client.close()
            simulator.stop()
    return wrong, right, errors, simulator.traffic.counters.overlaps


def rival_after_a_late_answer() -> int:
    """How many of ten reads through pymodbus alone give another request's words, after one answer came late."""
    simulator, witness = witness_line(FaultPlan(script={2: LineFault(FaultKind.LATE, 0.15)}), fails_on_overlap=False)
    with tempfile.TemporaryDirectory() as folder:
        client = ModbusSerialClient(simulator.serve_pty(f"{folder}/line"), baudrate=115200, timeout=0.1, retries=0)
        client.connect()
        wrong = 0
        try:
            for number in range(10):
                address = FIRST + 100 * number
                try:
                    response = client.read_holding_registers(address, count=8, device_id=1)
                except ModbusException:
                    continue
                if not response.isError():
                    wrong += response.registers != witness_words(witness.reads, address, 8)
        finally:
            client.close()
            simulator.stop()
    return wrong
