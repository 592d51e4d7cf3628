"""What was known at a time in the past: the published prices, and the forecasts of PV and load."""

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

PUBLICATION_SLOT = 13 * PER_HOUR  # quarter of the local day in which the prices of the next day are published
_ERROR_WINDOW = 28 * PER_DAY  # quarters from which the persistence of errors is estimated
_MAX_PERSISTENCE = 0.95


class Epoch(NamedTuple):
    """The time from one publication of prices to the next.

    It covers the quarter-hours [begin, end) of a series. Prices are known up to `horizon`.
    """

    begin: int
    end: int
    horizon: int


class ForecastProvider(Protocol):
    """Forecasts for a backtest, queried in order of time. They use no data from after the time of the query."""

    def issued(self, epoch: Epoch) -> tuple[Sequence[float], Sequence[float]]:
        """Return PV and load (kW) from the beginning of the epoch to its horizon, as forecast at its beginning."""

    def revised(self, index: int) -> tuple[Sequence[float], Sequence[float]] | None:
        """Return revised PV and load (kW) from quarter-hour `index` on, or None if there is no revision."""

    def nowcast(self, index: int) -> tuple[float, float]:
        """Return PV and load (kW) of a quarter-hour, as expected when it begins."""


def epochs(series: TimeSeries, zone: tzinfo) -> Iterator[Epoch]:
    """Return the epochs of a series: prices of a day are published at 13:00 local time of the day before."""

    def publication_day(index: int) -> int:
        day, slot = divmod(local_quarter(series.numbers[index], zone), PER_DAY)
        return day + (slot >= PUBLICATION_SLOT)

    for last_day, indexes in groupby(range(len(series)), publication_day):
        members = list(indexes)
        yield Epoch(members[0], members[-1] + 1, bisect_left(series.numbers, day_edges(last_day, zone)[1]))


class PerfectForecasts:
    """Forecasts that equal the real values."""

    def __init__(self, series: TimeSeries) -> None:
        """Use the real values of a series."""
        self._series = series

    def issued(self, epoch: Epoch) -> tuple[Sequence[float], Sequence[float]]:
        """Return the real values."""
        part = slice(epoch.begin, epoch.horizon)
        return self._series.pv_kw[part], self._series.load_kw[part]

    def revised(self, index: int) -> None:
        """Return None: there is nothing to revise."""

    def nowcast(self, index: int) -> tuple[float, float]:
        """Return the real values."""
        return self._series.pv_kw[index], self._series.load_kw[index]


class LearnedForecasts:
    """The forecasts of the series, if it has any; otherwise forecasts learned from its past in each epoch.

    Every hour, the PV forecast of the next hours is corrected by that of the last ones. Every quarter-hour, the
    forecast is corrected by the error of the previous one, scaled by the persistence of such errors.
    """

    def __init__(self, series: TimeSeries, zone: tzinfo) -> None:
        """Take a series; nothing is learned yet."""
        self._series, self._zone = series, zone
        self._pv = _IssuedForecast(series, series.pv_kw)
        self._load = _IssuedForecast(series, series.load_kw)

    def issued(self, epoch: Epoch) -> tuple[Sequence[float], Sequence[float]]:
        """Return the forecast that is made when the epoch begins."""
        series, part = self._series, slice(epoch.begin, epoch.horizon)
        pv = series.pv_forecast_kw and series.pv_forecast_kw[part]
        load = series.load_forecast_kw and series.load_forecast_kw[part]
        if pv is None or load is None:
            first, last = series.numbers[epoch.begin], series.numbers[epoch.horizon - 1]
            forecaster = Forecaster.learn(
                moment(first), self._zone, self._history(series.load_kw, epoch.begin),
                self._history(series.pv_kw, epoch.begin), ForecastLog(),
            )  # fmt: skip
            forecast = forecaster.forecast(moment(first), last + 1 - first)
            offsets = [number - first for number in series.numbers[part]]
            pv = pv or [forecast.pv_kw[offset] for offset in offsets]
            load = load or [forecast.load_kw[offset] for offset in offsets]
        self._pv.issue(epoch, pv)
        self._load.issue(epoch, load)
        return pv, load

    def revised(self, index: int) -> tuple[Sequence[float], Sequence[float]] | None:
        """Return the corrected forecast of the next hours, once an hour."""
        if self._series.numbers[index] % PER_HOUR:
            return None
        before, ahead = slice(max(index - LOOKBACK_QUARTERS, 0), index), slice(index, index + HORIZON_QUARTERS)
        pv_kw = self._pv.powers_kw
        return apply_nowcast(pv_kw[before], self._series.pv_kw[before], pv_kw[ahead]), self._load.powers_kw[ahead]

    def nowcast(self, index: int) -> tuple[float, float]:
        """Return the corrected forecast of a quarter-hour."""
        return self._pv.expected(index), self._load.expected(index)

    def _history(self, actual: Sequence[float], end: int) -> PowerHistory:
        """Return the real powers before a quarter-hour, as far back as the forecaster looks."""
        numbers = self._series.numbers
        first = bisect_left(numbers, numbers[end] - HISTORY_DAYS * PER_DAY)
        power = dict(zip(numbers[first:end], actual[first:end], strict=True))
        return PowerHistory(power, frozenset(power))


class _IssuedForecast:
    """The latest forecast of one series for each quarter-hour, to be compared with the real values."""

    def __init__(self, series: TimeSeries, actual: Sequence[float]) -> None:
        self._numbers, self._actual = series.numbers, actual
        self.powers_kw: list[float] = []
        self._persistence = 0.0

    def issue(self, epoch: Epoch, powers: Sequence[float]) -> None:
        """Replace the forecast of an epoch, and estimate the persistence of errors."""
        del self.powers_kw[epoch.begin :]
        numbers, window = self._numbers, range(max(epoch.begin - _ERROR_WINDOW, 0), epoch.begin)
        errors = {numbers[index]: self._actual[index] - self.powers_kw[index] for index in window}
        pairs = ((kw, errors[number + 1]) for number, kw in errors.items() if number + 1 in errors)
        self._persistence = autocorrelation(pairs, _MAX_PERSISTENCE)
        self.powers_kw += powers

    def expected(self, index: int) -> float:
        """Return the forecast of a quarter-hour, corrected by the error of the one before it."""
        issued = self.powers_kw[index]
        if not index or self._numbers[index - 1] + 1 != self._numbers[index]:
            return issued
        return max(issued + self._persistence * (self._actual[index - 1] - self.powers_kw[index - 1]), 0.0)
