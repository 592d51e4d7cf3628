"""What the user has chosen for the planner."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..planner.strategies import STRATEGIES, BackupReserve, Optimise, PeakShaving, Strategy


@dataclass(frozen=True, slots=True)
class TradingPreferences:
    """A strategy by its key, and its numbers.

    `reserve` is the state of charge that `backup_reserve` keeps (0 to 1), `import_limit` the kW that `peak_shaving`
    does not exceed.
    """

    strategy: str = Optimise.key
    reserve: float = 0.2
    import_limit: float = 5.0

    def as_strategy(self) -> Strategy:
        """Return the planner's strategy."""
        if self.strategy == PeakShaving.key:
            return PeakShaving(self.import_limit)
        if self.strategy == BackupReserve.key:
            return BackupReserve(self.reserve)
        return STRATEGIES[self.strategy]()

    def as_dict(self) -> dict[str, Any]:
        """Return the preferences as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> TradingPreferences | None:
        """Return the preferences that `as_dict` gave, or None if there are none in `saved`."""
        known = {field.name: saved[field.name] for field in fields(cls) if field.name in saved}
        return cls(**known) if known else None
