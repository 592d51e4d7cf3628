"""A home with prices, a ledger and a clock that the test moves, shared by the tests of the ledger and of trading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.nattery.core.ledger.entry import QUARTER, Energies, LedgerEntry
from custom_components.nattery.core.market.tariff import PriceKind
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.runtime import NatteryRuntime
from custom_components.nattery.trading.calendar import PLAN_CALENDAR
from custom_components.nattery.trading.controls import AUTOMATION, PREFERENCE_NUMBERS, STRATEGY
from custom_components.nattery.trading.event import ACTION_CHANGED
from custom_components.nattery.trading.inverter_system import InverterMeasurements
from custom_components.nattery.trading.ledger_recorder import LedgerRecorder
from custom_components.nattery.trading.override_controls import OVERRIDE_MINUTES, TRADING_BUTTONS, WANTED_ACTION
from custom_components.nattery.trading.plan_sensors import PLANNED_SENSORS
from custom_components.nattery.trading.savings import SAVINGS
from custom_components.nattery.trading.sensors import PROBLEMS, TRADING_SENSORS
from custom_components.nattery.trading.settings import TRADING, settings_from

type Poll = tuple[datetime, Mapping[str, Any]]

STEP = timedelta(seconds=30)
BATTERY = {"capacity": 10.0, "wear": 0.02, "charge": 5.0, "discharge": 5.0, "import": 10.0, "export": 10.0}
FEE = 0.2
TARIFF = {"import_rate": {"fee": FEE}}


def berlin(moment: str) -> datetime:
    """Return a time (UTC) given as local time in Berlin, by default on the day of the tests."""
    text = moment if "-" in moment else f"2026-11-20 {moment}"
    return datetime.fromisoformat(text).replace(tzinfo=dt_util.get_time_zone("Europe/Berlin")).astimezone(UTC)


MORNING = berlin("11:00")


@dataclass
class BookedHouse:
    """A home and all polls of its inverter since the ledger was opened."""

    hass: HomeAssistant
    entry: MockConfigEntry
    clock: FrozenDateTimeFactory
    simulator: Simulator
    watches: list[list[Poll]] = field(default_factory=list)
    stops: list[CALLBACK_TYPE] = field(default_factory=list)

    async def set_up(self) -> BookedHouse:
        """Set up the config entry and fetch prices."""
        begun = dt_util.utcnow()
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.settle()
        await self.walk(timedelta(milliseconds=1))  # fires what is due at once
        self.clock.move_to(begun)
        return self

    @property
    def site(self) -> NatteryRuntime:
        site: NatteryRuntime = self.entry.runtime_data
        return site

    def books(self, ledger: str = "") -> LedgerRecorder:
        """Return a recorder of this home that is not open yet."""
        settings = settings_from({**BATTERY, "ledger": ledger})
        assert self.site.prices is not None
        measurements = InverterMeasurements(self.site.identified_device)
        return LedgerRecorder(self.hass, self.entry, measurements, settings, self.site.prices)

    async def open(self, ledger: str = "") -> LedgerRecorder:
        """Open a recorder, keep every poll that it gets, and poll once."""
        books = self.books(ledger)
        await books.async_open()
        self.watches.append([])
        self.stops.append(self.site.identified_device.readings.async_add_listener(self._write_down))
        await self.site.identified_device.readings.async_refresh()
        await self.settle()
        return books

    async def close(self, books: LedgerRecorder) -> None:
        """Close a recorder."""
        self.stops.pop()()
        await books.async_close()

    def _write_down(self) -> None:
        if self.site.identified_device.readings.last_update_success:
            self.watches[-1].append((dt_util.utcnow(), dict(self.site.identified_device.readings.data.values)))

    async def settle(self) -> None:
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def walk(self, until: datetime | timedelta, step: timedelta = STEP) -> None:
        """Move the clock and the simulator to a time, or by a duration."""
        end = dt_util.utcnow() + until if isinstance(until, timedelta) else until
        while (left := end - dt_util.utcnow()) > timedelta():
            passed = min(step, left)
            self.clock.tick(passed)
            self.simulator.skip(passed.total_seconds())
            async_fire_time_changed(self.hass)
            await self.settle()

    def read_in(self, start: datetime) -> list[tuple[Poll, Poll]]:
        """Return the pairs of consecutive polls of a quarter-hour."""
        pairs = [pair for watch in self.watches for pair in pairwise(watch)]
        return [(a, b) for a, b in pairs if start <= a[0] and b[0] <= start + QUARTER]

    def hours(self, start: datetime) -> float:
        """Return the hours of a quarter-hour that are covered by polls."""
        return sum((b - a) / timedelta(hours=1) for (a, _), (b, _) in self.read_in(start))

    def energy(self, key: str, start: datetime) -> float:
        """Return the kWh of a power over a quarter-hour, signed, integrated from the polls by the trapezoidal rule."""
        pairs = self.read_in(start)
        joules: float = sum((a[key] + b[key]) / 2 * (end - begin).total_seconds() for (begin, a), (end, b) in pairs)
        return joules / 3.6e6

    def slot_price(self, kind: PriceKind, at: datetime) -> float:
        """Return the price of the slot that contains a time."""
        assert self.site.prices is not None
        day = self.site.prices.pricer.day(at.astimezone(dt_util.get_time_zone("Europe/Berlin")).date())
        (price,) = [slot.price for slot in day.slots[kind] if slot.start <= at < slot.end]
        return price


def add_trading(house: BookedHouse, **changes: Any) -> None:
    """Add trading to a home that is not set up yet."""
    subentry = ConfigSubentry(
        data=MappingProxyType({**BATTERY, **changes}),
        subentry_type=TRADING,
        title="Trading",
        unique_id=TRADING,
        subentry_id="01JD5TRADING0000000000000T",
    )
    house.hass.config_entries.async_add_subentry(house.entry, subentry)


def net(energies: Energies) -> dict[str, float]:
    """Return energies with the signs of the inverter's powers."""
    return {
        "grid_power": energies.import_kwh - energies.export_kwh,
        "battery_power": energies.discharge_kwh - energies.charge_kwh,
        "pv_power": energies.pv_kwh,
        "load_power": energies.load_kwh,
    }


def starts(lines: tuple[LedgerEntry, ...]) -> list[str]:
    """Return the starts of entries as local time in Berlin."""
    return [f"{line.start.astimezone(dt_util.get_time_zone('Europe/Berlin')):%H:%M}" for line in lines]


TRADING_ENTITIES = {
    *(("sensor", description.key) for description in (*TRADING_SENSORS, *PLANNED_SENSORS, *SAVINGS)),
    *(("binary_sensor", description.key) for description in PROBLEMS),
    *(("number", description.key) for description in PREFERENCE_NUMBERS),
    ("number", OVERRIDE_MINUTES.key),
    *(("button", description.key) for description in TRADING_BUTTONS),
    ("select", WANTED_ACTION.key),
    ("switch", AUTOMATION.key),
    ("select", STRATEGY.key),
    ("event", ACTION_CHANGED.key),
    ("calendar", PLAN_CALENDAR.key),
}
