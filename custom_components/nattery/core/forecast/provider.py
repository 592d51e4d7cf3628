"""A provider's PV forecast: from Home Assistant's mappings of periods to watt-hours, to the power of quarter-hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
import math
from statistics import median

from .history import MAX_PLAUSIBLE_KW
from .interpolation import EnergyPeriod, interpolate_power
from .quarters import PER_DAY, day_edges, local_quarter

_QUARTER, _HOUR = 900, 3600  # seconds
_DUSK = 0.2  # share of the day's highest power; below it a day that ends is taken to end in the evening


class ProviderForecastError(ValueError):
    """A provider's forecast is not valid; the text says why."""


@dataclass(frozen=True, slots=True)
class ProviderForecast:
    """A provider's PV forecast: mean power (kW) by number of the quarter-hour; quarter-hours not covered are absent."""

    power: Mapping[int, float]

    @classmethod
    def from_arrays(cls, arrays: Iterable[Mapping[str, float]], zone: tzinfo) -> ProviderForecast:
        """Return the sum of PV arrays, each a mapping from the start of a period (ISO 8601 with offset) to Wh.

        This is the format of `wh_hours` in Home Assistant's energy platform. A period lasts until the next one begins,
        but not longer than the median period. The power is zero at night, where some providers have no periods.
        A local day that any array does not cover is absent, and so is what follows an array that ends in daylight.
        Raises ProviderForecastError.
        """
        powers = [_array_power(_periods(array), zone) for array in arrays if array]
        if not powers:
            return cls({})
        covered = set.intersection(*map(set, powers))
        return cls({number: math.fsum(power[number] for power in powers) for number in covered})


def _periods(array: Mapping[str, float]) -> list[EnergyPeriod]:
    """Return the periods of one array, sorted."""
    starts = sorted((_seconds(start), _watt_hours(start, wh)) for start, wh in array.items())
    for (start, _), (following, _) in pairwise(starts):
        if start == following:
            raise ProviderForecastError(f"Two periods begin at {datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M} UTC")
    longest = min(median([b - a for (a, _), (b, _) in pairwise(starts)] or [_HOUR]), _HOUR)
    ends = [*(following for following, _ in starts[1:]), math.inf]
    return [EnergyPeriod(start, min(end, start + longest), wh) for (start, wh), end in zip(starts, ends, strict=True)]


def _seconds(start: str) -> float:
    try:
        moment = datetime.fromisoformat(start)
    except TypeError, ValueError:
        raise ProviderForecastError(f"A period begins at {str(start)[:40]!r}, which is not a valid time") from None
    if moment.tzinfo is None:
        raise ProviderForecastError(f"A period begins at {start!r}, which has no UTC offset")
    return moment.timestamp()


def _watt_hours(start: str, wh: float) -> float:
    if isinstance(wh, bool) or not isinstance(wh, int | float) or not 0 <= wh <= 1000 * MAX_PLAUSIBLE_KW:
        raise ProviderForecastError(
            f"The period at {start} has {str(wh)[:40]!r} Wh; 0 to {1000 * MAX_PLAUSIBLE_KW:.0f} is allowed"
        )
    return wh


def _array_power(periods: list[EnergyPeriod], zone: tzinfo) -> dict[int, float]:
    """Return the power of every quarter-hour that one array covers.

    An array covers whole local days, although it may leave out the night. But the first day may begin and the last may
    end in daylight, where the forecast was cut off.
    """
    power = interpolate_power(periods)
    days: dict[int, list[EnergyPeriod]] = {}
    for period in periods:
        days.setdefault(local_quarter(int(period.start // _QUARTER), zone) // PER_DAY, []).append(period)
    covered: dict[int, float] = {}
    for day, day_periods in days.items():
        start, end = day_edges(day, zone)
        dusk = _DUSK * max(map(_mean_power, day_periods))
        if day == min(days) and _mean_power(day_periods[0]) >= dusk:
            start = int(day_periods[0].start // _QUARTER)
        if day == max(days) and _mean_power(day_periods[-1]) >= dusk:
            end = int(day_periods[-1].end // _QUARTER)
        covered |= {number: power.get(number, 0.0) for number in range(start, end)}
    return covered


def _mean_power(period: EnergyPeriod) -> float:
    return period.wh / (period.end - period.start)
