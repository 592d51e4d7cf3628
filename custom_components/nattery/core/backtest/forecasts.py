"""What was known at a time in the past: the published prices, and the forecasts of PV and load."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import groupby
from typing import NamedTuple

from ..forecast.forecast import Forecaster
from ..forecast.forecast_log import PUBLICATION_HOUR, ForecastLog
from ..forecast.history import PowerHistory
from ..forecast.load import HISTORY_DAYS
from ..forecast.nowcast import HORIZON_QUARTERS, LOOKBACK_QUARTERS, apply_nowcast
from ..forecast.quarters import PER_DAY, PER_HOUR, day_edges, local_quarter, moment
from ..planner.problem import Outcome, Problem, ValueCurve
from ..planning.following_days import MEASURED_DAYS, PRICE_DAYS, terminal_curve
from ..planning.misses import ForecastMisses, Powers
from .time_series import TimeSeries

_NEXT_QUARTERS = 4 * PER_HOUR  # that are revised in every quarter-hour, to save time; once an hour, more are

type PowerForecast = tuple[Sequence[float], Sequence[float]]  # PV and load, kW


class Epoch(NamedTuple):
    """The time from one publication of prices to the next.

    It covers the quarter-hours [begin, end) of a series. Prices are known up to `horizon`.
    """

    begin: int
    end: int
    horizon: int


def epochs(series: TimeSeries, zone: tzinfo) -> Iterator[Epoch]:
    """Return the epochs of a series: prices of a day are published at 13:00 local time of the day before."""

    def publication_day(index: int) -> int:
        day, slot = divmod(local_quarter(series.numbers[index], zone), PER_DAY)
        return day + (slot >= PUBLICATION_HOUR * PER_HOUR)

    for last_day, indexes in groupby(range(len(series)), publication_day):
        members = list(indexes)
        yield Epoch(members[0], members[-1] + 1, bisect_left(series.numbers, day_edges(last_day, zone)[1]))


class SeriesPast:
    """What has been measured of a series by some time, and the values of stored energy that follow from it."""

    def __init__(self, series: TimeSeries, zone: tzinfo) -> None:
        """Take a series and the time zone of its market."""
        self.series, self.zone = series, zone
        self._curves: dict[int, ValueCurve | None] = {}  # by horizon: all ways of planning share them

    def powers(self, values: Sequence[float], end: int, days: int) -> PowerHistory:
        """Return the powers of the last days before the quarter-hour with the index `end`."""
        numbers = self.series.numbers
        last = numbers[end - 1] + 1 if end == len(numbers) else numbers[end]
        first = bisect_left(numbers, last - days * PER_DAY)
        power = dict(zip(numbers[first:end], values[first:end], strict=True))
        return PowerHistory(power, frozenset(power))

    def terminal_curve(self, system: Problem, epoch: Epoch) -> ValueCurve | None:
        """Return the value of the energy left at the horizon of an epoch, from the days before it."""
        if epoch.horizon not in self._curves:
            self._curves[epoch.horizon] = self._terminal_curve(system, epoch)
        return self._curves[epoch.horizon]

    def _terminal_curve(self, system: Problem, epoch: Epoch) -> ValueCurve | None:
        series = self.series
        known = slice(max(epoch.horizon - (PRICE_DAYS + 1) * PER_DAY, 0), epoch.horizon)
        both = zip(series.import_price[known], series.export_price[known], strict=True)
        prices = dict(zip(series.numbers[known], both, strict=True))
        load, pv = (self.powers(values, epoch.begin, MEASURED_DAYS + 1) for values in (series.load_kw, series.pv_kw))
        now = series.numbers[epoch.begin] if epoch.begin < len(series) else series.numbers[-1] + 1
        return terminal_curve(system, prices, load, pv, self.zone, now)


class LearnedForecasts:
    """Forecasts for a backtest, queried in order of time; no data from after the time of a query is used.

    They are those of the series, if it has any; otherwise forecasts learned from its past in each epoch.

    In every quarter-hour, the forecast of the next hours is corrected by that of the last ones. The PV forecast of the
    quarter-hour itself is corrected by the error of the one before, scaled by the persistence of such errors.
    """

    def __init__(self, past: SeriesPast) -> None:
        """Take a series; nothing is learned yet."""
        self._series, self._past = past.series, past
        self._log = ForecastLog()
        self._misses = ForecastMisses.learn(self._log, PowerHistory({}), PowerHistory({}), past.zone, 0)
        self._powers: list[Powers] = []  # the latest forecast of each quarter-hour
        # What was measured, by number. The correction of the load looks back from its quarter-hour only.
        self._load = dict(zip(past.series.numbers, past.series.load_kw, strict=True))

    def issued(self, epoch: Epoch) -> PowerForecast:
        """Return the forecast that is made when the epoch begins."""
        series, part, zone = self._series, slice(epoch.begin, epoch.horizon), self._past.zone
        first, last = series.numbers[epoch.begin], series.numbers[epoch.horizon - 1]
        load_history, pv_history = (
            self._past.powers(values, epoch.begin, HISTORY_DAYS) for values in (series.load_kw, series.pv_kw)
        )
        pv = series.pv_forecast_kw and series.pv_forecast_kw[part]
        load = series.load_forecast_kw and series.load_forecast_kw[part]
        if pv is None or load is None:
            forecaster = Forecaster.learn(moment(first), zone, load_history, pv_history, ForecastLog())
            forecast = forecaster.forecast(moment(first), last + 1 - first)
            offsets = [number - first for number in series.numbers[part]]
            pv = pv or [forecast.pv_kw[offset] for offset in offsets]
            load = load or [forecast.load_kw[offset] for offset in offsets]
        numbers = series.numbers[part]
        self._log.add(first, zone, dict(zip(numbers, load, strict=True)), dict(zip(numbers, pv, strict=True)), {})
        self._misses = ForecastMisses.learn(self._log, load_history, pv_history, zone, first)
        del self._powers[epoch.begin :]
        self._powers += map(Powers, pv, load, strict=True)
        return pv, load

    def revised(self, index: int) -> PowerForecast:
        """Return the corrected forecast of the next hours: of more of them once an hour."""
        reach = _NEXT_QUARTERS if self._series.numbers[index] % PER_HOUR else HORIZON_QUARTERS
        before = self._powers[max(index - LOOKBACK_QUARTERS, 0) : index]
        ahead = self._powers[index : index + reach]
        actual = self._series.pv_kw[max(index - LOOKBACK_QUARTERS, 0) : index]
        pv = apply_nowcast([powers.pv_kw for powers in before], actual, [powers.pv_kw for powers in ahead])
        return pv, self._corrected_load(index, [powers.load_kw for powers in ahead])

    def _corrected_load(self, index: int, load_kw: Sequence[float]) -> list[float]:
        """Return the load forecast from a quarter-hour on, corrected by the load of the day before it."""
        numbers = self._series.numbers[index : index + len(load_kw)]
        return self._misses.corrected_load(numbers[0], numbers, load_kw, self._load)

    def outcomes(self, index: int, forecast: PowerForecast) -> tuple[Outcome, ...]:
        """Return the outcomes of a forecast, from the misses of the last days."""
        pv, load = forecast
        numbers = self._series.numbers
        return self._misses.outcomes(numbers[index], numbers[index : index + len(pv)], pv, load)

    def issued_powers(self, index: int) -> Powers:
        """Return the forecast of a quarter-hour that was issued last."""
        return self._powers[index]

    def present_outcomes(self, index: int) -> tuple[Outcome, ...]:
        """Return the outcomes of a quarter-hour when it begins, from its corrected forecast."""
        series, number = self._series, self._series.numbers[index]
        known = index and series.numbers[index - 1] + 1 == number
        before = Powers(series.pv_kw[index - 1], series.load_kw[index - 1]) if known else None
        powers = self._misses.nowcast(number, before) or self._powers[index]
        return self._misses.outcomes(number, [number], [powers.pv_kw], self._corrected_load(index, [powers.load_kw]))

    @property
    def known_days(self) -> int:
        """The number of days whose forecast errors are known."""
        return self._misses.days
