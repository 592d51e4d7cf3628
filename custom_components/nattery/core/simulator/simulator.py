"""A simulated inverter with its line: the face of this room."""

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
from .line_timing import LineTiming, TrafficLog
from .ports import PtyPort, TcpPort
from .request_handler import RequestHandler
from .server_thread import Port, ServerThread
from .simulated_inverter import SimulatedInverter
from .state import dump_state, restore_state

SPEED_LIMIT = 10_000
UNITS = range(1, 255)
TCP_SILENCE = {"tcp": 1.0, "rtu": 0.05}
FRAMINGS: dict[str, type[TcpServerFraming | RtuServerFraming]] = {"tcp": TcpServerFraming, "rtu": RtuServerFraming}


class Simulator:
    """One inverter, served over as many ports as wanted by one thread, which runs from the first `serve_...` to `stop`.

    `speed` is how many seconds pass for the inverter in one real second. `unit` None keeps the saved id, or 1.
    `turnaround` is in seconds. `state` is what `dump_state` gave. `local_clock` gives the naive local time at which
    the inverter starts. `device` is the inverter itself, `record` what the line has seen (`tally` and `exchanges`).

    Every method may be called from any thread. A new inverter (without `state`) takes some 50 ms to live through its
    last week, so it should not be made in an event loop.
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
        fragile: bool = True,
        deaf_seconds: float = 1.0,
        drift_ppm: float = 0.0,
        faults: FaultPlan | None = None,
        state: Mapping[str, Any] | None = None,
        local_clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        """Switch the inverter on; ValueError for an argument that cannot be, InvalidStateError for a strange state."""
        if not 0 < speed <= SPEED_LIMIT:
            raise ValueError(f"The speed cannot be {speed:g}: allowed is above 0 to {SPEED_LIMIT}")
        if unit is not None and unit not in UNITS:
            raise ValueError(f"The unit id cannot be {unit}: allowed is {UNITS.start} to {UNITS.stop - 1}")
        if not 0 <= turnaround < float("inf"):
            raise ValueError(f"The turnaround cannot be {turnaround} s: allowed is 0 or more")
        self.record = TrafficLog()
        self.device = SimulatedInverter(seed, local_clock(), drift_ppm=drift_ppm, past=state is None)
        if state is not None:
            restore_state(self.device, state)
        if unit is not None:
            self.device.set_unit(unit)
        self._rules = ChannelOptions(LineTiming(baud, turnaround, paced), faults or FaultPlan(), fragile, deaf_seconds)
        self._service = RequestHandler(self.device, self._live)
        self._speed = speed
        self._started = monotonic()
        self._skipped = 0.0
        self._lock = RLock()
        self._line: ServerThread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pace(self) -> LineTiming:
        """The line's times."""
        return self._rules.pace

    def serve_pty(self, link: str | Path | None = None) -> str:
        """Serve on a new pseudo terminal; gives the path to open: `link`, or the terminal's own name without one.

        FileExistsError when something that is no simulated inverter's link stands there; OSError when it fails.
        """
        port = PtyPort(
            Path(link) if link is not None else None, self.pace.baud, RtuServerFraming(), self._channel, self._misheard
        )
        self._serve(port)
        return port.path

    def serve_tcp(self, host: str = "127.0.0.1", port: int = 0, framing: Literal["tcp", "rtu"] = "tcp") -> int:
        """Listen for Modbus-TCP or RTU-over-TCP; gives the port, a free one for 0. OSError when that fails."""
        pace = replace(self.pace, paced=False, silence=TCP_SILENCE[framing])
        listener = TcpPort(host, port, FRAMINGS[framing](), partial(self._channel, pace=pace))
        self._serve(listener)
        return listener.port

    def stop(self) -> None:
        """Close every port and end the thread; harmless when nothing is served. Serving may begin again."""
        with self._lock:
            if self._line is not None:
                self._line.stop()
                self._line = None

    def dump_state(self) -> dict[str, Any]:
        """What survives power-off, as of now; JSON-able."""
        self._live()
        return dump_state(self.device)

    def skip(self, seconds: float) -> None:
        """Let the inverter live through `seconds` of its own time at once."""
        with self._lock:
            self._skipped += seconds
        self._live()

    def _live(self) -> None:
        self.device.advance((monotonic() - self._started) * self._speed + self._skipped)

    def _serve(self, port: Port) -> None:
        with self._lock:
            if self._line is None:
                self._line = ServerThread(self._live)
                self._line.start()
            self._line.add(port)

    def _channel(
        self,
        framing: ServerFraming,
        send: Callable[[bytes], None],
        lose_port: Callable[[float], None],
        pace: LineTiming | None = None,
    ) -> Channel:
        rules = self._rules if pace is None else replace(self._rules, pace=pace)
        return Channel(framing, self._service, rules, self.record, send, lose_port)

    def _misheard(self, count: int) -> None:
        self.record.tally.wrong_speed += count
