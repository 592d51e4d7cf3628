"""A simulated inverter and a controller that steers it over TCP; all clocks show the simulated time."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.nattery.core.action import FORCED, Action, ActionKind
from custom_components.nattery.core.control.controller import Controller, Decision
from custom_components.nattery.core.control.inverter_battery import InverterBattery
from custom_components.nattery.core.control.schedule import ScheduledAction
from custom_components.nattery.core.inverter.actions import CONTROLLED_SETTINGS
from custom_components.nattery.core.inverter.codec import Value, decode, encode
from custom_components.nattery.core.inverter.inverter import Inverter
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.modbus.client import ModbusClient
from custom_components.nattery.core.modbus.timing import Timing
from custom_components.nattery.core.modbus.transport import TcpTransport
from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter
from custom_components.nattery.core.simulator.simulator import Simulator

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 11, 24, 20, 0, 10)  # in Berlin: dark
SUMMER_NOON = datetime(2026, 6, 17, 12, 0, 10)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


class SimulatedSystem:
    """A simulator that was started at the naive local time `begun` in Berlin."""

    def __init__(self, simulator: Simulator, begun: datetime) -> None:
        self.simulator = simulator
        self._begun = begun.replace(tzinfo=BERLIN).astimezone(UTC)

    @property
    def device(self) -> SimulatedInverter:
        return self.simulator.device

    def now(self) -> datetime:
        self.simulator.skip(0)
        return self._begun + timedelta(seconds=self.device.elapsed)

    def wall(self) -> datetime:
        return self.now().astimezone(BERLIN).replace(tzinfo=None)

    def until(self, wall: str, days: int = 0) -> datetime:
        """Return the time at which the local clock will show "HH:MM"."""
        local = self.now().astimezone(BERLIN)
        return datetime.combine(local.date() + timedelta(days=days), time.fromisoformat(wall), BERLIN).astimezone(UTC)

    def get(self, key: str) -> Value:
        register = BY_KEY[key]
        return decode(register, self.device.read(register.address, register.words))

    def put(self, key: str, value: object) -> None:
        """Change a setting as at the inverter's own panel."""
        register = BY_KEY[key]
        self.device.write(register.address, encode(register, value))

    def settings(self) -> dict[str, Value]:
        return {key: self.get(key) for key in CONTROLLED_SETTINGS}

    def writes(self) -> int:
        """Return the number of writes of all settings since the start."""
        return sum(self.device.writes.values())

    def most_writes(self) -> int:
        """Return the number of writes of the setting that was written most."""
        return max(self.device.writes.values(), default=0)

    def advance(self, lasting: timedelta, step: timedelta = timedelta(minutes=1)) -> list[Observation]:
        """Let time pass, and return what the battery did in each step."""
        observed = []
        for _ in range(round(lasting / step)):
            self.simulator.skip(step.total_seconds())
            flows = self.device.flows
            charges, exports = flows.grid_charge > 0, flows.battery > 0 and flows.grid < -1
            observed.append((self.now(), charges, exports))
        return observed


type Observation = tuple[datetime, bool, bool]  # when, whether the grid charged, whether the battery exported


class ControlledSystem(SimulatedSystem):
    """A simulated system with a controller in this process."""

    def __init__(self, simulator: Simulator, begun: datetime) -> None:
        super().__init__(simulator, begun)
        port = simulator.serve_tcp()
        self.bus = ModbusClient(
            TcpTransport("127.0.0.1", port), timing=Timing(baud=None, margin=0.3, min_quarantine=0.3)
        )
        self.bus.start()
        self.inverter = Inverter(self.bus, 1, now=self.wall)
        self.battery = InverterBattery(self.inverter, BERLIN, now=self.now)
        self.saved: list[dict[str, Any]] = []
        self.plan: Sequence[ScheduledAction] = ()
        self.fresh = True
        self.restart()

    def restart(self) -> None:
        """Start a new controller."""
        self.battery = InverterBattery(self.inverter, BERLIN, now=self.now)
        self.controller = Controller(self.battery, now=self.now, on_change=self._save)

    def _save(self) -> None:
        self.saved.append(self.controller.as_dict())

    async def tick(self) -> Decision:
        return await self.controller.tick(self.plan, prices_fresh=self.fresh)

    def run(
        self, kind: ActionKind, lasting: timedelta, power: float = 3000, start: datetime | None = None
    ) -> ScheduledAction:
        start = start or self.now()
        return run(kind, start, start + lasting, power)


def run(kind: ActionKind, start: datetime, end: datetime, power: float = 3000) -> ScheduledAction:
    return ScheduledAction(start, end, Action(kind, power if kind in FORCED else 0, end))
