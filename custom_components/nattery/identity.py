"""Which inverter responds: the one that the config entry was made for, or another device."""

from dataclasses import asdict
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .core.inverter.errors import WrongDeviceError
from .core.inverter.inverter import Identity, Inverter
from .issues import WRONG_DEVICE, async_clear, async_raise

_STORE_VERSION = 1


def identity_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the store of the inverter's identity, so that a start does not need its response."""
    return Store(hass, _STORE_VERSION, f"{DOMAIN}.{entry_id}.identity")


class IdentityCheck:
    """Identifies the inverter of a config entry, and raises a repair issue while another device responds."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, inverter: Inverter) -> None:
        """Prepare the check; nothing is sent yet."""
        self._hass = hass
        self._entry = entry
        self._inverter = inverter
        self._store = identity_store(hass, entry.entry_id)
        self._wrong_device: WrongDeviceError | None = None
        self._identity: Identity | None = None
        self._is_current = False

    @property
    def wrong_device(self) -> WrongDeviceError | None:
        """Return the error of the last check if another device responded."""
        return self._wrong_device

    @property
    def is_passed(self) -> bool:
        """Return whether the right inverter has responded, and the connection has not been lost since."""
        return self._is_current and self._wrong_device is None

    async def async_stored(self) -> Identity | None:
        """Return the identity from an earlier start, None if the inverter has never responded."""
        stored = await self._store.async_load()
        return Identity(**stored) if stored is not None else None

    @callback
    def async_expire(self) -> None:
        """Require a new check, since the connection was lost and may come back with another device."""
        self._is_current = False

    async def async_identify(self) -> Identity:
        """Return the inverter's identity; raise WrongDeviceError for another device, ModbusError for no response."""
        try:
            identity = await self._inverter.identify()
            if identity.serial_number != self._entry.unique_id:
                raise WrongDeviceError("Another inverter answers than the one that was set up")  # noqa: TRY301
        except WrongDeviceError as error:
            self._wrong_device = error
            async_raise(self._hass, self._entry, WRONG_DEVICE, place=self._inverter.client.endpoint)
            raise
        async_clear(self._hass, self._entry.entry_id, WRONG_DEVICE)
        is_first = self._identity is None
        self._identity, self._wrong_device, self._is_current = identity, None, True
        if is_first:
            await self._store.async_save(asdict(identity))
        return identity
