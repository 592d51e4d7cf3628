"""The demo as a user runs it: a command, a folder, and what can be seen of both from outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
import json
import os
from pathlib import Path
import re
import signal
import subprocess
import time
from typing import Any

import pytest_socket

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "scripts/demo"
START_SECONDS, STOP_SECONDS = 300, 120


def is_served(url: str) -> bool:
    """Whether somebody listens there."""
    host, port = re.findall(r"[\d.]+", url)[:2]
    with pytest_socket._true_socket() as probe:  # the test plugin blocks the ordinary class
        return bool(probe.connect_ex((host, int(port))) == 0)


@cache
def time_zone_at_noon() -> str:
    """Return the zone in which it is about noon when the tests start, so that the sun shines in all of them."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def run(*options: str, port: str, folder: Path | str = "") -> subprocess.CompletedProcess[str]:
    """Run the demo until it ends by itself."""
    environment = os.environ | {"NATTERY_DEMO_PORT": port, "NATTERY_DEMO_FOLDER": str(folder)}
    return subprocess.run(
        [COMMAND, *options], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


class Demo:
    """One running demo."""

    def __init__(self, folder: Path, port: int, packages: Path | None = None) -> None:
        """Start it; `packages` is a folder whose packages are used instead of those of its environment."""
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.seconds = 0.0
        self.exit_code: int | None = None
        self.left_behind: list[str] = []
        self.market = ""  # where it asks for prices
        self._output = folder.with_name(f"{port}.out")
        environment = os.environ | {"NATTERY_DEMO_PORT": str(port), "NATTERY_DEMO_FOLDER": str(folder)}
        if packages:
            environment["PYTHONPATH"] = str(packages)
        with self._output.open("wb") as output, self._output.with_suffix(".err").open("wb") as errors:
            self._process = subprocess.Popen(
                [COMMAND], env=environment | {"TZ": time_zone_at_noon()}, stdout=output, stderr=errors
            )

    @property
    def output(self) -> str:
        """What it wrote to standard output."""
        return self._output.read_text()

    @property
    def errors(self) -> str:
        """What it wrote to standard error."""
        return self._output.with_suffix(".err").read_text()

    def wait_until_ready(self) -> None:
        start = time.monotonic()

        def ready() -> bool:
            assert self._process.poll() is None, f"The demo ended:\n{self.errors}"
            return "\n" in self.output

        wait_for(ready, START_SECONDS, lambda: f"The demo is not ready:\n{self.errors}")
        self.seconds = time.monotonic() - start
        self.market = (self.folder / "market.log").read_text().split()[-1]

    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def stop(self, number: signal.Signals) -> None:
        """End it as a person or a supervisor does, and look what it left behind."""
        self._process.send_signal(number)
        try:
            self.exit_code = self._process.wait(STOP_SECONDS)
        finally:
            self._process.kill()
            listing = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True)
            self.left_behind = [line for line in listing.stdout.splitlines() if f"{self.folder}/" in line]
            if self.market and is_served(self.market):
                self.left_behind.append(self.market)

    def registers(self) -> dict[str, Any]:
        """What the simulated inverter holds, read beside Home Assistant, over its second port."""
        place = re.search(r"127\.0\.0\.1:\d+", (self.folder / "inverter.log").read_text())
        assert place
        command = [ROOT / ".venv/bin/nattery", "dump", "--json", "--tcp", place[0]]
        dump = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        registers: dict[str, Any] = json.loads(dump.stdout)
        return registers


def copy_of(demo: Demo) -> Path:
    """Where a copy of its folder is, as it was after its first life."""
    return demo.folder.with_name("copy")


@contextmanager
def running(folder: Path, port: int, packages: Path | None = None) -> Iterator[Demo]:
    """A demo from its Ready line to SIGTERM."""
    demo = Demo(folder, port, packages)
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        demo.stop(signal.SIGTERM)
    assert demo.exit_code == 0, demo.errors
    assert demo.left_behind == []


def wait_for(came: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    """Ask twice a second until it came."""
    end = time.monotonic() + seconds
    while not came():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.5)
