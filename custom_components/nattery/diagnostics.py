"""Diagnostics: raw registers, failures and statistics of the connection, without secrets."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_DEVICE, CONF_HOST
from homeassistant.core import HomeAssistant

from .coordinator import InverterCoordinator
from .core.inverter.registers import BY_KEY
from .prices.diagnostics import REDACTED_KEYS, prices_diagnostics
from .prices.settings import price_subentry
from .runtime import NatteryConfigEntry, NatteryRuntime
from .trading.diagnostics import PRIVATE as TRADING_PRIVATE, trading_diagnostics
from .trading.settings import trading_subentry

_BY_ID = "/by-id/"  # such a path contains the serial number of the adapter
_PRIVATE = frozenset({"serial_number", "custom_serial_number"})


def _hex(words: tuple[int, ...]) -> str:
    return " ".join(f"{word:04X}" for word in words)


def _connection(data: Mapping[str, Any]) -> dict[str, Any]:
    named = _BY_ID in data.get(CONF_DEVICE, "")
    return async_redact_data(data, {CONF_HOST, CONF_DEVICE} if named else {CONF_HOST})


def _poll(coordinator: InverterCoordinator) -> dict[str, Any]:
    report = coordinator.data
    if report is None:
        return {"tiers": [str(tier) for tier in coordinator.tiers], "success": False}
    interval = coordinator.update_interval
    return {
        "tiers": [str(tier) for tier in coordinator.tiers],
        "interval": interval.total_seconds() if interval else None,
        "success": coordinator.last_update_success,
        "seconds": round(report.seconds, 3),
        "words": {BY_KEY[key].symbol: _hex(words) for key, words in report.words.items()},
        "failed": {BY_KEY[key].symbol: error.kind for key, error in report.failed.items()},
    }


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: NatteryConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of a config entry. Texts of errors are left out, since they name hosts and ports."""
    about = {
        "state": entry.state.value,
        "reason": entry.error_reason_translation_key,
        "connection": _connection(entry.data),
        "trading": async_redact_data(trading.data, TRADING_PRIVATE) if (trading := trading_subentry(entry)) else None,
        "prices": async_redact_data(subentry.data, REDACTED_KEYS) if (subentry := price_subentry(entry)) else None,
        "options": dict(entry.options),
    }
    return about | (_running(entry.runtime_data) if entry.state is ConfigEntryState.LOADED else {})


def _running(runtime: NatteryRuntime) -> dict[str, Any]:
    device = runtime.identified_device
    identity = device.identity
    bus = runtime.connection.bus
    return {
        "identity": {
            "unit": identity.unit,
            "manufacturer": identity.manufacturer,
            "product": identity.product,
            "protocol": identity.protocol,
            "firmware": identity.firmware,
            "values": {key: REDACTED if key in _PRIVATE else value for key, value in identity.values.items()},
        },
        "polls": {
            "readings": _poll(device.readings),
            "settings": _poll(device.settings),
            "statistics": _poll(device.statistics),
        },
        "set_aside": [f"0x{address:04X}" for address in device.inverter.unsupported_addresses],
        "held_back": dict(device.inverter.implausible_counts),
        "wrong_device": device.wrong_device,
        "line": {
            "connected": bus.connected,
            "statistics": asdict(bus.statistics.snapshot()),
            "timing": asdict(bus.timing),
        },
        "wear": device.inverter.write_counter.as_dict(),
        "plan": trading_diagnostics(device.trading) if device.trading else None,
        "price_book": prices_diagnostics(runtime.prices) if runtime.prices else None,
    }
