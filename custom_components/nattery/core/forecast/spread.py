"""What a set of past values says about the next one: a robust mean, and how far it may be off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

_EVIDENCE_TO_TRUST = 3.0


@dataclass(frozen=True, slots=True)
class Quantiles:
    """An expected value between its quantiles; `evidence` is how many equal values would say as much."""

    p10: float
    expected: float
    p90: float
    evidence: float = 0.0

    def doubted(self, low: float, high: float) -> Quantiles:
        """The same, as wide as a guess (shares of the expected value) where there is little evidence."""
        doubt = _EVIDENCE_TO_TRUST / (_EVIDENCE_TO_TRUST + self.evidence**2)
        return replace(
            self,
            p10=self.p10 + doubt * min(low * self.expected - self.p10, 0.0),
            p90=self.p90 + doubt * max(high * self.expected - self.p90, 0.0),
        )


def spread(values: Sequence[float], weights: Sequence[float]) -> Quantiles | None:
    """The spread of sorted values with their weights; None where nothing has any weight.

    The expected value is their mean after what lies beyond the quantiles is drawn in to them: what happens on one day
    in ten or more often counts by its share, and what is rarer (a party, a broken counter) does not.
    """
    total = sum(weights)
    if total <= 0:
        return None
    p10, p90 = _quantiles(values, weights, total)
    mean = sum(weight * min(max(value, p10), p90) for value, weight in zip(values, weights, strict=True)) / total
    return Quantiles(p10, mean, p90, evidence(weights))


def evidence(weights: Sequence[float]) -> float:
    """How many equal values say as much as values with these weights."""
    squares = sum(weight * weight for weight in weights)
    return sum(weights) ** 2 / squares if squares else 0.0


def persistence(pairs: Iterable[tuple[float, float]], most: float) -> float:
    """How much of a difference is still there one step later (0 to `most`), from pairs of a difference and the next."""
    together = alone = 0.0
    for first, following in pairs:
        together += first * following
        alone += first * first
    return min(max(together / alone, 0.0), most) if alone else 0.0


def _quantiles(values: Sequence[float], weights: Sequence[float], total: float) -> tuple[float, float]:
    """The values at which the running weight passes 10 and 90 %."""
    found: list[float] = []
    limits = (0.1 * total, 0.9 * total)
    passed = 0.0
    for value, weight in zip(values, weights, strict=True):
        passed += weight
        while len(found) < len(limits) and passed >= limits[len(found)]:
            found.append(value)
    found += [values[-1]] * (len(limits) - len(found))  # rounding may leave the last limit just short
    return found[0], found[1]
