"""Powers as a person enters them: limits that name their unit, and the unit that was probably meant."""

from dataclasses import dataclass
from math import isfinite
from typing import Final

_KILO: Final = 1000.0
_SUSPICIOUS_W: Final = 50.0  # nobody trades with less, so a lower number of watts is probably one of kilowatts
_UNITS: Final = ("W", "kW")


@dataclass(frozen=True, slots=True)
class PowerRange:
    """The powers that are allowed, from `low` to `high`, in W or kW."""

    low: float
    high: float
    unit: str = "W"

    def __post_init__(self) -> None:
        """Raise ValueError for another unit."""
        if self.unit not in _UNITS:
            raise ValueError(f"{self.unit} is no unit of power here: allowed are {' and '.join(_UNITS)}")

    def contains(self, power: float) -> bool:
        """Return whether a power is allowed."""
        return isfinite(power) and self.low <= power <= self.high

    def meant(self, power: float) -> float | None:
        """Return the power that was probably meant if `power` seems to be in the other unit, or None."""
        if not isfinite(power):
            return None
        if self.unit == "W":
            other, suspicious = power * _KILO, 0 < power < _SUSPICIOUS_W
        else:
            other, suspicious = power / _KILO, power > self.high
        return other if suspicious and self.contains(other) else None

    def complaint(self, power: float) -> tuple[str, dict[str, str]] | None:
        """Return the key and the placeholders of what is wrong with a power, or None if it is allowed."""
        shown = {"power": f"{power:g}", "unit": self.unit, "low": f"{self.low:g}", "high": f"{self.high:g}"}
        meant = self.meant(power)
        if meant is not None:
            return "power_other_unit", {**shown, "meant": f"{meant:g}"}
        return None if self.contains(power) else ("power_out_of_range", shown)
