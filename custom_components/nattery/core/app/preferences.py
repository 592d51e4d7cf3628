"""What the user has chosen for the planner."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..planner.strategies import STRATEGIES, Optimise, PeakShaving, Strategy

_BACKUP_RESERVE: Final = "backup_reserve"  # was a strategy when the reserve counted in that strategy only
_ITS_RESERVE: Final = 0.2  # the default while there was that strategy


@dataclass(frozen=True, slots=True)
class TimedReserve:
    """A reserve of `soc` (0 to 1) from `start` to `end` (UTC); the highest reserve of a time counts."""

    id: str
    soc: float
    start: datetime
    end: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the reserve as plain JSON."""
        return {"id": self.id, "soc": self.soc, "start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> TimedReserve:
        """Return the reserve that `as_dict` gave; raises KeyError, TypeError or ValueError."""
        start, end = (datetime.fromisoformat(saved[key]) for key in ("start", "end"))
        return cls(str(saved["id"]), float(saved["soc"]), start, end)


@dataclass(frozen=True, slots=True)
class TradingPreferences:
    """A strategy by its key, and what the user wants beside it.

    `reserve` is the state of charge (0 to 1) that is kept for an outage, whatever the strategy; 0 is none.
    `timed_reserves` raise it for some time. `import_limit` is the kW that `peak_shaving` does not exceed.
    """

    strategy: str = Optimise.key
    reserve: float = 0.0
    import_limit: float = 5.0
    timed_reserves: tuple[TimedReserve, ...] = ()

    def as_strategy(self) -> Strategy:
        """Return the planner's strategy."""
        if self.strategy == PeakShaving.key:
            return PeakShaving(self.import_limit)
        return STRATEGIES[self.strategy]()

    def as_dict(self) -> dict[str, Any]:
        """Return the preferences as plain JSON."""
        return {
            "strategy": self.strategy,
            "reserve": self.reserve,
            "import_limit": self.import_limit,
            "timed_reserves": [one.as_dict() for one in self.timed_reserves],
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> TradingPreferences | None:
        """Return the preferences that `as_dict` gave, now or in an earlier version, or None if `saved` has none."""
        known = {name: saved[name] for name in ("strategy", "reserve", "import_limit") if name in saved}
        if not known:
            return None
        if "timed_reserves" not in saved:
            # The reserve was ignored unless the strategy was the backup reserve: what the battery does stays the same.
            counts = known.get("strategy") == _BACKUP_RESERVE
            known["reserve"] = known.get("reserve", _ITS_RESERVE) if counts else 0.0
        if known.get("strategy") not in STRATEGIES:
            known["strategy"] = Optimise.key
        return cls(**known, timed_reserves=tuple(_read_reserves(saved.get("timed_reserves", ()))))


def _read_reserves(saved: Any) -> list[TimedReserve]:  # noqa: ANN401  (any JSON value)
    reserves = []
    for one in saved:
        with suppress(KeyError, TypeError, ValueError):  # a damaged one must not take the others with it
            reserves.append(TimedReserve.from_dict(one))
    return reserves
