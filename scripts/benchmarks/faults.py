"""Ten thousand requests over a faulty line, to check that no response is ever matched to another request.

The line behaves like the real one, with all times divided by 20. Register values identify the request that they were
read for, so a wrong value is always detected.
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

SPEED_UP = 20
FAULT_RATE = 0.11  # one in a hundred of each kind
FIRST, LAST = 0x1000, 0x8000
SETTING = 0x9000


class DigestDevice:
    """A device whose registers hold a digest of their address and of the request that reads them."""

    unit = 1
    restarting = False

    def __init__(self) -> None:
        """Start with request 0."""
        self.reads = 0
        self.setting = 0

    def read(self, address: int, count: int) -> list[int]:
        """Return words that differ at every request."""
        self.reads += 1
        return [self.setting] if address == SETTING else digest_words(self.reads, address, count)

    def write(self, _address: int, words: Sequence[int]) -> None:
        """Store the one setting."""
        (self.setting,) = words


def digest_words(number: int, address: int, count: int) -> list[int]:
    """Return what request `number` reads at these addresses."""
    return [
        int.from_bytes(hashlib.blake2s(f"{number} {register}".encode(), digest_size=2).digest())
        for register in range(address, address + count)
    ]


def digest_simulator(plan: FaultPlan, *, fails_on_overlap: bool = True) -> tuple[Simulator, DigestDevice]:
    """Return a simulated line with a digest device instead of an inverter."""
    simulator = Simulator(
        faults=plan,
        turnaround=0.03 / SPEED_UP,
        baud=115200,
        recovery_seconds=1 / SPEED_UP,
        fails_on_overlap=fails_on_overlap,
    )
    device = DigestDevice()
    simulator._handler.device = device  # type: ignore[assignment]  # noqa: SLF001
    return simulator, device


async def results_with_faults(requests: int) -> tuple[int, int, int, int]:
    """Return the numbers of wrong values, right values, errors and overlaps."""
    plan = FaultPlan(
        rates=dict.fromkeys(FaultKind, FAULT_RATE / len(FaultKind)),
        seed=7,
        late=(0.2 / SPEED_UP, 2.5 / SPEED_UP),
        pause=(0.01 / SPEED_UP, 2.0 / SPEED_UP),
        gone=(0.2 / SPEED_UP, 1.0 / SPEED_UP),
    )
    simulator, device = digest_simulator(plan)
    random = Random(7)
    wrong = right = errors = 0
    with tempfile.TemporaryDirectory() as folder:
        path = simulator.serve_pty(f"{folder}/line")
        timing = Timing(baud=115200, margin=1 / SPEED_UP, max_margin=5 / SPEED_UP, min_quarantine=3 / SPEED_UP)
        client = ModbusClient(SerialTransport(path, 115200), timing=timing)
        client.start()
        try:
            for number in range(requests):
                try:
                    if number % 10 == 0:
                        value = random.randrange(65536)
                        await client.write(1, SETTING, (value,))
                        is_right = device.setting == value
                    else:
                        address, count = random.randrange(FIRST, LAST), random.choice((1, 8, 8, 32))
                        response = await client.read(1, address, count, random.choice(tuple(Priority)))
                        is_right = list(response.words) == digest_words(device.reads, address, count)
                except ModbusError:
                    errors += 1
                    while not client.connected:  # requests to a missing port would prove nothing
                        await asyncio.sleep(0.01)
                else:
                    wrong, right = wrong + (not is_right), right + is_right
        finally:
            client.close()
            simulator.stop()
    return wrong, right, errors, simulator.traffic.counters.overlaps


def pymodbus_wrong_values() -> int:
    """Return how many of ten reads through pymodbus alone return another request's words after one late response."""
    plan = FaultPlan(script={2: LineFault(FaultKind.LATE, 0.15)})
    simulator, device = digest_simulator(plan, fails_on_overlap=False)
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
                    wrong += response.registers != digest_words(device.reads, address, 8)
        finally:
            client.close()
            simulator.stop()
    return wrong
