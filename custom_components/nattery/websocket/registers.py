"""The topic of registers: the register table and all values once, then what changed.

Nothing is read for a subscriber: values are those that are polled anyway.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..core.control.inverter_battery import CONTROLLED_KEYS
from ..core.inverter.codec import Value, allowed_options
from ..core.inverter.registers import BY_SYMBOL
from ..core.inverter.render import to_json
from ..core.inverter.table import Register
from ..core.inverter.time_windows import WINDOWS, TimeWindow
from ..core.inverter.write_counter import REFUSE_AT
from ..descriptions import platform_of
from ..device import InverterDevice
from ..runtime import NatteryConfigEntry
from .access import require_administrator
from .plain import iso_time
from .subscription import Feed, Listener, Picture, Topic

SUBSCRIBE: Final = f"{DOMAIN}/registers/subscribe"
_SHOWN: Final = tuple(register for register in BY_SYMBOL.values() if not register.secret)

# All that a subscriber gets of a register but when it was read: value, last change, error, writes today, pending.
type _Facts = tuple[Value, datetime | None, str | None, int, bool]


class RegisterFeed(Feed):
    """The registers of one inverter."""

    def __init__(self, hass: HomeAssistant, device: InverterDevice) -> None:
        """Take the present values."""
        self._hass, self._device = hass, device
        self._facts = self._all_facts()
        self._read_at = self._tiers_read_at()

    @override
    def first(self) -> Picture:
        """Return the table, the time windows and all values."""
        return {
            "table": [_row(self._hass, register) for register in _SHOWN],
            "windows": [_window(window) for window in WINDOWS],
            "write_limit": REFUSE_AT,
            "values": {register.symbol: self._value(register) for register in _SHOWN},
            "read_at": self._read_at,
        }

    @override
    def changes(self) -> Iterable[Picture]:
        """Return the values that changed, and when each tier was last read, if any of it did."""
        before, read_before = self._facts, self._read_at
        self._facts, self._read_at = self._all_facts(), self._tiers_read_at()
        changed = [register for register in _SHOWN if self._facts[register.key] != before[register.key]]
        if changed or self._read_at != read_before:
            yield {
                "values": {register.symbol: self._value(register) for register in changed},
                "read_at": self._read_at,
            }

    @override
    def listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` after every poll, and whenever a write begins or ends."""
        return self._device.registers.async_listen(listener)

    def _all_facts(self) -> dict[str, _Facts]:
        device = self._device
        states, counter, pending = (
            device.registers.states,
            device.inverter.write_counter,
            device.inverter.pending_writes,
        )
        today = device.today
        return {
            key: (state.value, state.changed_at, state.error, counter.writes_of(key, today), key in pending)
            for key, state in ((register.key, states[register.key]) for register in _SHOWN)
        }

    def _value(self, register: Register) -> Mapping[str, Any]:
        value, changed_at, error, writes, pending = self._facts[register.key]
        return {
            "value": to_json(register, value),
            "read_at": iso_time(self._device.registers.states[register.key].read_at),
            "changed_at": iso_time(changed_at),
            "error": error,
            "writes_today": writes,
            "pending": pending,
        }

    def _tiers_read_at(self) -> dict[str, str | None]:
        return {
            tier.value: iso_time(coordinator.read_at)
            for coordinator in self._device.coordinators
            for tier in coordinator.tiers
        }


def _feed(hass: HomeAssistant, entry: NatteryConfigEntry) -> Feed:
    return RegisterFeed(hass, entry.runtime_data.identified_device)


def _row(hass: HomeAssistant, register: Register) -> dict[str, Any]:
    """Return what is always true of a register; `name` is that of its entity, in the language of Home Assistant."""
    platform = platform_of(register)
    names = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    return {
        "symbol": register.symbol,
        "key": register.key,
        "platform": platform,
        "name": names.get(f"component.{DOMAIN}.entity.{platform}.{register.key}.name"),
        "section": register.section,
        "group": register.group,
        "kind": register.kind.value,
        "unit": register.unit,
        "scale": register.scale,
        "low": register.low,
        "high": register.high,
        "choices": _choices(register),
        "risk": register.risk.name.lower(),
        "tier": register.tier,
        "access": register.access,
        "controlled": register.key in CONTROLLED_KEYS,
    }


def _choices(register: Register) -> list[dict[str, Any]]:
    if register.options:
        return [{"value": raw, "key": name} for raw, name in allowed_options(register).items()]
    return [{"value": value, "key": None} for value in register.choices]


def _window(window: TimeWindow) -> dict[str, Any]:
    role = window.start.window
    return {
        "kind": window.kind,
        "number": role.number if role else None,
        "start": window.start.symbol,
        "end": window.end.symbol,
    }


REGISTERS_TOPIC: Final = Topic(SUBSCRIBE, _feed, require_administrator)
