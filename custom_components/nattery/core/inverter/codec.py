"""Conversion between raw words and physical values, for one register at a time, driven by the register table.

The type of a value follows from the kind of its register. NUMBER and UINT32: int (scale 1) or float. FLAG, ENUM, WORD
and VERSION: int. WORDS: list of int. TEXT: str. STAMP: naive datetime in the inverter's local time, or None. TIME:
time, or None. HISTORY: list of seven numbers, yesterday first. FAULTS: list of FaultRecord.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
import math
from typing import override

from ..errors import Placeholder
from ..powers import PowerRange
from .errors import InverterError
from .registers import FAULT_WORDS
from .table import Register, RegisterKind

WORD = 0x10000
SIGN = 0x8000
CENTURY = 2000
_WATT = "W"


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """One record of the fault log: code, the inverter's local time (None if invalid), and twelve captured words."""

    code: int
    time: datetime | None
    values: tuple[int, ...]


type Value = int | float | str | datetime | time | list[int] | list[float] | list[FaultRecord] | None


class InvalidValueError(InverterError, ValueError):
    """A value that cannot be written to a register; the text states the problem and the allowed values.

    `reason` is not_a_number, out_of_range, not_a_choice, not_a_step, not_a_time, not_a_stamp, other_unit or
    not_writable. `allowed` is text. With other_unit, `meant` is the number in the unit of the register.
    """

    kind = "value"

    def __init__(self, register: Register, value: object, reason: str, allowed: str, meant: str = "") -> None:
        """Store the register, the value and the reason."""
        self.register, self.value, self.reason, self.allowed = register, value, reason, allowed
        self.meant = meant
        super().__init__(f"{register.symbol} cannot be {value!r}: {allowed}")

    @property
    @override
    def translation_key(self) -> str:
        """Return the key of the reason."""
        return f"{self.kind}_{self.reason}"

    @property
    @override
    def placeholders(self) -> Mapping[str, Placeholder]:
        """Return the register's symbol, the value and what is allowed instead."""
        register = self.register
        return {
            "register": register.symbol,
            "value": str(self.value),
            "low": "" if register.low is None else register.low,
            "high": "" if register.high is None else register.high,
            "unit": f" {register.unit}" if register.unit else "",  # texts have it right after the number
            "step": register.scale,
            "choices": register.choices or tuple(register.options),
            "meant": self.meant,
        }


def decode(register: Register, words: Sequence[int]) -> Value:
    """Return the physical value of `register.words` raw words (0..65535 each)."""
    return _DECODERS[register.kind](register, words)


def encode(register: Register, value: object) -> list[int]:
    """Return the raw words of a physical value after checking its type and bounds. Raise InvalidValueError.

    Numbers may be given as text, an ENUM also by name, a TIME as "HH:MM" and a STAMP as ISO 8601 local time.
    """
    encoder = _ENCODERS.get(register.kind)
    if encoder is None or not register.writable:
        raise InvalidValueError(register, value, "not_writable", "it can only be read")
    return encoder(register, value)


def allowed_values(register: Register) -> str:
    """Return the values that may be written, as text: "0 to 300 A"."""
    unit = f" {register.unit}" if register.unit else ""
    if register.kind is RegisterKind.TIME:
        return "times as HH:MM from 00:00 to 23:59"
    if register.kind is RegisterKind.STAMP:
        return "local times as YYYY-MM-DDTHH:MM:SS from the year 2000 to 2255"
    if register.options:
        return ", ".join(f"{raw} ({name})" for raw, name in allowed_options(register).items())
    if register.choices:
        return f"{', '.join(f'{choice:g}' for choice in register.choices)}{unit}"
    return f"{register.low:g} to {register.high:g}{unit}" if register.low is not None else "no value"


def allowed_options(register: Register) -> dict[int, str]:
    """Return the named values of an ENUM that may be written; empty for other kinds."""
    return {raw: name for raw, name in register.options.items() if _within(register, raw)}


def _allowed_phrase(register: Register) -> str:
    plural = register.kind in (RegisterKind.TIME, RegisterKind.STAMP) or register.options or register.choices
    return f"allowed {'are' if plural else 'is'} {allowed_values(register)}"


def _within(register: Register, value: float) -> bool:
    return (register.low is None or value >= register.low) and (register.high is None or value <= register.high)


def _scaled(register: Register, raw: int) -> int | float:
    return raw if register.scale == 1 else round(raw * register.scale, register.digits)


def _number(register: Register, words: Sequence[int]) -> int | float:
    raw = words[0]
    return _scaled(register, raw - WORD if register.signed and raw >= SIGN else raw)


def _uint32(register: Register, words: Sequence[int]) -> int | float:
    return _scaled(register, words[0] + words[1] * WORD)


