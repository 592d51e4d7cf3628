"""A provider's PV forecast: from mappings of periods to watt-hours, as Home Assistant has them, to quarter-hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
import math
from statistics import median

from .history import ABSURD_KW
from .interpolation import EnergyPeriod, quarters
from .quarters import PER_DAY, day_edges, wall

_QUARTER, _HOUR = 900, 3600  # seconds
_DUSK = 0.2  # of a day's brightest period: less is its morning or evening, and the rest of it is night


class ProviderForecastError(ValueError):
    """What should be a provider's forecast is none; the text says why."""


@dataclass(frozen=True, slots=True)
class ProviderForecast:
    """A provider's forecast: mean power (kW) by number of the quarter-hour; what is not there, it does not speak of."""

    power: Mapping[int, float]

    @classmethod
    def of(cls, arrays: Iterable[Mapping[str, float]], zone: tzinfo) -> ProviderForecast:
        """The sum of some arrays, each a mapping from the start of a period (ISO 8601 with its offset) to Wh.

        This is `wh_hours` of Home Assistant's energy platform. A period lasts until the next begins, or as long as most
        do. Between sunset and sunrise, where some providers say nothing, the power is zero; beyond the days that
        every array speaks of, and where one breaks off in daylight, it is not known. Raises ProductionError.
        """
        curves = [_curve(_periods(array), zone) for array in arrays if array]
        if not curves:
            return cls({})
        known = set.intersection(*map(set, curves))
        return cls({number: math.fsum(curve[number] for curve in curves) for number in known})


def _periods(array: Mapping[str, float]) -> list[EnergyPeriod]:
    """The periods of one array, in order."""
    starts = sorted((_seconds(start), _watt_hours(start, wh)) for start, wh in array.items())
    for (start, _), (following, _) in pairwise(starts):
        if start == following:
            raise ProviderForecastError(f"Two periods begin at {datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M} UTC")
    usual = min(median([b - a for (a, _), (b, _) in pairwise(starts)] or [_HOUR]), _HOUR)
    ends = [*(following for following, _ in starts[1:]), math.inf]
    return [EnergyPeriod(start, min(end, start + usual), wh) for (start, wh), end in zip(starts, ends, strict=True)]


def _seconds(start: str) -> float:
    try:
        moment = datetime.fromisoformat(start)
    except TypeError, ValueError:
        raise ProviderForecastError(f"A period begins at {str(start)[:40]!r}, which is no time") from None
    if moment.tzinfo is None:
        raise ProviderForecastError(
            f"A period begins at {start!r}, without an offset, so it may be any of two dozen moments"
        )
    return moment.timestamp()


def _watt_hours(start: str, wh: float) -> float:
    if isinstance(wh, bool) or not isinstance(wh, int | float) or not 0 <= wh <= 1000 * ABSURD_KW:
        raise ProviderForecastError(
            f"The period at {start} has {str(wh)[:40]!r} Wh; 0 to {1000 * ABSURD_KW:.0f} is allowed"
        )
    return wh


def _curve(periods: list[EnergyPeriod], zone: tzinfo) -> dict[int, float]:
    """The power of every quarter-hour that one array speaks of.

    It speaks of whole local days, from midnight to midnight, even where it leaves out the night; but the first day may
    begin and the last may end in the middle, which is seen by their light.
    """
    power = quarters(periods)
    days: dict[int, list[EnergyPeriod]] = {}
    for period in periods:
        days.setdefault(wall(int(period.start // _QUARTER), zone) // PER_DAY, []).append(period)
    known: dict[int, float] = {}
    for day, of in days.items():
        start, end = day_edges(day, zone)
        dusk = _DUSK * max(map(_power, of))
        if day == min(days) and _power(of[0]) >= dusk:
            start = int(of[0].start // _QUARTER)
        if day == max(days) and _power(of[-1]) >= dusk:
            end = int(of[-1].end // _QUARTER)
        known |= {number: power.get(number, 0.0) for number in range(start, end)}
    return known


def _power(period: EnergyPeriod) -> float:
    return period.wh / (period.end - period.start)
