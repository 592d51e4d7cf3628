"""Values computed from registers of the same poll: signed and unsigned powers, and sums of energies.

Powers are in W. Battery power is positive while discharging, grid power is positive while importing; each also has two
unsigned values, one per direction. A derived value is None if one of its sources is. `battery_power` is voltage times
current. `grid_power` is the apparent power with the sign of its direction, or voltage times current on models that do
not report it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .codec import Value

type Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class DerivedValue:
    """A derived value: its key, its unit, its source registers, and the function that computes it."""

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


_GRID_PHASES = ("grid_apparent_power_a", "grid_apparent_power_b", "grid_apparent_power_c")
_LOAD_PHASES = ("output_power_a", "output_power_b", "output_power_c")


def _grid(values: Values) -> float | None:
    phases = [values.get(key) for key in _GRID_PHASES]
    known = [power for power in phases if isinstance(power, int | float)]
    if isinstance(phases[0], int | float):
        return sum(known)
    voltage, current = values.get("grid_voltage"), values.get("grid_current")
    return round(voltage * current) if isinstance(voltage, int | float) and isinstance(current, int | float) else None


def _load(values: Values) -> float | None:
    total = values.get("output_power")
    phases = [power for key in _LOAD_PHASES if isinstance(power := values.get(key), int | float)]
    # Some single-phase models always report a sum of zero.
    return total if isinstance(total, int | float) and total else (sum(phases) if phases else None)


def _one_direction(compute: Callable[[Values], float | None], sign: int) -> Callable[[Values], float | None]:
    def compute_direction(values: Values) -> float | None:
        power = compute(values)
        return None if power is None else max(sign * power, 0)

    return compute_direction


_BATTERY_SOURCES = ("battery_voltage", "battery_current")
_GRID_SOURCES = ("grid_apparent_power_a", "grid_voltage", "grid_current")
_LOAD_SOURCES = ("output_power", "output_power_a")
_PV_SOURCES = ("pv1_power", "pv2_power")
_IMPORT_SOURCES = ("grid_charge_energy", "load_from_grid_energy")
_IMPORT_TODAY_SOURCES = ("grid_charge_energy_today", "load_from_grid_energy_today")

POWERS: tuple[DerivedValue, ...] = (
    DerivedValue("battery_power", "W", _battery, _BATTERY_SOURCES),
    DerivedValue("battery_charge_power", "W", _one_direction(_battery, -1), _BATTERY_SOURCES),
    DerivedValue("battery_discharge_power", "W", _one_direction(_battery, 1), _BATTERY_SOURCES),
    DerivedValue("pv_power", "W", _sum(*_PV_SOURCES), _PV_SOURCES),
    DerivedValue("grid_power", "W", _grid, _GRID_SOURCES),
    DerivedValue("grid_import_power", "W", _one_direction(_grid, 1), _GRID_SOURCES),
    DerivedValue("grid_export_power", "W", _one_direction(_grid, -1), _GRID_SOURCES),
    DerivedValue("load_power", "W", _load, _LOAD_SOURCES),
)
ENERGIES: tuple[DerivedValue, ...] = (
    DerivedValue("grid_import_energy", "kWh", _sum(*_IMPORT_SOURCES), _IMPORT_SOURCES, counter=True),
    DerivedValue("grid_import_energy_today", "kWh", _sum(*_IMPORT_TODAY_SOURCES), _IMPORT_TODAY_SOURCES, counter=True),
)
DERIVED: dict[str, DerivedValue] = {derived.key: derived for derived in POWERS + ENERGIES}
