"""How good the forecasts were: what had been said before each day, against what came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
import math

from .forecast_log import ForecastLog, LoggedDay
from .history import PowerHistory
from .quarters import quarter

DAYS = 14
MISSING_HOURS = 4  # of a day, that may be unknown; more, and the day is not judged


@dataclass(frozen=True, slots=True)
class ForecastQuality:
    """The errors of the last days' forecasts. Energies are kWh a day; a positive bias is a forecast that was too high.

    `mean_absolute_error` is of the days' totals, `relative_error` and `relative_bias` are shares of what came, and
    `hourly_error` is the sum of every hour's error over what came; the shares are None where nothing came. `days` is
    how many days were judged.
    """

    days: int
    mean_absolute_error: float
    bias: float
    relative_error: float | None
    relative_bias: float | None
    hourly_error: float | None


def load_quality(record: ForecastLog, actual: PowerHistory, now: datetime, days: int = DAYS) -> ForecastQuality | None:
    """How good the load forecasts of the last days were; None while no day can be judged."""
    return _judge(record, lambda made: made.load, actual, quarter(now), days)


def pv_quality(record: ForecastLog, actual: PowerHistory, now: datetime, days: int = DAYS) -> ForecastQuality | None:
    """How good the PV forecasts of the last days were, as they were used; None while no day can be judged."""
    return _judge(record, lambda made: made.pv, actual, quarter(now), days)


def said_quality(record: ForecastLog, actual: PowerHistory, now: datetime, days: int = DAYS) -> ForecastQuality | None:
    """How good the provider's own PV forecasts were, before any correction; None while no day can be judged."""
    return _judge(record, lambda made: made.said, actual, quarter(now), days)


def _judge(
    record: ForecastLog, pick: Callable[[LoggedDay], tuple[float, ...]], actual: PowerHistory, now: int, days: int
) -> ForecastQuality | None:
    """Judge whole days that are over; of each, the hours that are known on both sides."""
    judged = [pairs for made in record if made.end <= now and (pairs := _pairs(made, pick(made), actual))][-days:]
    if not judged:
        return None
    errors = [math.fsum(said - came for said, came in pairs) for pairs in judged]
    absolute = math.fsum(map(abs, errors))
    bias = math.fsum(errors)
    hourly = math.fsum(abs(said - came) for pairs in judged for said, came in pairs)
    total = math.fsum(came for pairs in judged for _, came in pairs)
    relative = (absolute / total, bias / total, hourly / total) if total else (None, None, None)
    return ForecastQuality(len(judged), absolute / len(judged), bias / len(judged), *relative)


def _pairs(made: LoggedDay, said: tuple[float, ...], actual: PowerHistory) -> list[tuple[float, float]]:
    """Forecast and actual kWh of a day's hours; none where too much of the day is unknown."""
    if not said:
        return []
    hours = zip(made.hours(), said, strict=True)
    pairs = [(kwh, came) for (start, end), kwh in hours if (came := actual.kwh(start, end)) is not None]
    return pairs if len(pairs) >= len(said) - MISSING_HOURS else []
