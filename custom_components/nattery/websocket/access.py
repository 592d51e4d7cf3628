"""Which config entry a websocket command is about, and what a user may do with it."""

from collections.abc import Callable
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..permissions import may
from ..prices.sensors import PRICE_SENSORS
from ..prices.settings import PRICES, price_subentry
from ..runtime import NatteryConfigEntry
from ..subentry import subentry_unique_id
from ..trading.controls import AUTOMATION
from ..trading.sensors import TRADING_SENSORS
from ..trading.settings import TRADING, trading_subentry
from .errors import not_found, unauthorized

type AccessCheck = Callable[[HomeAssistant, User, ConfigEntry[Any]], None]


def find_entry(hass: HomeAssistant, entry_id: str) -> NatteryConfigEntry:
    """Return a config entry of this integration, loaded or not; raises CommandError."""
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN:
        raise not_found("unknown_entry")
    return entry


def find_loaded_entry(hass: HomeAssistant, entry_id: str) -> NatteryConfigEntry:
    """Return a loaded config entry of this integration; raises CommandError."""
    entry = find_entry(hass, entry_id)
    if entry.state is not ConfigEntryState.LOADED:
        raise not_found("entry_not_loaded", entry=entry.title)
    return entry


def may_see(hass: HomeAssistant, user: User, entry: ConfigEntry[Any]) -> bool:
    """Return whether a user may read the main sensor of trading, else of prices, else everything."""
    if trading := trading_subentry(entry):
        unique_id = subentry_unique_id(trading, TRADING_SENSORS[0].key)
    elif prices := price_subentry(entry):
        unique_id = subentry_unique_id(prices, PRICE_SENSORS[0].key)
    else:
        return user.permissions.access_all_entities(POLICY_READ)
    return may(hass, user, Platform.SENSOR, unique_id, POLICY_READ)


def may_steer(hass: HomeAssistant, user: User, entry: ConfigEntry[Any]) -> bool:
    """Return whether a user may control the automation of an entry, which must have trading."""
    trading = trading_subentry(entry)
    if trading is None:
        return False
    return may(hass, user, Platform.SWITCH, subentry_unique_id(trading, AUTOMATION.key), POLICY_CONTROL)


def require_see(hass: HomeAssistant, user: User, entry: ConfigEntry[Any]) -> None:
    """Raise CommandError if the user may not see the entry."""
    if not may_see(hass, user, entry):
        raise unauthorized()


def require_steer(hass: HomeAssistant, user: User, entry: ConfigEntry[Any]) -> None:
    """Raise CommandError if the entry has no trading, or the user may not control it."""
    if trading_subentry(entry) is None:
        raise not_found("no_trading", entry=entry.title)
    if not may_steer(hass, user, entry):
        raise unauthorized()


def require_administrator(_hass: HomeAssistant, user: User, _entry: ConfigEntry[Any]) -> None:
    """Raise CommandError if the user is no administrator."""
    if not user.is_admin:
        raise unauthorized()


def require_sensor(subentry_type: str, sensor: str) -> AccessCheck:
    """Return a check that raises CommandError without the subentry, or if the user may not read its `sensor`."""

    def check(hass: HomeAssistant, user: User, entry: ConfigEntry[Any]) -> None:
        subentry = next(iter(entry.get_subentries_of_type(subentry_type)), None)
        if subentry is None:
            raise not_found(_MISSING[subentry_type], entry=entry.title)
        if not may(hass, user, Platform.SENSOR, subentry_unique_id(subentry, sensor), POLICY_READ):
            raise unauthorized()

    return check


_MISSING = {PRICES: "no_prices", TRADING: "no_trading"}
