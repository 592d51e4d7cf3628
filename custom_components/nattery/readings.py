"""The descriptions of sensors, from registers and derived values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.helpers.typing import StateType

from .const import CLOCK_DRIFT
from .core.inverter.alarms import active_alarms
from .core.inverter.codec import Value
from .core.inverter.derived import DerivedValue
from .core.inverter.table import Register, RegisterKind
from .descriptions import DEVICE_CLASSES, as_aware, common
from .faults import fault_attributes, faults_of

type State = StateType | datetime
type Attributes = dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class ReadingDescription(SensorEntityDescription):
    """A sensor, with the functions that turn the value of its source into state and attributes."""

    state: Callable[[Value], State]
    attributes: Callable[[Value], Attributes] = lambda _: None


# --- from the value of a register to its state


def _plain(value: Value) -> State:
    return value if isinstance(value, int | float | str) else None


def _hexadecimal(value: Value) -> State:
    return " ".join(f"{word:04X}" for word in value if isinstance(word, int)) if isinstance(value, list) else None


def _version(value: Value) -> State:
    return f"{value >> 8}.{value & 0xFF}" if isinstance(value, int) else None


def _moment(value: Value) -> State:
    return as_aware(value) if isinstance(value, datetime) else None


def _yesterday(value: Value) -> State:
    return next((day for day in value if isinstance(day, int | float)), None) if isinstance(value, list) else None


def _days(value: Value) -> Attributes:
    return {"days": value}


def _active_details(value: Value) -> list[int]:
    return [place for place, word in enumerate(value) if word] if isinstance(value, list) else []


def _detail_count(value: Value) -> State:
    return len(_active_details(value))


def _details(value: Value) -> Attributes:
    return {"details": _active_details(value)}


def _alarm_count(value: Value) -> State:
    return len(active_alarms(value))


def _last_fault(value: Value) -> State:
    faults = faults_of(value)
    return faults[-1].code if faults else None


def _last_fault_attributes(value: Value) -> Attributes:
    faults = faults_of(value)
    return fault_attributes(faults[-1]) if faults else None


# --- from a register to its description


def _class_of(unit: str | None) -> SensorDeviceClass | None:
    name = DEVICE_CLASSES.get(unit)
    return SensorDeviceClass(name) if name else None


def _number(register: Register) -> ReadingDescription:
    measured = None if register.risk else SensorStateClass.MEASUREMENT
    return ReadingDescription(
        **common(register),
        device_class=SensorDeviceClass.BATTERY if register.key == "battery_soc" else _class_of(register.unit),
        native_unit_of_measurement=register.unit,
        state_class=SensorStateClass.TOTAL_INCREASING if register.counter else measured,
        suggested_display_precision=register.digits,
        state=_plain,
    )


def _enum(register: Register) -> ReadingDescription:
    names = register.options
    return ReadingDescription(
        **common(register),
        device_class=SensorDeviceClass.ENUM,
        options=list(names.values()),
        state=lambda value: names.get(value) if isinstance(value, int) else None,
    )


def _history(register: Register) -> ReadingDescription:
    return ReadingDescription(
        **common(register),
        device_class=_class_of(register.unit),
        native_unit_of_measurement=register.unit,
        suggested_display_precision=register.digits,
        state=_yesterday,
        attributes=_days,
    )


def _stamp(register: Register) -> ReadingDescription:
    return ReadingDescription(**common(register), device_class=SensorDeviceClass.TIMESTAMP, state=_moment)


def _version_of(register: Register) -> ReadingDescription:
    return ReadingDescription(**common(register), state=_version)


def _words(register: Register) -> ReadingDescription:
    return ReadingDescription(**common(register), state=_hexadecimal)


def _text(register: Register) -> ReadingDescription:
    return ReadingDescription(**common(register), state=_plain)


_DESCRIPTIONS: Final[dict[RegisterKind, Callable[[Register], ReadingDescription]]] = {
    RegisterKind.ENUM: _enum,
    RegisterKind.HISTORY: _history,
    RegisterKind.NUMBER: _number,
    RegisterKind.STAMP: _stamp,
    RegisterKind.TEXT: _text,
    RegisterKind.TEXT_LOW: _text,
    RegisterKind.UINT32: _number,
    RegisterKind.VERSION: _version_of,
    RegisterKind.WORD: _text,
    RegisterKind.WORDS: _words,
}


def register_description(register: Register) -> ReadingDescription:
    """Return the description of a register's sensor."""
    return _DESCRIPTIONS[register.kind](register)


def derived_description(derived: DerivedValue) -> ReadingDescription:
    """Return the description of a derived value's sensor."""
    return ReadingDescription(
        key=derived.key,
        device_class=_class_of(derived.unit),
        native_unit_of_measurement=derived.unit,
        state_class=SensorStateClass.TOTAL_INCREASING if derived.counter else SensorStateClass.MEASUREMENT,
        suggested_display_precision=1 if derived.counter else 0,
        state=_plain,
    )


_hidden = partial(ReadingDescription, entity_category=EntityCategory.DIAGNOSTIC, entity_registry_enabled_default=False)

# The sensors of single values, with their source.
SINGLE: Final[tuple[tuple[str, ReadingDescription], ...]] = (
    ("alarm_flags", _hidden(key="active_alarms", state_class=SensorStateClass.MEASUREMENT, state=_alarm_count)),
    ("alarm_details", _hidden(key="alarm_details", state=_detail_count, attributes=_details)),
    ("fault_log", _hidden(key="last_fault", state=_last_fault, attributes=_last_fault_attributes)),
    (
        CLOCK_DRIFT,
        _hidden(
            key=CLOCK_DRIFT,
            device_class=SensorDeviceClass.DURATION,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=0,
            state=_plain,
        ),
    ),
)
