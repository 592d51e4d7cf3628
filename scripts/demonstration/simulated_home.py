"""The demo's inverter at high speed: steered through its registers, and metered in quarter-hours."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from custom_components.nattery.core.action import Action
from custom_components.nattery.core.app.measurements import DailyEnergies
from custom_components.nattery.core.control.battery import BatteryState, Performed
from custom_components.nattery.core.inverter.actions import (
    REQUIRED_SETTINGS,
    ActionContext,
    active_action,
    ordered_writes,
    settings_for,
)
from custom_components.nattery.core.inverter.codec import Value, decode
from custom_components.nattery.core.inverter.derived import DERIVED
from custom_components.nattery.core.inverter.inverter import validate_write
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.ledger.entry import QUARTER, Energies, MeteredInterval, quarter_start
from custom_components.nattery.core.simulator.simulated_inverter import SimulatedInverter
from custom_components.nattery.core.simulator.state import dump_state, restore_state

SAMPLE = timedelta(minutes=5)
SOC = "battery_soc"
_DAY = timedelta(days=1)
_PERCENT, _KILO = 100, 1000
_INSTALLED = {"soc_low_alarm": 5}  # below the state of charge down to which trading discharges

type Sample = Mapping[str, float]


class SimulatedHome:
    """The simulated inverter of the demo and the home around it; a Battery for the controller.

    Its clock shows the time of `zone`, which must have a fixed offset: the simulator knows no clock changes.
    """

    def __init__(self, seed: int, start: datetime, zone: tzinfo, state: Mapping[str, Any] | None = None) -> None:
        """Switch the inverter on at `start`; without a saved `state`, it simulates the week before."""
        self.now = start
        self._start, self._zone = start, zone
        self._device = SimulatedInverter(seed, self._local(start), with_history=state is None)
        if state is not None:
            restore_state(self._device, state)
        else:
            self._write(_INSTALLED)
        self._interval_start, self._totals, self._soc = start, dict(self._device.meters.total), self.soc

    @property
    def serial_number(self) -> str:
        """The serial number."""
        return self._device.serial

    @property
    def soc(self) -> float:
        """The state of charge, 0 to 1."""
        return self._device.state.soc / _PERCENT

    def saved_state(self) -> dict[str, Any]:
        """Return the state from which `nattery simulate` goes on."""
        return dump_state(self._device)

    # Time and measurements

    def run(self, until: datetime, keys: tuple[str, ...]) -> Iterator[tuple[datetime, Sample]]:
        """Simulate until a time, and yield the time and the readings of `keys` after every step of `SAMPLE`."""
        while self.now < until:
            self.now = min(self.now + SAMPLE, until)
            self._device.advance((self.now - self._start).total_seconds())
            yield self.now, self.readings(keys)

    def readings(self, keys: tuple[str, ...]) -> dict[str, float]:
        """Return the numbers that the integration's sensors with these keys show."""
        registers = {source for key in keys for source in (DERIVED[key].sources if key in DERIVED else (key,))}
        registers |= {phase for key in registers for phase in _COMPANIONS.get(key, ())}
        values = self._read(*registers)
        shown = {key: DERIVED[key].compute(values) if key in DERIVED else values[key] for key in keys}
        return {key: value for key, value in shown.items() if isinstance(value, int | float)}

    def take_interval(self) -> MeteredInterval:
        """Return what was metered of the present quarter-hour since the last call."""
        before, self._totals = self._totals, dict(self._device.meters.total)
        start, self._interval_start = self._interval_start, self.now
        kwh = {name: (total - before[name]) / _KILO for name, total in self._totals.items()}
        # The balance of all flows gives the energy from the grid, which the inverter counts in two parts.
        bought = kwh["load"] + kwh["export"] + kwh["charge"] - kwh["discharge"] - kwh["pv"]
        energies = Energies(max(bought, 0.0), kwh["export"], kwh["charge"], kwh["discharge"], kwh["pv"], kwh["load"])
        soc_before, self._soc = self._soc, self.soc
        return MeteredInterval(
            quarter_start(start), (self.now - start) / QUARTER, energies, self.soc, self.soc - soc_before
        )

    def daily_energies(self) -> DailyEnergies:
        """Return the energies of the last seven days, from the inverter's memory."""
        today = self._local(self.now).date()
        values = self._read("load_energy_history", "pv_energy_history")
        load, pv = (
            {today - back * _DAY: kwh for back, kwh in enumerate(energies, 1) if isinstance(kwh, int | float)}
            for energies in (values["load_energy_history"], values["pv_energy_history"])
            if isinstance(energies, list)
        )
        return DailyEnergies(today, load, pv)

    # The battery, as the controller sees it

    async def state(self) -> BatteryState:
        """Return the present state."""
        context = self._context()
        running, left = active_action(context.settings, context.clock)
        return BatteryState(self.soc * _PERCENT, running, left)

    async def perform(self, action: Action) -> Performed:
        """Write the settings of an action that differ."""
        context = self._context()
        target = settings_for(action, context)
        written: list[str] = []
        for request in ordered_writes(target, context.settings):
            written += self._write(request)
        kind, _ = active_action({**context.settings, **target}, context.clock)
        return Performed(kind or action.kind, tuple(written))

    def _context(self) -> ActionContext:
        values = self._read(*REQUIRED_SETTINGS, "battery_voltage")
        voltage = values["battery_voltage"]
        return ActionContext(
            now=self.now,
            zone=self._zone,
            clock=self._device.clock,
            voltage=voltage if isinstance(voltage, int | float) else 0.0,
            settings={key: values[key] for key in REQUIRED_SETTINGS},
        )

    def _write(self, values: Mapping[str, Value]) -> list[str]:
        """Write neighbouring registers in one request, and return their symbols."""
        registers, words = validate_write(values)
        self._device.write(registers[0].address, [word for one in registers for word in words[one.key]])
        return [one.symbol for one in registers]

    def _read(self, *keys: str) -> dict[str, Value]:
        registers = [BY_KEY[key] for key in keys]
        return {one.key: decode(one, self._device.read(one.address, one.words)) for one in registers}

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None)


# Readings that a derived value takes into account where there are any.
_COMPANIONS = {"grid_apparent_power_a": ("grid_current",), "output_power": ("output_power_a",)}
