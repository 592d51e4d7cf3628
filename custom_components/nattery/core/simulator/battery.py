"""The battery pack: 16 LFP cells in series behind a BMS, as pure functions of state of charge (SOC) and power.

Current and power are positive while discharging. SOC is in percent.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

CELLS = 16
SOC_MAX = 100.0
SECONDS_PER_HOUR = 3600

# Resting voltage of one LFP cell in V by SOC in percent.
_CELL_CURVE = (
    (0, 2.80),
    (2, 2.95),
    (5, 3.10),
    (10, 3.20),
    (20, 3.25),
    (40, 3.285),
    (70, 3.32),
    (90, 3.335),
    (97, 3.36),
    (100, 3.42),
)
_CURVE_SOC = tuple(soc for soc, _ in _CELL_CURVE)
_CURVE_LINES = tuple((low[0], low[1], (high[1] - low[1]) / (high[0] - low[0])) for low, high in pairwise(_CELL_CURVE))


@dataclass(frozen=True, slots=True)
class BatteryPack:
    """Capacity, efficiencies (between terminals and stored energy) and limits of the battery."""

    capacity_wh: float = 10_240
    resistance: float = 0.01  # ohm, the whole pack
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    bms_amps: float = 120
    min_charge_amps: float = 6  # the charging limit of the BMS at 100 %
    charge_taper_from: float = 95  # % above which the BMS lowers the charging current
    min_discharge_amps: float = 30  # the discharging limit of the BMS at 0 %
    discharge_taper_to: float = 5  # % below which the BMS lowers the discharging current

    def resting_voltage(self, soc: float) -> float:
        """Return the terminal voltage in V without current."""
        line = max(0, min(bisect_right(_CURVE_SOC, soc), len(_CURVE_LINES)) - 1)
        start, volts, slope = _CURVE_LINES[line]
        return CELLS * (volts + (soc - start) * slope)

    def voltage(self, soc: float, power: float) -> float:
        """Return the terminal voltage in V while `power` W flows out (negative: in)."""
        rest = self.resting_voltage(soc)
        return (rest + sqrt(rest * rest - 4 * power * self.resistance)) / 2

    def charge_watts(self, soc: float, amps: float) -> float:
        """Return the charging power at a charging current of `amps` (not negative)."""
        return amps * (self.resting_voltage(soc) + amps * self.resistance)

    def charge_limit_amps(self, soc: float) -> float:
        """Return the BMS's charging limit, which falls linearly near 100 %."""
        left = (SOC_MAX - soc) / (SOC_MAX - self.charge_taper_from)
        return self.min_charge_amps + (self.bms_amps - self.min_charge_amps) * min(1.0, max(0.0, left))

    def discharge_limit_watts(self, soc: float) -> float:
        """Return the BMS's discharging limit at the terminals in W, which falls linearly near 0 %."""
        amps = self.min_discharge_amps + (self.bms_amps - self.min_discharge_amps) * min(
            1.0, soc / self.discharge_taper_to
        )
        return amps * (self.resting_voltage(soc) - amps * self.resistance)

    def watts_to_reach(self, soc: float, target: float, seconds: float) -> float:
        """Return the terminal power (not negative) that changes `soc` to `target` in `seconds`, up or down."""
        stored = (target - soc) / SOC_MAX * self.capacity_wh
        energy = stored / self.charge_efficiency if stored > 0 else -stored * self.discharge_efficiency
        return energy * SECONDS_PER_HOUR / seconds

    def soc_after(self, soc: float, power: float, seconds: float) -> float:
        """Return the SOC after `power` W (positive: discharging) for `seconds`."""
        factor = 1 / self.discharge_efficiency if power > 0 else self.charge_efficiency
        drawn = power * factor * seconds / SECONDS_PER_HOUR
        return min(SOC_MAX, max(0.0, soc - drawn / self.capacity_wh * SOC_MAX))
