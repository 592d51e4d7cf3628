"""Decoded values as plain JSON and as text, the same for the command line and for Home Assistant's actions."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from .codec import FaultRecord, Value
from .registers import BY_SYMBOL
from .table import Register, RegisterKind

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

_SYMBOLS = {symbol.lower(): symbol for symbol in BY_SYMBOL}


def to_json(register: Register, value: Value) -> Json:
    """A decoded value of `register` as JSON; None as null.

    Times become ISO 8601 text ("HH:MM" for a time of day), records of the fault log objects with code, time and
    values. All the rest is JSON already: numbers, text, lists of numbers.
    """
    render = _TO_JSON.get(register.kind, _as_it_is)
    return None if value is None else render(value)


def as_text(register: Register, value: Value) -> str:
    """A decoded value of `register` for people: with its unit, by the name of its choice, "unknown" for None."""
    if value is None:
        return "unknown"
    render = _AS_TEXT.get(register.kind, _as_number)
    text = render(register, value)
    return f"{text} {register.unit}" if register.unit else text


def similar(symbol: str) -> list[str]:
    """Up to three symbols of the table that look like a misspelt one, the likeliest first."""
    return [_SYMBOLS[found] for found in get_close_matches(symbol.lower(), _SYMBOLS, cutoff=0.75)]


def closest(symbol: str) -> str:
    """The end of a sentence about a misspelt symbol: "; did you mean MaxChgCurrSet?", or nothing."""
    found = similar(symbol)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def _as_it_is(plain: Any) -> Json:  # noqa: ANN401  (numbers, text, lists of numbers)
    json: Json = plain
    return json


def _as_number(_: Register, number: object) -> str:
    return str(number)


def _json_fault(fault: FaultRecord) -> Json:
    return {"code": fault.code, "time": fault.time.isoformat() if fault.time else None, "values": list(fault.values)}


def _text_fault(fault: FaultRecord) -> str:
    return f"code {fault.code} at {fault.time.isoformat(' ') if fault.time else 'an unknown time'}"


_TO_JSON: dict[RegisterKind, Callable[[Any], Json]] = {
    RegisterKind.STAMP: lambda stamp: stamp.isoformat(),
    RegisterKind.TIME: lambda clock: clock.isoformat("minutes"),
    RegisterKind.FAULTS: lambda faults: [_json_fault(fault) for fault in faults],
}
_AS_TEXT: dict[RegisterKind, Callable[[Register, Any], str]] = {
    RegisterKind.FLAG: lambda _, flag: "on" if flag else "off",
    RegisterKind.ENUM: lambda register, raw: (
        f"{register.options[raw]} ({raw})" if raw in register.options else str(raw)
    ),
    RegisterKind.WORDS: lambda _, words: " ".join(f"{word:04X}" for word in words),
    RegisterKind.STAMP: lambda _, stamp: stamp.isoformat(" "),
    RegisterKind.TIME: lambda _, clock: clock.isoformat("minutes"),
    RegisterKind.HISTORY: lambda _, days: " ".join(str(day) for day in days),
    RegisterKind.FAULTS: lambda _, faults: "; ".join(_text_fault(fault) for fault in faults) or "none",
}
