"""Decoded values as JSON and as text, for the command line and for Home Assistant's actions."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from .codec import FaultRecord, Value
from .registers import BY_SYMBOL
from .table import Register, RegisterKind

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

_SYMBOLS = {symbol.lower(): symbol for symbol in BY_SYMBOL}


def to_json(register: Register, value: Value) -> Json:
    """Return a decoded value of `register` as JSON; None as null.

    Times become ISO 8601 text ("HH:MM" for a time of day). Records of the fault log become objects with code, time and
    values. Numbers, text and lists of numbers stay as they are.
    """
    convert = _TO_JSON.get(register.kind, _unchanged)
    return None if value is None else convert(value)


def as_text(register: Register, value: Value) -> str:
    """Return a decoded value of `register` as text, with its unit or the name of its option; "unknown" for None."""
    if value is None:
        return "unknown"
    render = _AS_TEXT.get(register.kind, _as_number)
    text = render(register, value)
    return f"{text} {register.unit}" if register.unit else text


def similar(symbol: str) -> list[str]:
    """Return up to three symbols similar to a misspelt one, the most similar first."""
    return [_SYMBOLS[found] for found in get_close_matches(symbol.lower(), _SYMBOLS, cutoff=0.75)]


def closest(symbol: str) -> str:
    """Return the end of a message about a misspelt symbol: "; did you mean MaxChgCurrSet?", or ""."""
    found = similar(symbol)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def _unchanged(plain: Any) -> Json:  # noqa: ANN401  (numbers, text, lists of numbers)
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
