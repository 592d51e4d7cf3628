"""One house, wired: prices, the line and the inverter on it, who polls it, and who trades with it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import UpdateFailed

from .connections import InverterConnection
from .const import (
    CONF_GROUPS,
    CONF_READINGS_INTERVAL,
    CONF_SETTINGS_INTERVAL,
    CONF_UNIT,
    DEFAULT_READINGS_INTERVAL,
    DEFAULT_SETTINGS_INTERVAL,
    DOMAIN,
    EVENT_WRITTEN,
    LOGGER,
    STATISTICS_INTERVAL,
)
from .coordinator import InverterCoordinator, local_now
from .core.inverter.codec import Value
from .core.inverter.derived import DERIVED
from .core.inverter.errors import WrongDeviceError
from .core.inverter.inverter import UNIT_ID, Identity, Inverter, WriteResult
from .core.inverter.registers import BY_KEY
from .core.inverter.render import to_json
from .core.inverter.table import RegisterGroup, Tier
from .core.inverter.write_counter import WriteCounter, WriteOrigin
from .errors import CORE_ERRORS, action_error, translated
from .issues import WRONG_DEVICE, async_clear, async_raise
from .prices.coordinator import PriceCoordinator
from .prices.settings import price_subentry
from .trading.coordinator import TradingCoordinator
from .trading.inverter_system import InverterSystem
from .trading.settings import trading_subentry

_STORE_VERSION = 1
_SAVE_DELAY = 10


def wear_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where the wear book of an entry is kept."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.wear")


def identity_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Where is kept who the inverter of an entry is, so that a start does not depend on its answer."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.identity")


type NatteryConfigEntry = ConfigEntry[NatteryRuntime]


class NatteryRuntime:
    """What one config entry runs; `entry.runtime_data`."""

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
        """Describe the house; nothing is opened before `async_meet`."""
        self._hass = hass
        self._entry = entry
        self._wear_store = wear_store(hass, entry.entry_id)
        self._identity_store = identity_store(hass, entry.entry_id)
        prices = price_subentry(entry)
        self.prices = PriceCoordinator(hass, entry, prices) if prices else None
        trading = trading_subentry(entry)
        self.trading = (
            TradingCoordinator(hass, entry, trading, InverterSystem(hass, self), self.prices)
            if trading and self.prices
            else None
        )
        self.line = InverterConnection(hass, entry.data, entry.entry_id)
        self.inverter: Inverter
        self.identity: Identity
        self.readings: InverterCoordinator
        self.settings: InverterCoordinator
        self.statistics: InverterCoordinator
        self._wrong_device: WrongDeviceError | None = None
        self._answered = False
        self._met = False
        self._waiting: list[Callable[[], None]] = []

    @callback
    def on_identified(self, furnish: Callable[[], None]) -> None:
        """Call `furnish` as soon as it is known who the inverter is, at once where it is."""
        if self._met:
            furnish()
        else:
            self._waiting.append(furnish)

    async def async_connect(self) -> None:
        """Open the line, meet the inverter and read everything once; raises ConfigEntryNotReady or ConfigEntryError.

        An inverter that was met before may be silent now: its entities are unavailable until it answers.
        """
        bus = await self.line.async_open(self._link_changed)
        options = self._entry.options
        wear = WriteCounter.from_dict(await self._wear_store.async_load())
        groups = [RegisterGroup(group) for group in options.get(CONF_GROUPS, ())]
        unit = self._entry.data[CONF_UNIT]
        self.inverter = Inverter(bus, unit, groups=groups, write_counter=wear, now=local_now)
        silence = None
        try:
            await self._async_identify()
        except WrongDeviceError as error:
            raise translated(ConfigEntryError, error) from error
        except CORE_ERRORS as error:
            if (known := await self._identity_store.async_load()) is None:
                raise translated(ConfigEntryNotReady, error) from error
            self.identity = Identity(**known)
            silence = translated(UpdateFailed, error)
        fast = timedelta(seconds=options.get(CONF_READINGS_INTERVAL, DEFAULT_READINGS_INTERVAL))
        slow = timedelta(seconds=options.get(CONF_SETTINGS_INTERVAL, DEFAULT_SETTINGS_INTERVAL))
        self.settings = self._coordinator((Tier.SETTINGS, Tier.COUNTERS), slow)
        self.readings = self._coordinator((Tier.FAST,), fast)
        self.statistics = self._coordinator((Tier.STATISTICS,), STATISTICS_INTERVAL)
        if silence is None:
            for coordinator in (self.settings, self.readings):
                await coordinator.async_config_entry_first_refresh()
            await self.statistics.async_refresh()  # without a fault log it is an inverter all the same
        else:
            for coordinator in self.coordinators:
                coordinator.async_set_update_error(silence)
        if self.trading is not None:
            await self.trading.async_open()
        self._met = True
        for furnish in self._waiting:
            furnish()

    @property
    def coordinators(self) -> tuple[InverterCoordinator, ...]:
        """All of them; settings first, since they tell the device's clock to the others."""
        return (self.settings, self.readings, self.statistics)

    @property
    def device_info(self) -> dr.DeviceInfo:
        """The one device of this entry."""
        return dr.DeviceInfo(
            identifiers={(DOMAIN, self.identity.serial_number)},
            manufacturer=self.identity.manufacturer or None,
            model=f"Hybrid inverter, {self.identity.product.replace('_', ' ')}",
            name=self._entry.title,
            serial_number=self.identity.serial_number,
            sw_version=self.identity.firmware or None,
            hw_version=f"Modbus protocol {self.identity.protocol}",
        )

    def coordinator_of(self, key: str) -> InverterCoordinator:
        """Who polls a register or derived value."""
        tiers = {Tier.FAST: self.readings, Tier.STATISTICS: self.statistics}
        register = BY_KEY.get(DERIVED[key].sources[0] if key in DERIVED else key)
        return tiers.get(register.tier, self.settings) if register else self.settings

    def value(self, key: str) -> Value:
        """The value that stands now, or None."""
        report = self.coordinator_of(key).data
        return report.values.get(key) if report else None

    @property
    def wrong_device(self) -> bool:
        """Whether another device answers than the inverter this entry was made for."""
        return self._wrong_device is not None

    @property
    def today(self) -> date:
        """The date of the house."""
        return local_now().date()

    async def async_write(
        self, values: Mapping[str, object], context: Context | None = None, *, confirm: bool = False
    ) -> tuple[WriteResult, ...]:
        """Guarded write of one register, or of neighbours in one request; raises a translated HomeAssistantError.

        A context with a user behind it is a person; anything else is automation, which the wear book may refuse.
        """
        origin = WriteOrigin.USER if context and context.user_id else WriteOrigin.AUTOMATION
        try:
            if self._wrong_device is not None:
                raise self._wrong_device
            written = await self.inverter.write_registers(values, origin, confirm=confirm)
        except CORE_ERRORS as error:
            raise action_error(error) from error
        self.written(written, context)
        return written

    @callback
    def written(self, written: tuple[WriteResult, ...], context: Context | None = None) -> None:
        """Show new settings at once, keep the wear book, and tell the logbook."""
        self.settings.show({one.register.key: one.new for one in written if one.register.readable})
        changed = [one for one in written if one.changed]
        if not changed:
            return
        self._wear_store.async_delay_save(self.inverter.write_counter.as_dict, _SAVE_DELAY)
        if any(one.register.key == UNIT_ID for one in changed):  # the next start must find it under its new id
            data = {**self._entry.data, CONF_UNIT: self.inverter.unit}
            self._hass.config_entries.async_update_entry(self._entry, data=data)
        identifier = (DOMAIN, self.identity.serial_number)
        device = dr.async_get(self._hass).async_get_device_by_identifier(identifier, self._entry.entry_id)
        for one in changed:
            self._hass.bus.async_fire(
                EVENT_WRITTEN,
                {
                    ATTR_CONFIG_ENTRY_ID: self._entry.entry_id,
                    ATTR_DEVICE_ID: device.id if device else None,
                    "key": one.register.key,
                    "symbol": one.register.symbol,
                    "old": to_json(one.register, one.old),
                    "new": to_json(one.register, one.new),
                },
                context=context,
            )

    async def async_sync_clock(self, context: Context | None = None, tolerance: float = 0.0) -> WriteResult | None:
        """Set the inverter's clock to local time, if it is off by more than `tolerance` seconds."""
        try:
            if self._wrong_device is not None:
                raise self._wrong_device
            written = await self.inverter.sync_clock(tolerance)
        except CORE_ERRORS as error:
            raise action_error(error) from error
        if written is not None:
            self.written((written,), context)
        return written

    async def async_ask_again(self) -> None:
        """Ask who is there, however often that has failed of late, then poll."""
        await self._async_meet_again(up=True)

    async def async_close(self) -> None:
        """Hand the battery back, finish what is on the wire, keep the books, and give the port back."""
        if self.trading is not None and self._met:
            await self.trading.async_close()
        if self.prices is not None:
            await self.prices.async_close()
        await self.line.async_close()
        if hasattr(self, "inverter"):
            await self._wear_store.async_save(self.inverter.write_counter.as_dict())

    def _coordinator(self, tiers: tuple[Tier, ...], interval: timedelta) -> InverterCoordinator:
        return InverterCoordinator(
            self._hass, self._entry, self.inverter, tiers, interval, before=self._async_check_device
        )

    async def _async_check_device(self) -> None:
        """Poll no stranger: as long as one answers, or none has yet, ask who it is before every poll."""
        if self._wrong_device is not None or not self._answered:
            try:
                await self._async_identify()
            except CORE_ERRORS as error:
                raise translated(UpdateFailed, error) from error

    async def _async_identify(self) -> None:
        """Find out who answers, and insist that it is the inverter this entry was made for."""
        try:
            identity = await self.inverter.identify()
            if identity.serial_number != self._entry.unique_id:
                raise WrongDeviceError("Another inverter answers than the one that was set up")  # noqa: TRY301
        except WrongDeviceError as error:
            self._wrong_device = error
            async_raise(self._hass, self._entry, WRONG_DEVICE, place=self.line.bus.endpoint)
            raise
        async_clear(self._hass, self._entry.entry_id, WRONG_DEVICE)
        self.identity = identity
        self._wrong_device = None
        if not self._answered:
            self._answered = True
            await self._identity_store.async_save(asdict(identity))

    @callback
    def _link_changed(self, *, up: bool) -> None:
        """Ask who is there when the line comes back, then show at once what has changed."""
        if hasattr(self, "statistics"):
            self._entry.async_create_background_task(self._hass, self._async_meet_again(up=up), "nattery link")

    async def _async_meet_again(self, *, up: bool) -> None:
        if up:
            try:
                await self._async_identify()
            except CORE_ERRORS as error:
                LOGGER.debug("Not identified: %s", error)
        for coordinator in self.coordinators:
            await coordinator.async_refresh()
