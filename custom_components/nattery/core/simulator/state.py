"""The state of a simulated inverter that survives a power-off, as plain JSON. Commands such as ChgCtrl are lost."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ..inverter.registers import BY_SYMBOL
from .alarms import Alarms, FaultLogEntry
from .initial_state import SETTINGS, identity_registers
from .memory import is_acceptable
from .meters import DAYS_KEPT, QUANTITIES, Meters
from .simulated_inverter import SimulatedInverter

VERSION = 1


class InvalidStateError(ValueError):
    """A saved state that cannot be restored; the text states the problem."""


def dump_state(device: SimulatedInverter) -> dict[str, Any]:
    """Return settings, counters, SOC, histories, fault log and write counts of `device` as plain JSON."""
    with device.lock():
        meters = device.meters
        return {
            "version": VERSION,
            "serial": device.serial,
            "settings": {register.symbol: device.memory.get(register.symbol) for register in SETTINGS},
            "soc": device.state.soc,
            "day": device.day.isoformat(),
            "days": meters.days,
            "today": dict(meters.today),
            "total": dict(meters.total),
            "history": {name: list(values) for name, values in meters.history.items()},
            "faults": [[entry.code, entry.time.isoformat(), list(entry.captured)] for entry in device.alarms.log],
            "writes": dict(device.writes),
        }


def restore_state(device: SimulatedInverter, saved: Mapping[str, Any]) -> None:
    """Restore a saved state into `device`, except its clock. Raise InvalidStateError and change nothing if invalid."""
    if saved.get("version") != VERSION:
        raise InvalidStateError(f"The saved state has version {saved.get('version')!r}: allowed is {VERSION}")
    try:
        settings = _settings(saved["settings"])
        meters = _meters(saved)
        log = [
            FaultLogEntry(int(code), datetime.fromisoformat(when), tuple(map(int, words)))
            for code, when, words in saved["faults"]
        ]
        day = date.fromisoformat(saved["day"])
        soc = min(100.0, max(0.0, float(saved["soc"])))
        writes = {str(symbol): int(count) for symbol, count in saved["writes"].items()}
        identity = identity_registers(str(saved["serial"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidStateError(f"The saved state cannot be read: {type(error).__name__} {error}") from error
    with device.lock():
        device.memory.put_words(settings | identity)
        device.writes.update(writes)
        device.restore(soc, meters, day, Alarms(log))


def _settings(saved: Mapping[str, list[int]]) -> dict[str, list[int]]:
    known = {register.symbol for register in SETTINGS}
    settings = {symbol: [int(word) for word in words] for symbol, words in saved.items() if symbol in known}
    for symbol, words in settings.items():
        register = BY_SYMBOL[symbol]
        if len(words) != register.words or not is_acceptable(register, words):
            raise InvalidStateError(f"The saved state holds {words} for {symbol}, which cannot be")
    return settings


def _meters(saved: Mapping[str, Any]) -> Meters:
    totals = {quantity.name: float(saved["total"][quantity.name]) for quantity in QUANTITIES}
    meters = Meters(totals, int(saved["days"]))
    for quantity in QUANTITIES:
        meters.today[quantity.name] = float(saved["today"][quantity.name])
        values = [float(value) for value in saved["history"][quantity.name]][:DAYS_KEPT]
        meters.history[quantity.name] = values + [0.0] * (DAYS_KEPT - len(values))
    return meters