def _stamp(words: Sequence[int]) -> datetime | None:
    year, month = divmod(words[0], 256)
    day, hour = divmod(words[1], 256)
    minute, second = divmod(words[2], 256)
    with suppress(ValueError):
        # The inverter's clock has no time zone; the caller knows it.
        return datetime(CENTURY + year, month, day, hour, minute, second)  # noqa: DTZ001
    return None


def _clock_time(raw: int) -> time | None:
    hour, minute = divmod(raw, 256)
    with suppress(ValueError):
        return time(hour, minute)
    return None


def _faults(words: Sequence[int]) -> list[FaultRecord]:
    records = (words[start : start + FAULT_WORDS] for start in range(0, len(words), FAULT_WORDS))
    return [FaultRecord(record[0], _stamp(record[1:4]), tuple(record[4:])) for record in records if record[0]]


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("ascii", "replace").strip()


_DECODERS: dict[RegisterKind, Callable[[Register, Sequence[int]], Value]] = {
    RegisterKind.NUMBER: _number,
    RegisterKind.UINT32: _uint32,
    RegisterKind.FLAG: _number,
    RegisterKind.ENUM: _number,
    RegisterKind.WORD: _number,
    RegisterKind.VERSION: _number,
    RegisterKind.WORDS: lambda _, words: list(words),
    RegisterKind.TEXT: lambda _, words: _text(b"".join(word.to_bytes(2, "big") for word in words)),
    RegisterKind.TEXT_LOW: lambda _, words: _text(bytes(word & 0xFF for word in words)),
    RegisterKind.STAMP: lambda _, words: _stamp(words),
    RegisterKind.TIME: lambda _, words: _clock_time(words[0]),
    RegisterKind.HISTORY: lambda register, words: [_scaled(register, word) for word in words],
    RegisterKind.FAULTS: lambda _, words: _faults(words),
    RegisterKind.RESERVED: lambda _, words: list(words),
}


def _encode_number(register: Register, value: object) -> list[int]:
    try:
        is_wrong = isinstance(value, bool) and register.kind is not RegisterKind.FLAG
        number = math.nan if is_wrong else float(value)  # type: ignore[arg-type]
    except TypeError, ValueError:
        raise InvalidValueError(register, value, "not_a_number", _allowed_phrase(register)) from None
    if not math.isfinite(number) or not _within(register, number):
        _refuse_other_unit(register, value, number)
        raise InvalidValueError(register, value, "out_of_range", _allowed_phrase(register))
    raw = round(number / register.scale)
    if abs(raw * register.scale - number) > register.scale * 1e-6:
        _refuse_other_unit(register, value, number)
        step = f"{_allowed_phrase(register)} in steps of {register.scale:g}"
        has_choices = register.choices or register.options
        raise InvalidValueError(register, value, "not_a_choice" if has_choices else "not_a_step", step)
    if register.choices and number not in register.choices:
        raise InvalidValueError(register, value, "not_a_choice", _allowed_phrase(register))
    return [raw % WORD]


def _refuse_other_unit(register: Register, value: object, number: float) -> None:
    """Raise InvalidValueError if a number of watts that is not allowed was probably meant as kilowatts."""
    if register.unit == _WATT and register.low is not None and register.high is not None:
        meant = PowerRange(register.low, register.high, _WATT).meant(number)
        if meant is not None:
            phrase = f"did you mean {meant:g} {_WATT}? {_allowed_phrase(register)}"
            raise InvalidValueError(register, value, "other_unit", phrase, f"{meant:g}")


def _encode_enum(register: Register, value: object) -> list[int]:
    raw_by_name = {name: raw for raw, name in register.options.items()}
    number = raw_by_name.get(value, value) if isinstance(value, str) else value
    words = _encode_number(register, number)
    if words[0] not in register.options:
        raise InvalidValueError(register, value, "not_a_choice", _allowed_phrase(register))
    return words


def _encode_time(register: Register, value: object) -> list[int]:
    if isinstance(value, str):
        with suppress(ValueError):
            value = time.fromisoformat(value)
    if not isinstance(value, time) or value.second or value.microsecond or value.tzinfo:
        raise InvalidValueError(register, value, "not_a_time", _allowed_phrase(register))
    return [value.hour * 256 + value.minute]


def _encode_stamp(register: Register, value: object) -> list[int]:
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if not isinstance(value, datetime) or value.tzinfo or not CENTURY <= value.year < CENTURY + 256:
        raise InvalidValueError(register, value, "not_a_stamp", _allowed_phrase(register))
    return [
        (value.year - CENTURY) * 256 + value.month,
        value.day * 256 + value.hour,
        value.minute * 256 + value.second,
    ]


_ENCODERS: dict[RegisterKind, Callable[[Register, object], list[int]]] = {
    RegisterKind.NUMBER: _encode_number,
    RegisterKind.FLAG: _encode_number,
    RegisterKind.ENUM: _encode_enum,
    RegisterKind.WORD: _encode_number,
    RegisterKind.TIME: _encode_time,
    RegisterKind.STAMP: _encode_stamp,
}
