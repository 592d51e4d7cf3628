"""Cold start: quarter-hour profiles made from the daily energies of a household that has no hourly history yet.

The profiles are assumptions, not measurements: no forecast is judged against them.
"""

from collections.abc import Callable, Mapping
from datetime import date, tzinfo
import math

from .history import MAX_PLAUSIBLE_KW
from .quarters import PER_DAY, PER_HOUR, day_edges, local_quarter, weekday
from .sun import Location, clear_sky

_EPOCH = date(1970, 1, 1)
_SATURDAY = 5

# Thousandths of a day's energy in each hour of the local clock: the annual mean of H25, the standard load profile of
# households that the German BDEW published in 2025, from meters of 2018 and 2019 without solar panels.
_WORKDAY = (
    *(31, 27, 25, 25, 26, 30, 38, 41, 38, 37, 38, 41),
    *(43, 42, 41, 42, 46, 55, 63, 65, 62, 56, 50, 39),
)
_WEEKEND = (
    *(30, 25, 23, 23, 22, 23, 27, 34, 42, 48, 52, 56),
    *(55, 51, 48, 47, 48, 53, 57, 56, 53, 48, 43, 35),
)


def pv_from_daily_energy(energies: Mapping[date, float], zone: tzinfo, location: Location) -> dict[int, float]:
    """Return the mean PV power (kW) by quarter-hour, given the PV energy (kWh) of local days of `zone`.

    Each day keeps its energy and follows the clear-sky profile. Days are left out that have no energy, have no sunrise
    or would exceed `MAX_PLAUSIBLE_KW`. Raises nothing.
    """
    return _distribute(energies, zone, lambda number: clear_sky(number, location))


def load_from_daily_energy(energies: Mapping[date, float], zone: tzinfo) -> dict[int, float]:
    """Return the mean load (kW) by quarter-hour, given the load energy (kWh) of local days of `zone`.

    Each day keeps its energy and follows the standard load profile. Days are left out that have no energy or would
    exceed `MAX_PLAUSIBLE_KW`. Raises nothing.
    """

    def profile(number: int) -> float:
        day, slot = divmod(local_quarter(number, zone), PER_DAY)
        return (_WEEKEND if weekday(day) >= _SATURDAY else _WORKDAY)[slot // PER_HOUR]

    return _distribute(energies, zone, profile)


def _distribute(energies: Mapping[date, float], zone: tzinfo, profile: Callable[[int], float]) -> dict[int, float]:
    """Distribute each day's energy (kWh) over its quarter-hours in proportion to a profile of any unit."""
    power: dict[int, float] = {}
    for day, kwh in energies.items():
        shares = {number: profile(number) for number in range(*day_edges((day - _EPOCH).days, zone))}
        total = math.fsum(shares.values())
        if total and 0 < kwh * PER_HOUR * max(shares.values()) / total <= MAX_PLAUSIBLE_KW:
            power |= {number: kwh * PER_HOUR * share / total for number, share in shares.items()}
    return power
