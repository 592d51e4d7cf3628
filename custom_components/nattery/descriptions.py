"""How Home Assistant shows the registers of the table.

A new register needs its row in the table and one translation, and nothing here.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TypedDict

from homeassistant.const import EntityCategory, Platform
from homeassistant.util import dt as dt_util

from .const import CONF_GROUPS
from .core.inverter.registers import REGISTERS
from .core.inverter.table import Access, Register, RegisterKind, Risk
from .runtime import NatteryConfigEntry

# By unit. Sensors and numbers have the same names of device classes; a percentage has no class of its own.
DEVICE_CLASSES: Final[Mapping[str | None, str]] = {
    "A": "current",
    "Hz": "frequency",
    "V": "voltage",
    "VA": "apparent_power",
    "W": "power",
    "d": "duration",
    "h": "duration",
    "kWh": "energy",
    "mV": "voltage",
    "min": "duration",
    "s": "duration",
    "var": "reactive_power",
    "°C": "temperature",
}

# The platforms of measurements, and of settings that only an administrator's action changes.
_READINGS: Final = {
    RegisterKind.FLAG: Platform.BINARY_SENSOR,
    RegisterKind.ENUM: Platform.SENSOR,
    RegisterKind.HISTORY: Platform.SENSOR,
    RegisterKind.NUMBER: Platform.SENSOR,
    RegisterKind.STAMP: Platform.SENSOR,
    RegisterKind.TEXT: Platform.SENSOR,
    RegisterKind.TEXT_LOW: Platform.SENSOR,
    RegisterKind.UINT32: Platform.SENSOR,
    RegisterKind.VERSION: Platform.SENSOR,
    RegisterKind.WORD: Platform.SENSOR,
    RegisterKind.WORDS: Platform.SENSOR,
}
_SETTINGS: Final = {
    RegisterKind.ENUM: Platform.SELECT,
    RegisterKind.FLAG: Platform.SWITCH,
    RegisterKind.NUMBER: Platform.NUMBER,
    RegisterKind.TIME: Platform.TIME,
}
# Registers with an entity class of their own, and its platform.
SPECIAL: Final[Mapping[str, Platform]] = {
    "alarm_details": Platform.SENSOR,
    "alarm_flags": Platform.BINARY_SENSOR,
    "clear_alarms_command": Platform.BUTTON,
    "clock": Platform.BUTTON,
    "fault_log": Platform.EVENT,
    "stop_charging_command": Platform.SWITCH,
}


class CommonDescription(TypedDict):
    """The fields that the descriptions of all platforms share."""

    key: str
    entity_category: EntityCategory | None
    entity_registry_enabled_default: bool


def common(register: Register, key: str | None = None) -> CommonDescription:
    """Return the key (by default the register's), the category, and whether the entity is enabled by default."""
    hidden = None if register.primary else EntityCategory.DIAGNOSTIC
    return CommonDescription(
        key=key or register.key,
        entity_category=EntityCategory.CONFIG if is_setting(register) else hidden,
        entity_registry_enabled_default=register.primary,
    )


def is_setting(register: Register) -> bool:
    """Return whether an entity may change the register."""
    return register.access is Access.READ_WRITE and register.risk is Risk.NONE


def platform_of(register: Register) -> Platform | None:
    """Return the platform that shows a register, None for secrets, commands and what must not be changed."""
    if register.key in SPECIAL:
        return SPECIAL[register.key]
    if not register.readable or register.risk is Risk.FORBIDDEN:
        return None
    return (_SETTINGS if is_setting(register) else _READINGS).get(register.kind)


def is_selected(entry: NatteryConfigEntry, register: Register) -> bool:
    """Return whether the register belongs to no optional group, or to one that is selected in the options."""
    return register.group is None or register.group in entry.options.get(CONF_GROUPS, ())


def registers_on(platform: Platform, entry: NatteryConfigEntry) -> Iterator[Register]:
    """Return the registers of a platform that have no entity class of their own."""
    for register in REGISTERS:
        if platform_of(register) is platform and register.key not in SPECIAL and is_selected(entry, register):
            yield register


def as_aware(clock: datetime) -> datetime:
    """Return a time of the inverter's clock, which shows local time without a zone, as an aware time."""
    return clock.replace(tzinfo=dt_util.get_default_time_zone())
