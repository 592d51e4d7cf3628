"""What people ask for and the registers only imply: powers with signs and without, from one and the same poll.

Battery power is positive while discharging, grid power positive while importing; each has its two unsigned halves
beside it. All W. A derived value is None when one of its sources is. `battery_power` is voltage times current;
`grid_power` is the apparent power that the inverter reports with the sign of its direction, or voltage times current on
models without that register.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .codec import Value

type Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived value: its key, unit, and how it comes from the readings."""

    key: str
    unit: str
    compute: Callable[[Values], float | None]
    sources: tuple[str, ...]
    counter: bool = False


def _sum(*keys: str) -> Callable[[Values], float | None]:
    def add(values: Values) -> float | None:
        numbers = [number for key in keys if isinstance(number := values.get(key), int | float)]
        return round(sum(numbers), 1) if len(numbers) == len(keys) else None

    return add


def _battery(values: Values) -> float | None:
    voltage, current = values.get("battery_voltage"), values.get("battery_current")
    return round(voltage * current) if isinstance(voltage, int | float) and isinstance(current, int | float) else None


_PHASES = ("a", "b", "c")


def _grid(values: Values) -> float | None:
    phases = [values.get(f"grid_apparent_power_{phase}") for phase in _PHASES]
    known = [power for power in phases if isinstance(power, int | float)]
    if isinstance(phases[0], int | float):
        return sum(known)
    voltage, current = values.get("grid_voltage"), values.get("grid_current")
    return round(voltage * current) if isinstance(voltage, int | float) and isinstance(current, int | float) else None


def _load(values: Values) -> float | None:
    total = values.get("output_power")
    phases = [power for phase in _PHASES if isinstance(power := values.get(f"output_power_{phase}"), int | float)]
    # Some single-phase models leave the sum at zero.
    return total if isinstance(total, int | float) and total else (sum(phases) if phases else None)


def _half(compute: Callable[[Values], float | None], sign: int) -> Callable[[Values], float | None]:
    def half(values: Values) -> float | None:
        whole = compute(values)
        return None if whole is None else max(sign * whole, 0)

    return half


_BATTERY_SOURCES = ("battery_voltage", "battery_current")
_GRID_SOURCES = ("grid_apparent_power_a", "grid_voltage", "grid_current")
_LOAD_SOURCES = ("output_power", "output_power_a")
_PV_SOURCES = ("pv1_power", "pv2_power")
_IMPORT_SOURCES = ("grid_charge_energy", "load_from_grid_energy")
_IMPORT_TODAY_SOURCES = ("grid_charge_energy_today", "load_from_grid_energy_today")

POWERS: tuple[Derived, ...] = (
    Derived("battery_power", "W", _battery, _BATTERY_SOURCES),
    Derived("battery_charge_power", "W", _half(_battery, -1), _BATTERY_SOURCES),
    Derived("battery_discharge_power", "W", _half(_battery, 1), _BATTERY_SOURCES),
    Derived("pv_power", "W", _sum(*_PV_SOURCES), _PV_SOURCES),
    Derived("grid_power", "W", _grid, _GRID_SOURCES),
    Derived("grid_import_power", "W", _half(_grid, 1), _GRID_SOURCES),
    Derived("grid_export_power", "W", _half(_grid, -1), _GRID_SOURCES),
    Derived("load_power", "W", _load, _LOAD_SOURCES),
)
ENERGIES: tuple[Derived, ...] = (
    Derived("grid_import_energy", "kWh", _sum(*_IMPORT_SOURCES), _IMPORT_SOURCES, counter=True),
    Derived("grid_import_energy_today", "kWh", _sum(*_IMPORT_TODAY_SOURCES), _IMPORT_TODAY_SOURCES, counter=True),
)
DERIVED: dict[str, Derived] = {derived.key: derived for derived in POWERS + ENERGIES}
