"""A simulated inverter on a paced line, and the Modbus client that the benchmarks measure."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
import json
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import IO, Any, Self

from custom_components.nattery.core.connection import Connection, ConnectionKind
from custom_components.nattery.core.inverter.polling import atomic_ranges
from custom_components.nattery.core.inverter.registers import REGISTERS, readable_addresses
from custom_components.nattery.core.modbus.block_reader import BlockReader
from custom_components.nattery.core.modbus.blocks import RegisterRange
from custom_components.nattery.core.modbus.client import ModbusClient

FULL_MAP: list[RegisterRange] = [
    part for register in REGISTERS if register.readable for part in atomic_ranges(register)
]


class SimulatorProcess:
    """A simulated inverter in a process of its own."""

    def __init__(self, link: str, turnaround: float) -> None:
        """Start the process and wait until it serves."""
        self.link = link
        program = Path(__file__).with_name("simulator_process.py")
        self._process = subprocess.Popen(
            [sys.executable, str(program), link, str(turnaround)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._out: IO[str] = self._process.stdout  # type: ignore[assignment]
        self._in: IO[str] = self._process.stdin  # type: ignore[assignment]
        if self._out.readline() != "ready\n":
            raise RuntimeError("The simulated inverter did not start")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._in.close()
        self._process.wait(10)
        self._out.close()

    def counters(self) -> dict[str, Any]:
        """Return the line's counters."""
        self.send("count")
        return dict(json.loads(self._out.readline()))

    def send(self, command: str) -> None:
        """Send a command."""
        print(command, file=self._in, flush=True)

    def read_line(self) -> str:
        """Return the next line of output."""
        return self._out.readline()


@contextmanager
def running_simulator(turnaround: float) -> Generator[SimulatorProcess]:
    """Run a simulated inverter on a new pty."""
    with tempfile.TemporaryDirectory() as folder, SimulatorProcess(f"{folder}/inverter", turnaround) as simulator:
        yield simulator


@asynccontextmanager
async def open_client(path: str) -> AsyncGenerator[tuple[ModbusClient, BlockReader]]:
    """Open a Modbus client on a serial port, with a block reader for unit 1."""
    client = Connection(ConnectionKind.SERIAL, path=path).open()
    try:
        yield client, BlockReader(client, 1, readable_addresses())
    finally:
        await asyncio.to_thread(client.close)
