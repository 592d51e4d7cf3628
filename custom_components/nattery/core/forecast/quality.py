"""Forecast accuracy: the forecasts made before each day, compared with the measurements of that day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
import math

from .forecast_log import ForecastLog, LoggedDay
from .history import PowerHistory
from .quarters import quarter

DEFAULT_DAYS = 14
MAX_MISSING_HOURS = 4  # a day with more hours unmeasured is not judged


@dataclass(frozen=True, slots=True)
class ForecastQuality:
    """The forecast errors of the last days, kWh per day; the bias is positive if forecasts were too high.

    `mean_absolute_error` and `bias` are those of the daily totals. `relative_error` and `relative_bias` are the same as
    shares of the actual energy. `hourly_error` is the sum of absolute hourly errors as a share of it. The shares are
    None if the actual energy is zero. `days` is the number of days compared.
    """

    days: int
    mean_absolute_error: float
    bias: float
    relative_error: float | None
    relative_bias: float | None
    hourly_error: float | None


def load_quality(
    log: ForecastLog, actual: PowerHistory, now: datetime, days: int = DEFAULT_DAYS
) -> ForecastQuality | None:
    """Return the errors of the load forecasts of the last days, or None if no day can be judged."""
    return _quality(log, lambda logged: logged.load, actual, quarter(now), days)


def pv_quality(
    log: ForecastLog, actual: PowerHistory, now: datetime, days: int = DEFAULT_DAYS
) -> ForecastQuality | None:
    """Return the errors of the corrected PV forecasts of the last days, or None if no day can be judged."""
    return _quality(log, lambda logged: logged.pv, actual, quarter(now), days)


def _quality(
    log: ForecastLog, forecast_of: Callable[[LoggedDay], tuple[float, ...]], actual: PowerHistory, now: int, days: int
) -> ForecastQuality | None:
    """Compare the days that have ended, using only hours that are both forecast and measured."""
    days_of_pairs = [
        pairs for logged in log if logged.end <= now and (pairs := _pairs(logged, forecast_of(logged), actual))
    ]
    judged = days_of_pairs[-days:]
    if not judged:
        return None
    errors = [math.fsum(forecast - measured for forecast, measured in pairs) for pairs in judged]
    absolute = math.fsum(map(abs, errors))
    bias = math.fsum(errors)
    hourly = math.fsum(abs(forecast - measured) for pairs in judged for forecast, measured in pairs)
    total = math.fsum(measured for pairs in judged for _, measured in pairs)
    relative = (absolute / total, bias / total, hourly / total) if total else (None, None, None)
    return ForecastQuality(len(judged), absolute / len(judged), bias / len(judged), *relative)


def _pairs(logged: LoggedDay, forecast: tuple[float, ...], actual: PowerHistory) -> list[tuple[float, float]]:
    """Return forecast and measured kWh of a day's hours; empty if too many hours are unmeasured."""
    hours = zip(logged.hours(), forecast, strict=True)
    pairs = [(kwh, measured) for (start, end), kwh in hours if (measured := actual.kwh(start, end)) is not None]
    return pairs if len(pairs) >= len(forecast) - MAX_MISSING_HOURS else []
