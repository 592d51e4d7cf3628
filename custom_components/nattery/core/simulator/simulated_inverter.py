"""The inverter itself: memory, clock, physics, counters and alarms, moved by elapsed time. Knows no line, no frame."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from math import exp, inf
from threading import RLock

from ..inverter.codec import decode
from ..inverter.registers import BY_SYMBOL
from ..inverter.table import Register
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

START_SECONDS = 5.0  # deaf after a restart
START_STATUS_SECONDS = 15.0  # and shown as initialising
LONGEST_STEP, SHORTEST_STEP = 60.0, 1e-3
PAST_STEP = 900.0
WARMTH_SECONDS = 600.0
WARMEST = 45.0  # degrees above the room at full power
ALL_UNITS = 255
WINDOWS = 3

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
    """One simulated inverter. Every public method may be called from any thread.

    Time is `elapsed`: seconds of the simulated world since the device was started, driven by `advance`. `writes` counts
    the accepted write requests by symbol: each of them would wear the EEPROM.
    """

    def __init__(
        self, seed: int, now: datetime, *, drift_ppm: float = 0.0, pack: BatteryPack | None = None, past: bool = True
    ) -> None:
        """Switch on an inverter at the naive local time `now`; with a `past` it has lived through the week before."""
        self.seed = seed
        self.pack = pack or BatteryPack()
        self.writes: Counter[str] = Counter()
        self._lock = RLock()
        self._born = now
        self.memory = RegisterMemory(self._written, self._may_write)
        self.alarms = Alarms(initial_fault_log(seed, self._born))
        self.meters = Meters(*initial_totals(seed))
        self.state = PhysicsState(INITIAL_SOC)
        self.flows = PowerFlows()
        self._clock = DeviceClock(self._born, 0.0, drift_ppm)
        self._running, self._charging_stopped, self._started = True, False, -inf
        self._temperature = 30.0
        self._shown_alarms: tuple[Alarms, int] | None = None
        self.memory.put_words(
            installer_settings()
            | identity_registers(serial_number(seed))
            | {"PowerOnTime": timestamp_words(self._born)}
        )
        self._obey()
        self.elapsed, self._day = 0.0, now.date()
        if past:
            self._live_through_last_week()
            # However dark the week was: whoever meets it for the first time meets a battery that can be used.
            self.state = PhysicsState(max(self.state.soc, INITIAL_SOC))
            self._judge()
        self._show()

    # Who and when

    @property
    def serial(self) -> str:
        """The serial number."""
        return str(decode(BY_SYMBOL["SourceSN"], self.memory.get("SourceSN")))

    @property
    def unit(self) -> int:
        """The bus address."""
        return self.memory.get("CommIdSet")[0]

    @property
    def silent(self) -> bool:
        """Whether it is starting and hears nothing."""
        return self.elapsed - self._started < START_SECONDS

    @property
    def clock(self) -> datetime:
        """What its own clock shows, naive."""
        return self._clock.now(self.elapsed)

    @property
    def day(self) -> date:
        """The day that the daily counters count."""
        return self._day

    # Registers

    def read(self, address: int, count: int) -> list[int]:
        """Words as they are now; RefusedError as the firmware refuses."""
        with self._lock:
            return self.memory.read(address, count)

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write words, all or nothing; RefusedError as the firmware refuses."""
        with self._lock:
            self.memory.write(address, words)
            self._obey()
            self._show()

    # Time

    def advance(self, elapsed: float) -> None:
        """Live until `elapsed` seconds after the start."""
        with self._lock:
            if elapsed <= self.elapsed:
                return
            while self.elapsed < elapsed:
                until_minute = self._clock.seconds_to_minute(self.elapsed)
                self._step(max(SHORTEST_STEP, min(elapsed - self.elapsed, until_minute, LONGEST_STEP)))
            self._show()

    def raise_alarm(self, bit: int) -> None:
        """Raise alarm `bit` (0..127); it stays, and is logged, until AlarmClearCtrl."""
        with self._lock:
            self.alarms.raise_(bit, self.clock, self._captured())
            self._show()

    def set_soc(self, soc: float) -> None:
        """Put the battery at `soc` percent."""
        with self._lock:
            self.state = PhysicsState(min(100.0, max(0.0, soc)))
            self._show()

    def set_unit(self, unit: int) -> None:
        """Give it another bus address."""
        with self._lock:
            self.memory.put_value("CommIdSet", unit)

    def held(self) -> AbstractContextManager[object]:
        """While this is entered, no other thread changes anything here."""
        return self._lock

    def resume(self, soc: float, meters: Meters, day: date, log: Alarms) -> None:
        """Take over an earlier life that ended on `day`; the counters roll over the days since then."""
        with self._lock:
            self.state, self.meters, self.alarms, self._day = PhysicsState(soc), meters, log, day
            self._roll()
            self._obey()
            self._show()

    def _live_through_last_week(self) -> None:
        midnight = self._born.replace(hour=0, minute=0, second=0, microsecond=0)
        self.elapsed = (midnight - self._born).total_seconds() - DAYS_KEPT * 86400
        self._day = self.clock.date()
        while self.elapsed < 0:
            self._step(min(-self.elapsed, PAST_STEP))

    def _step(self, seconds: float) -> None:
        around = self._surroundings()
        self.state, self.flows = step(self.state, self._settings, around, self.clock, seconds, self.pack)
        self.meters.add(self.flows, seconds)
        target = around.temperature + WARMEST * (abs(self.flows.battery) + self.flows.pv) / (2 * RATED_WATTS) + 8
        self._temperature += (target - self._temperature) * (1 - exp(-seconds / WARMTH_SECONDS))
        self.elapsed += seconds
        self._roll()
        self._judge()

    def _judge(self) -> None:
        self.alarms.judge(
            AlarmInputs(
                voltage=self._voltage(),
                low_voltage=self._low_voltage,
                soc=self.state.soc,
                low_soc=self._low_soc,
                shed=self.flows.shed if self._running else 0.0,
                temperature=self._temperature,
            ),
            self.clock,
            self._captured(),
        )

    def _roll(self) -> None:
        """Close the days that have ended by the device's own clock; a clock set back does not open a day again."""
        today = self.clock.date()
        if today < self._day - timedelta(days=1):
            self._day = today
        self._day = max(self._day, today - timedelta(days=DAYS_KEPT + 1))
        while self._day < today:
            self.meters.roll()
            self._day += timedelta(days=1)

    # From memory to physics and back

    def _surroundings(self) -> Environment:
        return environment_at(self.seed, self._born + timedelta(seconds=self.elapsed))

    def _voltage(self) -> float:
        return self.pack.voltage(self.state.soc, self.flows.battery)

    def _captured(self) -> tuple[int, ...]:
        """What a fault record keeps: battery voltage, state of charge, load, grid power."""
        flows = self.flows
        return (round(self._voltage() * 10), round(self.state.soc), round(flows.load), round(flows.grid) & MASK)

    def _windows(self, name: str) -> tuple[DailyWindow, ...]:
        def minutes(symbol: str) -> int:
            hour, minute = divmod(self.memory.get(symbol)[0], 256)
            return hour * 60 + minute

        return tuple(
            DailyWindow(minutes(f"{name}StartTime{n}"), minutes(f"{name}EndTime{n}")) for n in range(1, WINDOWS + 1)
        )

    def _obey(self) -> None:
        """Take over what the settings and commands say now."""
        self._low_voltage = self.memory.value("BattLowVolt")
        self._low_soc = self.memory.value("BatSocLowAlarm")
        self._output = self.memory.value("OutVoltSet"), self.memory.value("OutFreqSet")
        self._settings = InverterSettings(
            **{name: self.memory.value(symbol) for name, symbol in _SETTING_SYMBOLS.items()},  # type: ignore[arg-type]
            charge_windows=self._windows("Charge"),
            discharge_windows=self._windows("Dischg"),
            charging_stopped=self._charging_stopped,
            running=self._running,
        )

    def _show(self) -> None:
        """Bring the memory's measurements, counters, alarms and clock up to date."""
        situation = MeasurementInputs(
            self.state,
            self.flows,
            self._settings,
            self._surroundings(),
            self._voltage(),
            self._temperature,
            *self._output,
            starting=self.elapsed - self._started < START_STATUS_SECONDS,
        )
        for symbol, value in measurements(situation).items():
            self.memory.put_value(symbol, value)
        for symbol, count in self.meters.values().items():
            register = BY_SYMBOL[symbol]
            self.memory.put(
                register, count if isinstance(count, list) else number_words(register, count * register.scale)
            )
        self.memory.put_words({"SysStateFlag": state_flags(situation), "PresentTime": timestamp_words(self.clock)})
        if self._shown_alarms != (self.alarms, self.alarms.changes):
            self._shown_alarms = (self.alarms, self.alarms.changes)
            self.memory.put_words(
                {
                    "SysAlarmFlag": self.alarms.flags(),
                    "AlarmDetail": self.alarms.details(),
                    "FaultHistory": self.alarms.history(timestamp_words),
                }
            )

    # Commands

    def _may_write(self, register: Register, words: Sequence[int]) -> bool:
        rule = _EXTRA_RULES.get(register.symbol)
        return rule is None or rule(self, words)

    def _written(self, register: Register, words: Sequence[int]) -> None:
        self.writes[register.symbol] += 1
        command = _COMMANDS.get(register.symbol)
        if command is not None:
            command(self, words)

    def _set_clock(self, words: Sequence[int]) -> None:
        now = decode(BY_SYMBOL["PresentTime"], words)
        if isinstance(now, datetime):
            self._clock.set(now, self.elapsed)
            self._roll()

    def _switch(self, words: Sequence[int]) -> None:
        self._running = bool(words[0])

    def _stop_charging(self, words: Sequence[int]) -> None:
        self._charging_stopped = bool(words[0])

    def _clear_alarms(self, words: Sequence[int]) -> None:
        if words[0]:
            self.alarms.clear()

    def _take_soc(self, words: Sequence[int]) -> None:
        self.state = PhysicsState(float(words[0]))

    def _restart(self, words: Sequence[int]) -> None:
        if words[0]:
            self._running, self._charging_stopped, self._started = True, False, self.elapsed
            self.alarms.clear()
            self.memory.put_words({"PowerOnTime": timestamp_words(self.clock)})

    def _recover(self, words: Sequence[int]) -> None:
        _RECOVERIES[words[0]](self)

    def _factory_reset(self) -> None:
        self.memory.put_words(factory_settings())

    def _clear_statistics(self) -> None:
        self.meters = Meters()

    def _clear_history(self) -> None:
        self.alarms.forget()


