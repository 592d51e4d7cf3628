"""From a line of the register table to what Home Assistant shows of it.

A new register needs its line in the table and one translation, and nothing here.
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

# The device classes of sensors and numbers have the same names; a percentage has none of its own.
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

# What may be read and not set: measurements, and the settings that only the administrators' action changes.
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
# Registers with entities made for them alone, on the platform that is named.
SPECIAL: Final[Mapping[str, Platform]] = {
    "alarm_details": Platform.SENSOR,
    "alarm_flags": Platform.BINARY_SENSOR,
    "clear_alarms_command": Platform.BUTTON,
    "clock": Platform.BUTTON,
    "fault_log": Platform.EVENT,
    "stop_charging_command": Platform.SWITCH,
}


class Common(TypedDict):
    """What the descriptions of all platforms say."""

    key: str
    entity_category: EntityCategory | None
    entity_registry_enabled_default: bool


def common(register: Register, key: str | None = None) -> Common:
    """Key (the register's unless another is given), category, and whether people see it without asking."""
    hidden = None if register.primary else EntityCategory.DIAGNOSTIC
    return Common(
        key=key or register.key,
        entity_category=EntityCategory.CONFIG if is_setting(register) else hidden,
        entity_registry_enabled_default=register.primary,
    )


def is_setting(register: Register) -> bool:
    """Whether an ordinary entity may change it."""
    return register.access is Access.READ_WRITE and register.risk is Risk.NONE


def platform_of(register: Register) -> Platform | None:
    """The platform that shows a register; None for secrets, commands and what nobody may change."""
    if register.key in SPECIAL:
        return SPECIAL[register.key]
    if not register.readable or register.risk is Risk.FORBIDDEN:
        return None
    return (_SETTINGS if is_setting(register) else _READINGS).get(register.kind)


def is_asked_for(entry: NatteryConfigEntry, register: Register) -> bool:
    """Whether the house wants the group that a register belongs to."""
    return register.group is None or register.group in entry.options.get(CONF_GROUPS, ())


def registers_on(platform: Platform, entry: NatteryConfigEntry) -> Iterator[Register]:
    """The registers that a platform shows in its ordinary way."""
    for register in REGISTERS:
        if platform_of(register) is platform and register.key not in SPECIAL and is_asked_for(entry, register):
            yield register


def house_time(moment: datetime) -> datetime:
    """A time by the inverter's clock, which keeps the time of the house and knows no zone."""
    return moment.replace(tzinfo=dt_util.get_default_time_zone())
