"""The simulated inverter: register memory, clock, physics, counters and alarms, independent of lines and frames."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from math import exp, inf
from threading import RLock

from ..inverter.codec import decode
from ..inverter.registers import BY_SYMBOL
from ..inverter.table import Register, WindowKind
from ..inverter.time_windows import WINDOWS
from .alarms import AlarmInputs, Alarms
from .battery import BatteryPack
from .clock import DeviceClock
from .environment import Environment, environment_at
from .initial_state import (
    INITIAL_SOC,
    factory_settings,
    identity_registers,
    initial_fault_log,
    initial_totals,
    installer_settings,
    serial_number,
)
from .measurements import MeasurementInputs, measurements, state_flags
from .memory import MASK, RegisterMemory, number_words, timestamp_words
from .meters import DAYS_KEPT, Meters
from .physics import RATED_WATTS, DailyWindow, InverterSettings, PhysicsState, PowerFlows, step

RESTART_SECONDS = 5.0  # no responses after a restart
INITIALISING_SECONDS = 15.0  # status "initialising" after a restart
MAX_STEP, MIN_STEP = 60.0, 1e-3  # seconds of a simulation step
HISTORY_STEP = 900.0  # seconds of a simulation step of the previous week
THERMAL_TIME_CONSTANT = 600.0  # seconds
MAX_TEMPERATURE_RISE = 45.0  # degrees above idle at full power
IDLE_TEMPERATURE_RISE = 8.0  # degrees above ambient
ANY_UNIT = 255

_SETTING_SYMBOLS = {
    "out_priority": "OutPriority",
    "charge_priority": "ChgPriority",
    "max_charge_amps": "MaxChgCurrSet",
    "pv_charge_amps": "ChgCurrByPvSet",
    "grid_charge_amps": "ChgCurrByLineSet",
    "feed_in": "OnGirdSet",
    "grid_active_power": "OnGridActivePowerSet",
    "max_grid_power": "MaxLinePower",
    "soc_stop": "BatStopSOC",
    "soc_full": "BattFullSOC",
    "soc_to_grid": "Inv2LineSOC",
    "soc_back": "LineBack2InvSOC",
    "timed_charge": "OnTimeChargeEn",
    "timed_discharge": "OnTimeDischgEn",
}


class SimulatedInverter:
    """One simulated inverter. All public methods may be called from any thread.

    `elapsed` is the simulated time in seconds since the start; `advance` drives it. `writes` counts the accepted write
    requests by symbol, each of which would wear the EEPROM.
    """

    def __init__(
        self,
        seed: int,
        now: datetime,
        *,
        drift_ppm: float = 0.0,
        pack: BatteryPack | None = None,
        with_history: bool = True,
    ) -> None:
        """Switch on an inverter at the naive local time `now`, after simulating the previous week if `with_history`."""
        self.seed = seed
        self.pack = pack or BatteryPack()
        self.writes: Counter[str] = Counter()
        self._lock = RLock()
        self._switched_on_at = now
        self.memory = RegisterMemory(self._on_written, self._is_write_allowed)
        self.alarms = Alarms(initial_fault_log(seed, self._switched_on_at))
        self.meters = Meters(*initial_totals(seed))
        self.state = PhysicsState(INITIAL_SOC)
        self.flows = PowerFlows()
        self._clock = DeviceClock(self._switched_on_at, 0.0, drift_ppm)
        self._running, self._charging_stopped, self._restarted_at = True, False, -inf
        self._temperature = 30.0
        self._written_alarms: tuple[Alarms, int] | None = None
        self.memory.put_words(
            installer_settings()
            | identity_registers(serial_number(seed))
            | {"PowerOnTime": timestamp_words(self._switched_on_at)}
        )
        self._apply_settings()
        self.elapsed, self._day = 0.0, now.date()
        if with_history:
            self._simulate_previous_week()
            # The battery of a new inverter is always usable, even after a dark week.
            self.state = PhysicsState(max(self.state.soc, INITIAL_SOC))
            self._update_alarms()
        self._update_registers()

    # Identity and time

    @property
    def serial(self) -> str:
        """The serial number."""
        return str(decode(BY_SYMBOL["SourceSN"], self.memory.get("SourceSN")))

    @property
    def unit(self) -> int:
        """The unit id."""
        return self.memory.get("CommIdSet")[0]

    @property
    def restarting(self) -> bool:
        """Whether the inverter restarts and does not respond."""
        return self.elapsed - self._restarted_at < RESTART_SECONDS

    @property
    def clock(self) -> datetime:
        """The time that the inverter's own clock shows, naive."""
        return self._clock.now(self.elapsed)

    @property
    def day(self) -> date:
        """The day that the daily counters belong to."""
        return self._day

    # Registers

    def read(self, address: int, count: int) -> list[int]:
        """Return the present words. Raise ModbusExceptionError as the firmware would."""
        with self._lock:
            return self.memory.read(address, count)

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write all words or none. Raise ModbusExceptionError as the firmware would."""
        with self._lock:
            self.memory.write(address, words)
            self._apply_settings()
            self._update_registers()

    # Time

    def advance(self, elapsed: float) -> None:
        """Simulate until `elapsed` seconds after the start."""
        with self._lock:
            if elapsed <= self.elapsed:
                return
            while self.elapsed < elapsed:
                until_minute = self._clock.seconds_to_minute(self.elapsed)
                self._step(max(MIN_STEP, min(elapsed - self.elapsed, until_minute, MAX_STEP)))
            self._update_registers()

    def raise_alarm(self, bit: int) -> None:
        """Raise and log alarm `bit` (0..127), which stays active until AlarmClearCtrl."""
        with self._lock:
            self.alarms.raise_alarm(bit, self.clock, self._captured_words())
            self._update_registers()

    def set_soc(self, soc: float) -> None:
        """Set the state of charge in percent."""
        with self._lock:
            self.state = PhysicsState(min(100.0, max(0.0, soc)))
            self._update_registers()

    def set_unit(self, unit: int) -> None:
        """Set the unit id."""
        with self._lock:
            self.memory.put_value("CommIdSet", unit)

    def lock(self) -> AbstractContextManager[object]:
        """Return a context manager that keeps other threads from changing the inverter."""
        return self._lock

    def restore(self, soc: float, meters: Meters, day: date, alarms: Alarms) -> None:
        """Restore a state saved on `day`; the days since then are added to the counters as empty days."""
        with self._lock:
            self.state, self.meters, self.alarms, self._day = PhysicsState(soc), meters, alarms, day
            self._start_new_days()
            self._apply_settings()
            self._update_registers()

    def _simulate_previous_week(self) -> None:
        midnight = self._switched_on_at.replace(hour=0, minute=0, second=0, microsecond=0)
        self.elapsed = (midnight - self._switched_on_at).total_seconds() - DAYS_KEPT * 86400
        self._day = self.clock.date()
        while self.elapsed < 0:
            self._step(min(-self.elapsed, HISTORY_STEP))

    def _step(self, seconds: float) -> None:
        environment = self._environment()
        self.state, self.flows = step(self.state, self._settings, environment, self.clock, seconds, self.pack)
        self.meters.add(self.flows, seconds)
        load_factor = (abs(self.flows.battery) + self.flows.pv) / (2 * RATED_WATTS)
        target = environment.temperature + MAX_TEMPERATURE_RISE * load_factor + IDLE_TEMPERATURE_RISE
        self._temperature += (target - self._temperature) * (1 - exp(-seconds / THERMAL_TIME_CONSTANT))
        self.elapsed += seconds
        self._start_new_days()
        self._update_alarms()

    def _update_alarms(self) -> None:
        self.alarms.update(
            AlarmInputs(
                voltage=self._voltage(),
                low_voltage=self._low_voltage,
                soc=self.state.soc,
                low_soc=self._low_soc,
                shed=self.flows.shed if self._running else 0.0,
                temperature=self._temperature,
            ),
            self.clock,
            self._captured_words(),
        )

    def _start_new_days(self) -> None:
        """Close the days that have ended by the inverter's clock. A clock set back does not reopen a day."""
        today = self.clock.date()
        if today < self._day - timedelta(days=1):
            self._day = today
        self._day = max(self._day, today - timedelta(days=DAYS_KEPT + 1))
        while self._day < today:
            self.meters.start_new_day()
            self._day += timedelta(days=1)

    # From memory to physics and back

    def _environment(self) -> Environment:
        return environment_at(self.seed, self._switched_on_at + timedelta(seconds=self.elapsed))

    def _voltage(self) -> float:
        return self.pack.voltage(self.state.soc, self.flows.battery)

    def _captured_words(self) -> tuple[int, ...]:
        """Return the words that a fault record captures: battery voltage, state of charge, load, grid power."""
        flows = self.flows
        return (round(self._voltage() * 10), round(self.state.soc), round(flows.load), round(flows.grid) & MASK)

    def _windows(self, kind: WindowKind) -> tuple[DailyWindow, ...]:
        def minutes(register: Register) -> int:
            hour, minute = divmod(self.memory.get(register.symbol)[0], 256)
            return hour * 60 + minute

        return tuple(
            DailyWindow(minutes(window.start), minutes(window.end)) for window in WINDOWS if window.kind is kind
        )

    def _apply_settings(self) -> None:
        """Read the settings that the physics needs from the memory."""
        self._low_voltage = self.memory.value("BattLowVolt")
        self._low_soc = self.memory.value("BatSocLowAlarm")
        self._output = self.memory.value("OutVoltSet"), self.memory.value("OutFreqSet")
        self._settings = InverterSettings(
            **{name: self.memory.value(symbol) for name, symbol in _SETTING_SYMBOLS.items()},  # type: ignore[arg-type]
            charge_windows=self._windows(WindowKind.CHARGE),
            discharge_windows=self._windows(WindowKind.DISCHARGE),
            charging_stopped=self._charging_stopped,
            running=self._running,
        )

    def _update_registers(self) -> None:
        """Write the present measurements, counters, alarms and clock to the memory."""
        inputs = MeasurementInputs(
            self.state,
            self.flows,
            self._settings,
            self._environment(),
            self._voltage(),
            self._temperature,
            *self._output,
            starting=self.elapsed - self._restarted_at < INITIALISING_SECONDS,
        )
        for symbol, value in measurements(inputs).items():
            self.memory.put_value(symbol, value)
        for symbol, count in self.meters.values().items():
            register = BY_SYMBOL[symbol]
            self.memory.put(
                register, count if isinstance(count, list) else number_words(register, count * register.scale)
            )
        self.memory.put_words({"SysStateFlag": state_flags(inputs), "PresentTime": timestamp_words(self.clock)})
        if self._written_alarms != (self.alarms, self.alarms.changes):
            self._written_alarms = (self.alarms, self.alarms.changes)
            self.memory.put_words(
                {
                    "SysAlarmFlag": self.alarms.flags(),
                    "AlarmDetail": self.alarms.details(),
                    "FaultHistory": self.alarms.log_words(timestamp_words),
                }
            )

    # Commands

    def _is_write_allowed(self, register: Register, words: Sequence[int]) -> bool:
        rule = _WRITE_RULES.get(register.symbol)
        return rule is None or rule(self, words)

    def _on_written(self, register: Register, words: Sequence[int]) -> None:
        self.writes[register.symbol] += 1
        command = _COMMANDS.get(register.symbol)
        if command is not None:
            command(self, words)

    def _set_clock(self, words: Sequence[int]) -> None:
        now = decode(BY_SYMBOL["PresentTime"], words)
        if isinstance(now, datetime):
            self._clock.set(now, self.elapsed)
            self._start_new_days()

    def _set_running(self, words: Sequence[int]) -> None:
        self._running = bool(words[0])

    def _stop_charging(self, words: Sequence[int]) -> None:
        self._charging_stopped = bool(words[0])

    def _clear_alarms(self, words: Sequence[int]) -> None:
        if words[0]:
            self.alarms.clear()

    def _set_soc_register(self, words: Sequence[int]) -> None:
        self.state = PhysicsState(float(words[0]))

    def _restart(self, words: Sequence[int]) -> None:
        if words[0]:
            self._running, self._charging_stopped, self._restarted_at = True, False, self.elapsed
            self.alarms.clear()
            self.memory.put_words({"PowerOnTime": timestamp_words(self.clock)})

    def _run_recovery(self, words: Sequence[int]) -> None:
        _RECOVERIES[words[0]](self)

    def _factory_reset(self) -> None:
        self.memory.put_words(factory_settings())

    def _clear_statistics(self) -> None:
        self.meters = Meters()

    def _clear_history(self) -> None:
        self.alarms.clear_log()