_RECOVERIES: dict[int, Callable[[SimulatedInverter], None]] = {
    0xAA: SimulatedInverter._factory_reset,  # noqa: SLF001
    0xBB: SimulatedInverter._clear_statistics,  # noqa: SLF001
    0xCC: SimulatedInverter._clear_history,  # noqa: SLF001
}
_COMMANDS: dict[str, Callable[[SimulatedInverter, Sequence[int]], None]] = {
    "PresentTime": SimulatedInverter._set_clock,  # noqa: SLF001
    "OnOffCtrl": SimulatedInverter._switch,  # noqa: SLF001
    "RestartCtrl": SimulatedInverter._restart,  # noqa: SLF001
    "RecoveryCtrl": SimulatedInverter._recover,  # noqa: SLF001
    "AlarmClearCtrl": SimulatedInverter._clear_alarms,  # noqa: SLF001
    "ChgCtrl": SimulatedInverter._stop_charging,  # noqa: SLF001
    "BattSocSet": SimulatedInverter._take_soc,  # noqa: SLF001
}
# What the table's bounds do not say.
_EXTRA_RULES: dict[str, Callable[[SimulatedInverter, Sequence[int]], bool]] = {
    "RecoveryCtrl": lambda _, words: words[0] in _RECOVERIES,
    "BattSocSet": lambda device, _: not device.memory.value("BmsSet"),
}
