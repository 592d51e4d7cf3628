"""What was known at a time: which prices were published, and which PV and load were expected."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import groupby
from typing import NamedTuple, Protocol

from ..forecast.forecast import Forecaster
from ..forecast.forecast_log import ForecastLog
from ..forecast.history import PowerHistory
from ..forecast.load import HISTORY_DAYS
from ..forecast.nowcast import HORIZON_QUARTERS, LOOKBACK_QUARTERS, apply_nowcast
from ..forecast.quantiles import autocorrelation
from ..forecast.quarters import PER_DAY, PER_HOUR, day_edges, local_quarter, moment
from .time_series import TimeSeries

PUBLISHED = 13 * PER_HOUR  # quarter of the local day from which on the next day's prices are known
_JUDGED = 28 * PER_DAY  # quarters in which it is looked how long an error lasts
_MOST_KEPT = 0.95


class Epoch(NamedTuple):
    """From one publication of prices to the next: quarters [begin, end) of a series, known up to `horizon`."""

    begin: int
    end: int
    horizon: int


class ForecastProvider(Protocol):
    """What is expected, asked for epoch after epoch and quarter after quarter.

    It looks at nothing that comes after the moment it is asked for.
    """

    def made(self, epoch: Epoch) -> tuple[Sequence[float], Sequence[float]]:
        """PV and load (kW) of the quarters from the epoch's beginning to its horizon, as expected when it begins."""

    def revised(self, index: int) -> tuple[Sequence[float], Sequence[float]] | None:
        """PV and load (kW) of the next quarters from one of the epoch on, where something new is expected of them."""

    def present(self, index: int) -> tuple[float, float]:
        """PV and load (kW) of one quarter of the epoch, as expected when that quarter begins."""


def epochs(series: TimeSeries, zone: tzinfo) -> Iterator[Epoch]:
    """The epochs of a series: a day's prices are known from 13:00 of the local day before."""

    def published(index: int) -> int:
        day, slot = divmod(local_quarter(series.numbers[index], zone), PER_DAY)
        return day + (slot >= PUBLISHED)

    for last_day, indexes in groupby(range(len(series)), published):
        of = list(indexes)
        yield Epoch(of[0], of[-1] + 1, bisect_left(series.numbers, day_edges(last_day, zone)[1]))


class PerfectForecasts:
    """Every forecast comes true."""

    def __init__(self, series: TimeSeries) -> None:
        """Take what really came."""
        self._series = series

    def made(self, epoch: Epoch) -> tuple[Sequence[float], Sequence[float]]:
        """What really came."""
        part = slice(epoch.begin, epoch.horizon)
        return self._series.pv_kw[part], self._series.load_kw[part]

    def revised(self, index: int) -> None:
        """Nothing new."""

    def present(self, index: int) -> tuple[float, float]:
        """What really came."""
        return self._series.pv_kw[index], self._series.load_kw[index]


class LearnedForecasts:
    """The forecasts of the series where it has them, as they are; otherwise learned from what has passed, each epoch.

    Every hour the sun of the next hours is set right by that of the last ones, and every quarter is by how far the
    one before it was off, as far as such errors have lasted.
    """

    def __init__(self, series: TimeSeries, zone: tzinfo) -> None:
        """Take a series; nothing is learned yet."""
        self._series, self._zone = series, zone
        self._pv = _Said(series, series.pv_kw)
        self._load = _Said(series, series.load_kw)

    def made(self, epoch: Epoch) -> tuple[Sequence[float], Sequence[float]]:
        """The forecast that is made when the epoch begins."""
        series, part = self._series, slice(epoch.begin, epoch.horizon)
        pv = series.pv_forecast_kw and series.pv_forecast_kw[part]
        load = series.load_forecast_kw and series.load_forecast_kw[part]
        if pv is None or load is None:
            first, last = series.numbers[epoch.begin], series.numbers[epoch.horizon - 1]
            knows = Forecaster.learn(
                moment(first), self._zone, self._history(series.load_kw, epoch.begin),
                self._history(series.pv_kw, epoch.begin), ForecastLog(),
            )  # fmt: skip
            told = knows.forecast(moment(first), last + 1 - first)
            ours = [number - first for number in series.numbers[part]]
            pv = pv or [told.pv_kw[at] for at in ours]
            load = load or [told.load_kw[at] for at in ours]
        self._pv.say(epoch, pv)
        self._load.say(epoch, load)
        return pv, load

    def revised(self, index: int) -> tuple[Sequence[float], Sequence[float]] | None:
        """The next hours, once an hour."""
        if self._series.numbers[index] % PER_HOUR:
            return None
        before, ahead = slice(max(index - LOOKBACK_QUARTERS, 0), index), slice(index, index + HORIZON_QUARTERS)
        said = self._pv.said
        return apply_nowcast(said[before], self._series.pv_kw[before], said[ahead]), self._load.said[ahead]

    def present(self, index: int) -> tuple[float, float]:
        """The forecast, set right."""
        return self._pv.at(index), self._load.at(index)

    def _history(self, came: Sequence[float], end: int) -> PowerHistory:
        """What has come until the beginning of a quarter, as far back as anybody looks."""
        numbers = self._series.numbers
        first = bisect_left(numbers, numbers[end] - HISTORY_DAYS * PER_DAY)
        power = dict(zip(numbers[first:end], came[first:end], strict=True))
        return PowerHistory(power, frozenset(power))


class _Said:
    """One of both, as it was said of each quarter so far, against what came."""

    def __init__(self, series: TimeSeries, came: Sequence[float]) -> None:
        self._numbers, self._came = series.numbers, came
        self.said: list[float] = []
        self._kept = 0.0

    def say(self, epoch: Epoch, powers: Sequence[float]) -> None:
        """Take the forecast of an epoch in place of what was said of it before, and see how long errors have lasted."""
        del self.said[epoch.begin :]
        numbers, judged = self._numbers, range(max(epoch.begin - _JUDGED, 0), epoch.begin)
        off = {numbers[index]: self._came[index] - self.said[index] for index in judged}
        self._kept = autocorrelation(((kw, off[at + 1]) for at, kw in off.items() if at + 1 in off), _MOST_KEPT)
        self.said += powers

    def at(self, index: int) -> float:
        """What to expect of a quarter, knowing all that came before it."""
        said = self.said[index]
        if not index or self._numbers[index - 1] + 1 != self._numbers[index]:
            return said
        return max(said + self._kept * (self._came[index - 1] - self.said[index - 1]), 0.0)
