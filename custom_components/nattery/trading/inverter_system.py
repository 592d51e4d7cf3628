"""Trading through an inverter: the one module of trading that knows an inverter and its registers."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Protocol

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..coordinator import InverterCoordinator
from ..core.app.measurements import DailyEnergies
from ..core.control.battery import Battery
from ..core.control.inverter_battery import InverterBattery
from ..core.inverter.codec import Value
from ..core.inverter.inverter import Identity, Inverter, WriteResult
from ..core.inverter.polling import PollResult
from ..core.ledger.meter import PowerReading

_SOC: Final = "battery_soc"
_POWERS: Final = ("grid_power", "battery_power", "pv_power", "load_power")
_STATISTICS: Final = ("load_energy", "load_power", "pv_energy", "pv_power")
_CLOCK, _LOAD, _PV = _DAILY = ("clock", "load_energy_history", "pv_energy_history")
_PERCENT: Final = 100
_DAY: Final = timedelta(days=1)


class TradedDevice(Protocol):
    """What trading needs of an identified inverter."""

    inverter: Inverter
    identity: Identity
    readings: InverterCoordinator

    @property
    def today(self) -> date:
        """The local date."""

    @property
    def wrong_device(self) -> bool:
        """Whether another device answers than the inverter that was set up."""

    def value(self, key: str) -> Value:
        """Return the latest value of a register or derived value, or None."""

    def written(self, written: tuple[WriteResult, ...], *, by_trading: bool) -> None:
        """Handle settings that were written."""


class InverterMeasurements:
    """Measurements from the inverter's readings."""

    def __init__(self, device: TradedDevice) -> None:
        """Read from an identified inverter."""
        self._device = device
        self._poll: PollResult | None = None
        self._reading: PowerReading | None = None

    @property
    def soc(self) -> float | None:
        """The state of charge (0 to 1), or None while the inverter does not answer."""
        soc = self._device.value(_SOC)
        known = self._device.readings.last_update_success and isinstance(soc, int | float)
        return soc / _PERCENT if known and isinstance(soc, int | float) else None

    @property
    def reading(self) -> PowerReading | None:
        """The latest poll with the time at which it was first asked for, or None while a value is unknown."""
        readings = self._device.readings
        if not readings.last_update_success:
            return None
        if readings.data is not self._poll:
            self._poll, self._reading = readings.data, self._read()
        return self._reading

    def _read(self) -> PowerReading | None:
        values = [self._device.value(key) for key in (*_POWERS, _SOC)]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        if len(numbers) < len(values):
            return None
        grid, battery, pv, load, soc = numbers
        return PowerReading(dt_util.utcnow(), grid, battery, pv, load, soc / _PERCENT)

    def async_add_listener(self, update_callback: Callable[[], None]) -> CALLBACK_TYPE:
        """Call a listener after every poll."""
        return self._device.readings.async_add_listener(update_callback)


class InverterEnergyHistory:
    """Energies of the past, from the statistics of the inverter's sensors and from its own memory of seven days."""

    def __init__(self, hass: HomeAssistant, device: TradedDevice) -> None:
        """Read from an identified inverter."""
        self._hass, self._device = hass, device

    @property
    def statistic_ids(self) -> Mapping[str, str]:
        """The entity ids of the sensors, by what they measure."""
        registry, serial = er.async_get(self._hass), self._device.identity.serial_number
        found = {key: registry.async_get_entity_id(Platform.SENSOR, DOMAIN, f"{serial}_{key}") for key in _STATISTICS}
        return {key: entity_id for key, entity_id in found.items() if entity_id}

    @property
    def today(self) -> date:
        """The local date."""
        return self._device.today

    async def async_daily_energies(self) -> DailyEnergies | None:
        """Read the energies of the last seven days, which are not polled.

        Its days end by its own clock. If that is more than a day off, they are not the home's days.
        """
        if not self._device.readings.last_update_success:
            return None
        report = await self._device.inverter.read_registers(_DAILY)
        clock = report.values.get(_CLOCK)
        if report.failed or not isinstance(clock, datetime) or abs(clock.date() - self.today) > _DAY:
            return None
        today = clock.date()
        load, pv = (_by_day(report.values[key], today) for key in (_LOAD, _PV))
        return DailyEnergies(today, load, pv)


class InverterSystem:
    """A system whose battery hangs on an inverter, which also measures the home."""

    def __init__(self, hass: HomeAssistant, device: TradedDevice) -> None:
        """Use an identified inverter."""
        self.measurements = InverterMeasurements(device)
        self.history = InverterEnergyHistory(hass, device)
        self._device = device

    @property
    def wrong_device(self) -> bool:
        """Whether another inverter answers than the one that was set up."""
        return self._device.wrong_device

    @property
    def batteries(self) -> tuple[Battery, ...]:
        """The inverter's battery."""
        zone, device = dt_util.get_default_time_zone(), self._device
        on_written = partial(device.written, by_trading=True)
        return (InverterBattery(device.inverter, zone, now=dt_util.utcnow, on_written=on_written),)


def _by_day(value: Value, today: date) -> dict[date, float]:
    """Return the kWh of each day; the register starts with yesterday."""
    energies = value if isinstance(value, list) else []
    return {today - back * _DAY: kwh for back, kwh in enumerate(energies, 1) if isinstance(kwh, int | float)}