_RECOVERIES: dict[int, Callable[[SimulatedInverter], None]] = {
    0xAA: SimulatedInverter._factory_reset,  # noqa: SLF001
    0xBB: SimulatedInverter._clear_statistics,  # noqa: SLF001
    0xCC: SimulatedInverter._clear_history,  # noqa: SLF001
}
_COMMANDS: dict[str, Callable[[SimulatedInverter, Sequence[int]], None]] = {
    "PresentTime": SimulatedInverter._set_clock,  # noqa: SLF001
    "OnOffCtrl": SimulatedInverter._set_running,  # noqa: SLF001
    "RestartCtrl": SimulatedInverter._restart,  # noqa: SLF001
    "RecoveryCtrl": SimulatedInverter._run_recovery,  # noqa: SLF001
    "AlarmClearCtrl": SimulatedInverter._clear_alarms,  # noqa: SLF001
    "ChgCtrl": SimulatedInverter._stop_charging,  # noqa: SLF001
    "BattSocSet": SimulatedInverter._set_soc_register,  # noqa: SLF001
}
# Rules for writes beyond the bounds in the register table.
_WRITE_RULES: dict[str, Callable[[SimulatedInverter, Sequence[int]], bool]] = {
    "RecoveryCtrl": lambda _, words: words[0] in _RECOVERIES,
    "BattSocSet": lambda device, _: not device.memory.value("BmsSet"),
}
