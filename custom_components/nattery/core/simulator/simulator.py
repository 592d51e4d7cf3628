"""A simulated inverter together with the ports that it is served on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any, Literal, Self

from .channel import Channel, ChannelOptions
from .faults import FaultPlan
from .frames import RtuServerFraming, ServerFraming, TcpServerFraming
from .line_timing import LineTiming
from .ports import PtyPort, TcpPort
from .request_handler import RequestHandler
from .server_thread import Port, ServerThread
from .simulated_inverter import SimulatedInverter
from .state import dump_state, restore_state
from .traffic import TrafficLog

MAX_SPEED = 10_000
UNITS = range(1, 255)
TCP_END_OF_FRAME = {"tcp": 1.0, "rtu": 0.05}  # seconds
FRAMINGS: dict[str, type[TcpServerFraming | RtuServerFraming]] = {"tcp": TcpServerFraming, "rtu": RtuServerFraming}


class Simulator:
    """One simulated inverter, served on any number of ports by one thread.

    The thread runs from the first call of `serve_pty` or `serve_tcp` to `stop`. `speed` is the number of simulated
    seconds per real second. `unit` None means the saved unit id, or 1. `turnaround` is in seconds. `state` is a result
    of `dump_state`. `local_clock` returns the naive local time at which the inverter starts. `fails_on_overlap` and
    `recovery_seconds` are described at ChannelOptions. `device` is the inverter, `traffic` the record of its line.

    All methods may be called from any thread. A new inverter (without `state`) takes about 50 ms to simulate its
    previous week, so it should not be created in an event loop.
    """

    def __init__(  # noqa: PLR0913
        self,
        *,
        seed: int = 1,
        speed: float = 1.0,
        unit: int | None = None,
        turnaround: float = 0.03,
        baud: int = 9600,
        paced: bool = True,
        fails_on_overlap: bool = True,
        recovery_seconds: float = 1.0,
        drift_ppm: float = 0.0,
        faults: FaultPlan | None = None,
        state: Mapping[str, Any] | None = None,
        local_clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Switch the inverter on. Raise ValueError for invalid arguments and InvalidStateError for an invalid state."""
        if not 0 < speed <= MAX_SPEED:
            raise ValueError(f"The speed cannot be {speed:g}: allowed is above 0 to {MAX_SPEED}")
        if unit is not None and unit not in UNITS:
            raise ValueError(f"The unit id cannot be {unit}: allowed is {UNITS.start} to {UNITS.stop - 1}")
        if not 0 <= turnaround < float("inf"):
            raise ValueError(f"The turnaround cannot be {turnaround} s: allowed is 0 or more")
        self.traffic = TrafficLog()
        self.device = SimulatedInverter(seed, local_clock(), drift_ppm=drift_ppm, with_history=state is None)
        if state is not None:
            restore_state(self.device, state)
        if unit is not None:
            self.device.set_unit(unit)
        self._options = ChannelOptions(
            LineTiming(baud, turnaround, paced), faults or FaultPlan(), fails_on_overlap, recovery_seconds
        )
        self._handler = RequestHandler(self.device, self._advance)
        self._speed = speed
        self._started_at = monotonic()
        self._skipped = 0.0
        self._lock = RLock()
        self._server: ServerThread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def timing(self) -> LineTiming:
        """The timing of the line."""
        return self._options.timing

    def serve_pty(self, link: str | Path | None = None) -> str:
        """Serve on a new pseudo terminal and return the path to open: `link`, or the terminal's own name.

        Raise FileExistsError if `link` exists and is not a link of a simulated inverter, and OSError on failure.
        """
        port = PtyPort(
            Path(link) if link is not None else None,
            self.timing.baud,
            RtuServerFraming(),
            self._create_channel,
            self._count_wrong_baud,
        )
        self._serve(port)
        return port.path

    def serve_tcp(self, host: str = "127.0.0.1", port: int = 0, framing: Literal["tcp", "rtu"] = "tcp") -> int:
        """Serve Modbus TCP or RTU over TCP and return the port, a free one for 0. Raise OSError on failure."""
        timing = replace(self.timing, paced=False, end_of_frame=TCP_END_OF_FRAME[framing])
        listener = TcpPort(host, port, FRAMINGS[framing](), partial(self._create_channel, timing=timing))
        self._serve(listener)
        return listener.port

    def stop(self) -> None:
        """Close every port and end the thread. Do nothing if nothing is served. Serving may start again."""
        with self._lock:
            if self._server is not None:
                self._server.stop()
                self._server = None

    def dump_state(self) -> dict[str, Any]:
        """Return the present state that survives a power-off, as plain JSON."""
        self._advance()
        return dump_state(self.device)

    def skip(self, seconds: float) -> None:
        """Advance the simulated time by `seconds` at once."""
        with self._lock:
            self._skipped += seconds
        self._advance()

    def _advance(self) -> None:
        self.device.advance((monotonic() - self._started_at) * self._speed + self._skipped)

    def _serve(self, port: Port) -> None:
        with self._lock:
            if self._server is None:
                self._server = ServerThread(self._advance)
                self._server.start()
            self._server.add(port)

    def _create_channel(
        self,
        framing: ServerFraming,
        send: Callable[[bytes], None],
        interrupt_port: Callable[[float], None],
        timing: LineTiming | None = None,
    ) -> Channel:
        options = self._options if timing is None else replace(self._options, timing=timing)
        return Channel(framing, self._handler, options, self.traffic, send, interrupt_port)

    def _count_wrong_baud(self, count: int) -> None:
        self.traffic.counters.wrong_baud_bytes += count
