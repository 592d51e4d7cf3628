"""What every measurement needs: a judge on a paced line, and our bus on the other end of it."""

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
    span for register in REGISTERS if register.readable for span in atomic_ranges(register)
]


class Judge:
    """The judge's process."""

    def __init__(self, transport: str, turnaround: float) -> None:
        """Start it and wait until it serves."""
        self.link = transport
        judge = Path(__file__).with_name("simulator_process.py")
        self._process = subprocess.Popen(
            [sys.executable, str(judge), transport, str(turnaround)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._out: IO[str] = self._process.stdout  # type: ignore[assignment]
        self._in: IO[str] = self._process.stdin  # type: ignore[assignment]
        if self._out.readline() != "ready\n":
            raise RuntimeError("The judge did not start")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._in.close()
        self._process.wait(10)
        self._out.close()

    def count(self) -> dict[str, Any]:
        """The line's counters."""
        self.say("count")
        return dict(json.loads(self._out.readline()))

    def say(self, command: str) -> None:
        """Order something."""
        print(command, file=self._in, flush=True)

    def hear(self) -> str:
        """The judge's next line."""
        return self._out.readline()


@contextmanager
def judge(turnaround: float) -> Generator[Judge]:
    """A judge on a fresh pty."""
    with tempfile.TemporaryDirectory() as folder, Judge(f"{folder}/inverter", turnaround) as running:
        yield running


@asynccontextmanager
async def open_bus(path: str) -> AsyncGenerator[tuple[ModbusClient, BlockReader]]:
    """Our bus on a serial port, and a reader that has met the inverter."""
    client = Connection(ConnectionKind.SERIAL, path=path).open()
    try:
        yield client, BlockReader(client, 1, readable_addresses())
    finally:
        await asyncio.to_thread(client.close)
