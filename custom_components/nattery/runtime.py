"""The runtime data of a config entry: prices, the connection, and the inverter once it is identified."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers.update_coordinator import UpdateFailed

from .connections import InverterConnection
from .const import CONF_GROUPS, CONF_UNIT
from .coordinator import local_now
from .core.inverter.errors import WrongDeviceError
from .core.inverter.inverter import Inverter
from .core.inverter.table import RegisterGroup
from .core.inverter.write_counter import WriteCounter
from .device import InverterDevice, wear_store
from .errors import CORE_ERRORS, translated
from .identity import IdentityCheck
from .prices.coordinator import PriceCoordinator
from .prices.settings import price_subentry
from .trading.coordinator import TradingCoordinator
from .trading.price_source import async_missing_prices

type NatteryConfigEntry = ConfigEntry[NatteryRuntime]
type IdentifiedCallback = Callable[[InverterDevice], None]


class NatteryRuntime:
    """The runtime data of a config entry (`entry.runtime_data`).

    `device` is None until the inverter is identified. A loaded entry always has one.
    """

    def __init__(self, hass: HomeAssistant, entry: NatteryConfigEntry) -> None:
        """Create what is known without the inverter; nothing is opened yet."""
        self._hass = hass
        self._entry = entry
        self._waiting: list[IdentifiedCallback] = []
        subentry = price_subentry(entry)
        self.prices = PriceCoordinator(hass, entry, subentry) if subentry else None
        self.connection = InverterConnection(hass, entry.data, entry.entry_id)
        self.device: InverterDevice | None = None

    @property
    def identified_device(self) -> InverterDevice:
        """Return the device of a loaded entry; raise RuntimeError before the inverter is identified."""
        if self.device is None:
            raise RuntimeError("The inverter is not identified yet")
        return self.device

    @property
    def trading(self) -> TradingCoordinator | None:
        """Return the coordinator of trading, None without trading or before the inverter is identified."""
        return self.device.trading if self.device else None

    @callback
    def on_identified(self, action: IdentifiedCallback) -> None:
        """Call `action` with the device as soon as the inverter is identified, which may be at once."""
        if self.device is not None:
            action(self.device)
        else:
            self._waiting.append(action)

    async def async_connect(self) -> None:
        """Connect, identify the inverter and read everything once; raise ConfigEntryNotReady or ConfigEntryError.

        An inverter that was identified at an earlier start may be silent now.
        """
        bus = await self.connection.async_open(self._connection_changed)
        inverter = Inverter(
            bus,
            self._entry.data[CONF_UNIT],
            groups=[RegisterGroup(group) for group in self._entry.options.get(CONF_GROUPS, ())],
            write_counter=WriteCounter.from_dict(await wear_store(self._hass, self._entry.entry_id).async_load()),
            now=local_now,
        )
        check = IdentityCheck(self._hass, self._entry, inverter)
        silence = None
        try:
            identity = await check.async_identify()
        except WrongDeviceError as error:
            raise translated(ConfigEntryError, error) from error
        except CORE_ERRORS as error:
            stored = await check.async_stored()
            if stored is None:
                raise translated(ConfigEntryNotReady, error) from error
            identity, silence = stored, translated(UpdateFailed, error)
        prices = self.prices or await async_missing_prices(self._hass, self._entry)
        device = InverterDevice(self._hass, self._entry, inverter, identity, check, prices)
        await device.async_start(silence)
        self.device = device
        for action in self._waiting:
            action(device)

    async def async_close(self) -> None:
        """Release control of the battery, finish pending requests, save everything and close the connection."""
        if self.device is not None:
            await self.device.async_close()
        if self.prices is not None:
            await self.prices.async_close()
        await self.connection.async_close()
        if self.device is not None:
            await self.device.async_save()

    @callback
    def _connection_changed(self, *, up: bool) -> None:
        """Poll at once when the connection is lost; identify the inverter first when it is back."""
        if self.device is not None:
            refresh = self.device.async_reconnect() if up else self.device.async_disconnect()
            self._entry.async_create_background_task(self._hass, refresh, "nattery connection")
