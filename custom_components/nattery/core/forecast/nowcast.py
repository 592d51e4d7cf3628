"""PV nowcast: corrects the forecast of the next hours by the forecast error of the last ones."""

from collections.abc import Sequence

from .quarters import PER_HOUR

LOOKBACK_QUARTERS = 10 * PER_HOUR  # older errors hardly matter
HORIZON_QUARTERS = 8 * PER_HOUR  # beyond it the forecast is left unchanged

_WEIGHT_DECAY = 0.93  # per quarter-hour of age of a past error
_ERROR_DECAY = 0.98  # per quarter-hour ahead
_PRIOR_WEIGHT = 0.5  # in units of the highest forecast power: with so much past forecast, half of an error is applied


def nowcast_factors(forecast: Sequence[float], actual: Sequence[float], upcoming: Sequence[float]) -> list[float]:
    """Return the factor for the PV forecast of each of the next quarter-hours.

    `forecast` and `actual` are the PV power (kW) of the last quarter-hours, the latest last; both are zero where one of
    them is unknown. `upcoming` is the forecast of the next ones. The relative error of the past is carried forward and
    decays with distance.
    """
    numerator = denominator = _PRIOR_WEIGHT * max((*forecast, *upcoming), default=0.0)
    if not denominator:
        return [1.0] * len(upcoming)
    weight = 1.0
    for forecast_kw, actual_kw in zip(reversed(forecast), reversed(actual), strict=True):
        denominator += weight * forecast_kw
        numerator += weight * actual_kw
        weight *= _WEIGHT_DECAY
    error = numerator / denominator - 1
    return [1 + error * _ERROR_DECAY**quarters for quarters in range(len(upcoming))]


def apply_nowcast(forecast: Sequence[float], actual: Sequence[float], upcoming: Sequence[float]) -> list[float]:
    """Return `upcoming` (kW) multiplied by its `nowcast_factors`."""
    factors = nowcast_factors(forecast, actual, upcoming)
    return [kw * factor for kw, factor in zip(upcoming, factors, strict=True)]
