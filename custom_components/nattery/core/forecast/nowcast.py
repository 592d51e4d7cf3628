"""What the last hours say about the next ones: a cloudier day than was forecast is likely to stay so for a while."""

from collections.abc import Sequence

HOURS_AHEAD = 8  # beyond, the forecast stands

_MEMORY = 0.93  # of what a quarter says, a quarter later
_LASTS = 0.98  # of the difference, a quarter further ahead
_DOUBT = 0.5  # times the brightest quarter: so much has to be forecast before half of a difference is believed


def set_right(said: Sequence[float], came: Sequence[float], ahead: Sequence[float]) -> list[float]:
    """The PV power of the next quarters (kW) as forecast in `ahead`, set right by the quarters that have just passed.

    `said` is what was forecast of those, `came` what they brought, the latest last. What is missing or too much of the
    day so far carries on, the less the further ahead.
    """
    together = doubt = _DOUBT * max((*said, *ahead), default=0.0)
    if not doubt:
        return list(ahead)
    weight = 1.0
    for expected, real in zip(reversed(said), reversed(came), strict=True):
        doubt += weight * expected
        together += weight * real
        weight *= _MEMORY
    off = together / doubt - 1
    return [max(kw * (1 + off * _LASTS**quarters), 0.0) for quarters, kw in enumerate(ahead)]
