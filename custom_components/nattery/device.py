"""The identified inverter as a device: its coordinators, its guarded writes, and the trading that controls it."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import UpdateFailed

from .action_helpers import refuse
from .const import (
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
from .core.control.inverter_battery import CONTROLLED_KEYS, shown_settings
from .core.inverter.codec import Value
from .core.inverter.derived import DERIVED
from .core.inverter.inverter import UNIT_ID, Identity, Inverter, WriteResult
from .core.inverter.registers import BY_KEY
from .core.inverter.render import to_json
from .core.inverter.table import Tier
from .core.inverter.write_counter import WriteOrigin
from .core.simulator.initial_state import is_simulated
from .errors import CORE_ERRORS, action_error, translated
from .identity import IdentityCheck
from .register_watch import RegisterWatch
from .trading.coordinator import TradingCoordinator
from .trading.inverter_system import InverterSystem
from .trading.price_source import TradingPrices
from .trading.settings import trading_subentry

_STORE_VERSION = 1
_SAVE_DELAY = 10


def wear_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of a config entry's write counters."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.wear")


class InverterDevice:
    """The identified inverter of a config entry.

    The inverter may be silent: its identity is then that of an earlier start, and its entities are unavailable.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        inverter: Inverter,
        identity: Identity,
        check: IdentityCheck,
        prices: TradingPrices,
    ) -> None:
        """Create the coordinators, and trading where the entry has it; `async_start` starts them."""
        self._hass = hass
        self._entry = entry
        self._check = check
        self._wear_store = wear_store(hass, entry.entry_id)
        self.inverter = inverter
        self.identity = identity
        fast = timedelta(seconds=entry.options.get(CONF_READINGS_INTERVAL, DEFAULT_READINGS_INTERVAL))
        slow = timedelta(seconds=entry.options.get(CONF_SETTINGS_INTERVAL, DEFAULT_SETTINGS_INTERVAL))
        self.settings = self._coordinator((Tier.SETTINGS, Tier.COUNTERS), slow)
        self.readings = self._coordinator((Tier.FAST,), fast)
        self.statistics = self._coordinator((Tier.STATISTICS,), STATISTICS_INTERVAL)
        self.registers = RegisterWatch(inverter, self.coordinators)
        trading = trading_subentry(entry)
        self.trading = TradingCoordinator(hass, entry, trading, InverterSystem(hass, self), prices) if trading else None

    async def async_start(self, error: UpdateFailed | None) -> None:
        """Read everything once, then start trading; `error` says why the inverter is silent, None if it is not."""
        if error is None:
            for coordinator in (self.settings, self.readings):
                await coordinator.async_config_entry_first_refresh()
            await self.statistics.async_refresh()  # the entry loads without a fault log too
        else:
            for coordinator in self.coordinators:
                coordinator.async_set_update_error(error)
        self._entry.async_on_unload(self.registers.async_start(self.identity))
        if self.trading is not None:
            await self.trading.async_open()

    async def async_close(self) -> None:
        """Release control of the battery."""
        if self.trading is not None:
            await self.trading.async_close()

    async def async_save(self) -> None:
        """Save the write counters."""
        await self._wear_store.async_save(self.inverter.write_counter.as_dict())

    @property
    def coordinators(self) -> tuple[InverterCoordinator, ...]:
        """Return all coordinators; that of the settings first, since it reads the clock that the others need."""
        return (self.settings, self.readings, self.statistics)

    @property
    def device_info(self) -> dr.DeviceInfo:
        """Return the description of the one device of the config entry."""
        kind = "Simulated hybrid inverter" if is_simulated(self.identity.serial_number) else "Hybrid inverter"
        return dr.DeviceInfo(
            identifiers={(DOMAIN, self.identity.serial_number)},
            manufacturer=self.identity.manufacturer or None,
            model=f"{kind}, {self.identity.product.replace('_', ' ')}",
            name=self._entry.title,
            serial_number=self.identity.serial_number,
            sw_version=self.identity.firmware or None,
            hw_version=f"Modbus protocol {self.identity.protocol}",
        )

    def coordinator_of(self, key: str) -> InverterCoordinator:
        """Return the coordinator that polls a register, or the first source of a derived value."""
        tiers = {Tier.FAST: self.readings, Tier.STATISTICS: self.statistics}
        register = BY_KEY.get(DERIVED[key].sources[0] if key in DERIVED else key)
        return tiers.get(register.tier, self.settings) if register else self.settings

    def value(self, key: str) -> Value:
        """Return the current value of a register or derived value, None if it is unknown."""
        report = self.coordinator_of(key).data
        return report.values.get(key) if report else None

    @property
    def wrong_device(self) -> bool:
        """Return whether another device responds than the inverter that this entry was made for."""
        return self._check.wrong_device is not None

    @property
    def today(self) -> date:
        """Return the local date."""
        return local_now().date()

    async def async_write(
        self, values: Mapping[str, object], context: Context | None = None, *, confirm: bool = False
    ) -> tuple[WriteResult, ...]:
        """Write one register, or neighbouring ones in one request, guarded; raise a translated HomeAssistantError.

        A write whose context has a user is by that user; any other is by an automation, and has a daily limit. Settings
        that trading controls are refused while automation is on: the write would pause trading, or be undone by it.
        """
        self._require_uncontrolled(values)
        origin = WriteOrigin.USER if context and context.user_id else WriteOrigin.AUTOMATION
        try:
            await self._async_require_identity()
            written = await self.inverter.write_registers(values, origin, confirm=confirm)
        except CORE_ERRORS as error:
            raise action_error(error) from error
        self.written(written, context)
        return written

    def _require_uncontrolled(self, keys: Iterable[str]) -> None:
        """Raise ServiceValidationError if one of the settings is controlled by trading now."""
        controlled = CONTROLLED_KEYS.intersection(keys)
        if controlled and self.trading is not None and self.trading.automatic:
            raise refuse(
                "controlled_setting", settings=self.trading.sentences.names(shown_settings(sorted(controlled)))
            )

    @callback
    def written(
        self, written: tuple[WriteResult, ...], context: Context | None = None, *, by_trading: bool = False
    ) -> None:
        """Show new settings at once, save the write counters, and fire an event for each change."""
        self.settings.show({one.register.key: one.new for one in written if one.register.readable})
        changed = [one for one in written if one.changed]
        if not changed:
            return
        self._wear_store.async_delay_save(self.inverter.write_counter.as_dict, _SAVE_DELAY)
        if any(one.register.key == UNIT_ID for one in changed):  # the next start needs the new unit id
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
                    "by_trading": by_trading,
                },
                context=context,
            )

    async def async_sync_clock(self, context: Context | None = None, tolerance: float = 0.0) -> WriteResult | None:
        """Set the inverter's clock to local time if it is off by more than `tolerance` seconds."""
        try:
            await self._async_require_identity()
            written = await self.inverter.sync_clock(tolerance)
        except CORE_ERRORS as error:
            raise action_error(error) from error
        if written is not None:
            self.written((written,), context)
        return written

    async def async_reconnect(self) -> None:
        """Identify the inverter again, whatever the last check found, then poll everything."""
        try:
            await self._async_identify()
        except CORE_ERRORS as error:
            LOGGER.debug("Not identified: %s", error)
        await self.async_refresh()

    async def async_disconnect(self) -> None:
        """Require that the inverter is identified before anything else is read or written, and poll everything."""
        self._check.async_expire()
        await self.async_refresh()

    async def async_refresh(self) -> None:
        """Poll everything."""
        for coordinator in self.coordinators:
            await coordinator.async_refresh()

    def _coordinator(self, tiers: tuple[Tier, ...], interval: timedelta) -> InverterCoordinator:
        return InverterCoordinator(
            self._hass, self._entry, self.inverter, tiers, interval, check=self._async_check_identity
        )

    async def _async_check_identity(self) -> None:
        """Raise UpdateFailed unless the right inverter responds; identify it if that is not known."""
        if not self._check.is_passed:
            try:
                await self._async_identify()
            except CORE_ERRORS as error:
                raise translated(UpdateFailed, error) from error

    async def _async_require_identity(self) -> None:
        """Raise WrongDeviceError if another device responded last; identify the inverter if the connection was lost."""
        if self._check.wrong_device is not None:
            raise self._check.wrong_device
        if not self._check.is_passed:
            await self._async_identify()

    async def _async_identify(self) -> None:
        self.identity = await self._check.async_identify()
