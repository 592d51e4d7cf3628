"""Statistics of weighted samples: a robust mean with P10 and P90, effective sample size and lag-1 autocorrelation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

_PRIOR_STRENGTH = 3.0  # squared effective sample size at which prior and sample quantiles count equally


@dataclass(frozen=True, slots=True)
class Quantiles:
    """An expected value with its P10 and P90, and the effective size of the sample they come from."""

    p10: float
    expected: float
    p90: float
    effective_sample_size: float = 0.0

    def widened(self, low: float, high: float) -> Quantiles:
        """Return the quantiles moved outwards towards a prior, the further the smaller the sample.

        `low` and `high` are the prior's P10 and P90 as multiples of the expected value.
        """
        prior = _PRIOR_STRENGTH / (_PRIOR_STRENGTH + self.effective_sample_size**2)
        return replace(
            self,
            p10=self.p10 + prior * min(low * self.expected - self.p10, 0.0),
            p90=self.p90 + prior * max(high * self.expected - self.p90, 0.0),
        )


def weighted_quantiles(values: Sequence[float], weights: Sequence[float]) -> Quantiles | None:
    """Return the quantiles of sorted values with their weights, or None if the total weight is zero.

    The expected value is the winsorised mean: values beyond P10 and P90 are first moved to these. So an event on at
    least one day in ten counts in proportion, and a rarer one (a party, a meter error) does not.
    """
    total = sum(weights)
    if total <= 0:
        return None
    p10, p90 = _p10_p90(values, weights, total)
    mean = sum(weight * min(max(value, p10), p90) for value, weight in zip(values, weights, strict=True)) / total
    return Quantiles(p10, mean, p90, effective_sample_size(weights))


def effective_sample_size(weights: Sequence[float]) -> float:
    """Return the number of equally weighted values that carry as much information (Kish's formula)."""
    squares = sum(weight * weight for weight in weights)
    return sum(weights) ** 2 / squares if squares else 0.0


def autocorrelation(pairs: Iterable[tuple[float, float]], maximum: float) -> float:
    """Return the lag-1 autocorrelation, limited to 0 to `maximum`, from pairs of a deviation and the next one."""
    covariance = variance = 0.0
    for first, following in pairs:
        covariance += first * following
        variance += first * first
    return min(max(covariance / variance, 0.0), maximum) if variance else 0.0


def _p10_p90(values: Sequence[float], weights: Sequence[float], total: float) -> tuple[float, float]:
    """Return the values at which the cumulative weight passes 10 and 90 %."""
    quantiles: list[float] = []
    limits = (0.1 * total, 0.9 * total)
    cumulative = 0.0
    for value, weight in zip(values, weights, strict=True):
        cumulative += weight
        while len(quantiles) < len(limits) and cumulative >= limits[len(quantiles)]:
            quantiles.append(value)
    quantiles += [values[-1]] * (len(limits) - len(quantiles))  # rounding may leave the sum just below the last limit
    return quantiles[0], quantiles[1]
