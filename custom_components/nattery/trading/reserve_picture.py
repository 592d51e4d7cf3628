"""A timed reserve as it is shown."""

from typing import Any, Final

from ..core.app.preferences import TimedReserve

_PERCENT: Final = 100


def reserve_picture(reserve: TimedReserve) -> dict[str, Any]:
    """Return a timed reserve as plain JSON, its state of charge in percent."""
    return {
        "id": reserve.id,
        "soc": round(reserve.soc * _PERCENT, 3),
        "start": reserve.start.isoformat(),
        "until": reserve.end.isoformat(),
    }
