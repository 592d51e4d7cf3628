"""The household's load and PV of the past, from statistics of energy counters and of powers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from ..forecast.history import IntervalEnergy, PowerHistory
from ..forecast.quarters import PER_HOUR, moment, quarter
from ..ledger.entry import MeteredInterval

_HOUR, _QUARTER, _FIVE_MINUTES = 3600, 900, 300  # seconds
_MIN_COVERAGE: Final = 0.9  # of a metered quarter-hour
_MIN_ENERGY: Final = 5.0  # kWh; of less, a counter with a resolution of 0.1 kWh is too coarse to compare with a power
_PLAUSIBLE_RATIO: Final = (0.75, 1.33)  # counter over power; outside of it the power measures something else


class StatisticsPoint(NamedTuple):
    """The start of a period (seconds since the epoch) and its change or mean, None if unknown."""

    start: float
    value: float | None


@dataclass(frozen=True, slots=True)
class HouseholdHistory:
    """The known load and PV."""

    load: PowerHistory = field(default_factory=lambda: PowerHistory({}))
    pv: PowerHistory = field(default_factory=lambda: PowerHistory({}))

    def filled(self, metered: Iterable[MeteredInterval]) -> HouseholdHistory:
        """Return the history with metered quarter-hours, which statistics contain only later.

        An empty history stays empty: nothing is learned from a handful of quarter-hours.
        """
        whole = {quarter(interval.start): interval for interval in metered if interval.coverage > _MIN_COVERAGE}
        load = {number: one.energies.load_kwh / one.coverage * PER_HOUR for number, one in whole.items()}
        pv = {number: one.energies.pv_kwh / one.coverage * PER_HOUR for number, one in whole.items()}
        pairs = ((self.load, load), (self.pv, pv))
        return HouseholdHistory(*(known.with_gaps_filled(new) if len(known) else known for known, new in pairs))

    @property
    def short(self) -> bool:
        """Whether load or PV is known for too few days to learn from."""
        return self.load.is_short or self.pv.is_short

    def assuming(self, load: Mapping[int, float], pv: Mapping[int, float]) -> HouseholdHistory:
        """Return the history with assumed mean powers (kW by number of the quarter-hour) where it is short."""
        return HouseholdHistory(self.load.with_assumed(load), self.pv.with_assumed(pv))


def power_history(
    hourly_changes: Iterable[StatisticsPoint], five_minute_means: Iterable[StatisticsPoint]
) -> PowerHistory:
    """Return the history of a power from hourly changes (kWh) of its counter and from its means (kW)."""
    hours = [*_hours(hourly_changes)]
    return PowerHistory.from_rows([*hours, *_quarter_hours(five_minute_means, hours)])


def _hours(points: Iterable[StatisticsPoint]) -> Iterator[IntervalEnergy]:
    """Yield the energies of hours; one after a gap is left out, since its change includes the whole gap."""
    for before, point in pairwise(points):
        if point.value is not None and point.start - before.start == _HOUR:
            yield IntervalEnergy(datetime.fromtimestamp(point.start, UTC), 1.0, point.value)


def _quarter_hours(points: Iterable[StatisticsPoint], hours: Iterable[IntervalEnergy]) -> Iterator[IntervalEnergy]:
    """Yield the energies of quarter-hours that were measured whole.

    They come from the power, since counters with a resolution of 0.1 kWh are too coarse, scaled to the counter over all
    hours that both know. Nothing is yielded if the two do not match.
    """
    means: dict[int, list[float]] = {}
    for point in points:
        if point.value is not None:
            means.setdefault(int(point.start) // _QUARTER, []).append(point.value)
    whole = _QUARTER // _FIVE_MINUTES
    power = {number: sum(parts) / whole for number, parts in means.items() if len(parts) == whole}
    if (scale := _scale(PowerHistory(power), hours)) is not None:
        for number, kw in power.items():
            yield IntervalEnergy(moment(number), 1 / PER_HOUR, kw * scale / PER_HOUR)


def _scale(power: PowerHistory, hours: Iterable[IntervalEnergy]) -> float | None:
    """Return the factor that gives a power the counter's energy, or None if the two do not match."""
    counted = measured = 0.0
    for hour in hours:
        first = quarter(hour.start)
        kwh = power.kwh(first, first + PER_HOUR)
        if kwh is not None:
            counted, measured = counted + hour.kwh, measured + kwh
    if max(counted, measured) < _MIN_ENERGY:
        return 1.0
    low, high = _PLAUSIBLE_RATIO
    return counted / measured if low * measured <= counted <= high * measured else None
