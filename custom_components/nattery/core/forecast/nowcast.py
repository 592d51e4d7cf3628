"""What the last hours say about the next ones: a cloudier day than was forecast is likely to stay so for a while."""

from collections.abc import Sequence

from .quarters import PER_HOUR

LOOKED_BACK = 10 * PER_HOUR  # quarters; what passed earlier says next to nothing
LOOKED_AHEAD = 8 * PER_HOUR  # quarters; beyond, the forecast stands

_MEMORY = 0.93  # of what a quarter says, a quarter later
_LASTS = 0.98  # of the difference, a quarter further ahead
_DOUBT = 0.5  # times the brightest quarter: so much has to be forecast before half of a difference is believed


def factors(said: Sequence[float], came: Sequence[float], ahead: Sequence[float]) -> list[float]:
    """What to multiply the PV power of the next quarters by, which is forecast as `ahead` (kW).

    `said` is what was forecast of the quarters that have just passed, `came` what they brought, the latest last; zero
    in both where nothing is known. What is missing or too much of the day so far carries on, the less the further
    ahead.
    """
    together = doubt = _DOUBT * max((*said, *ahead), default=0.0)
    if not doubt:
        return [1.0] * len(ahead)
    weight = 1.0
    for expected, real in zip(reversed(said), reversed(came), strict=True):
        doubt += weight * expected
        together += weight * real
        weight *= _MEMORY
    off = together / doubt - 1
    return [1 + off * _LASTS**quarters for quarters in range(len(ahead))]


def set_right(said: Sequence[float], came: Sequence[float], ahead: Sequence[float]) -> list[float]:
    """The PV power of the next quarters (kW), set right by those `factors`."""
    return [kw * factor for kw, factor in zip(ahead, factors(said, came, ahead), strict=True)]
