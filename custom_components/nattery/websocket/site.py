"""The command that tells what is set up, and what its user may do."""

from collections import Counter
from collections.abc import Container, Mapping
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_loaded_integration

from ..const import DOMAIN
from ..core.planner.strategies import STRATEGIES
from ..core.simulator.initial_state import is_simulated
from ..prices.settings import price_subentry
from ..runtime import NatteryConfigEntry
from ..trading.settings import settings_from, trading_subentry
from .access import may_see, may_steer

SITE: Final = f"{DOMAIN}/site"
API_VERSION: Final = 1
_KILO: Final = 1000


def site(hass: HomeAssistant, user: User, _fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config entries of which the user may read anything."""
    entries: list[NatteryConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    pictures = [_entry(hass, user, entry) for entry in entries]
    return {
        "api": API_VERSION,
        "version": str(async_get_loaded_integration(hass, DOMAIN).version),
        "time_zone": hass.config.time_zone,
        "entries": [picture for picture in pictures if picture["may"]["see"] or picture["entities"]],
    }


def _entry(hass: HomeAssistant, user: User, entry: NatteryConfigEntry) -> dict[str, Any]:
    sees = may_see(hass, user, entry)
    trading = trading_subentry(entry) is not None
    return {
        "entry_id": entry.entry_id,
        "title": entry.title,
        "simulated": is_simulated(entry.unique_id or ""),
        "state": entry.state.value,
        "prices": price_subentry(entry) is not None,
        "trading": trading,
        "currency": _currency(entry) if sees else None,
        "may": {"see": sees, "steer": may_steer(hass, user, entry), "registers": user.is_admin},
        "entities": _entities(hass, user, entry),
        "limits": _limits(entry) if sees else None,
        "strategies": list(STRATEGIES) if trading else [],
    }


def _entities(hass: HomeAssistant, user: User, entry: NatteryConfigEntry) -> dict[str, str]:
    """Return the ids of the enabled entities that the user may read, by key."""
    every = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    # Disabled entities count too, so that a key stays the same when one is enabled.
    shared = {key for key, count in Counter(one.translation_key for one in every).items() if count > 1}
    return {
        _entity_key(one, shared): one.entity_id
        for one in every
        if one.disabled_by is None and user.permissions.check_entity(one.entity_id, POLICY_READ)
    }


def _entity_key(entity: er.RegistryEntry, shared: Container[str | None]) -> str:
    """Return the translation key, after the platform if several platforms have it."""
    key = str(entity.translation_key)
    return f"{entity.domain}.{key}" if entity.translation_key in shared else key


def _currency(entry: NatteryConfigEntry) -> str | None:
    """Return the currency of the known prices, None before there are any."""
    prices = entry.runtime_data.prices if entry.state is ConfigEntryState.LOADED else None
    return (prices.fetcher.book.currency or None) if prices is not None else None


def _limits(entry: NatteryConfigEntry) -> dict[str, float] | None:
    """Return what the battery and the grid connection are set up for: W, kWh, and shares (0 to 1)."""
    subentry = trading_subentry(entry)
    if subentry is None:
        return None
    settings = settings_from(subentry.data)
    return {
        "capacity_kwh": settings.capacity,
        "soc_min": settings.soc_min,
        "soc_max": settings.soc_max,
        "charge_w": round(settings.charge * _KILO),
        "discharge_w": round(settings.discharge * _KILO),
        "import_w": round(settings.import_limit * _KILO),
        "export_w": round(settings.export_limit * _KILO),
    }
