"""For the tests of the library.

The test plugin blocks sockets in every test. Here they are open, to 127.0.0.1 and no further: the plugin's
list of allowed hosts still holds. Fixtures of a wider scope than a function are made before this one, so a
fixture that opens a socket must be of function scope.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from custom_components.nattery.core.simulator.simulator import Simulator


@pytest.fixture(autouse=True)
def _loopback_sockets(socket_enabled: None) -> None:
    """Open the loopback."""


@pytest.fixture
def start_simulator() -> Iterator[Callable[..., Simulator]]:
    """A factory of simulated inverters that are stopped after the test; takes the arguments of `Simulator`.

    Fast unless asked otherwise: not paced, answering at once.
    """
    with ExitStack() as running:

        def start(**arguments: Any) -> Simulator:
            return running.enter_context(Simulator(**{"paced": False, "turnaround": 0.0} | arguments))

        yield start


@pytest.fixture
def simulator_pty(start_simulator: Callable[..., Simulator], tmp_path: Path) -> Callable[..., tuple[Simulator, str]]:
    """As `start_simulator`, and served on a pseudo terminal: gives the simulator and the path to open."""

    def start(**arguments: Any) -> tuple[Simulator, str]:
        simulator = start_simulator(**arguments)
        return simulator, simulator.serve_pty(tmp_path / f"inverter-{simulator.device.serial}-{simulator.device.unit}")

    return start
