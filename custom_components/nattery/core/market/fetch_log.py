"""The log of fetches: when, from whom, how long it took and how it ended. It holds no address and no token."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

OK = "ok"
_KEPT = 200
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request: when it was sent, to which source, how it ended and how long it took.

    `outcome` is "ok" or the kind of a MarketError, `retry_after` the seconds of quiet that the server asked for.
    """

    at: datetime
    source: str
    outcome: str = OK
    seconds: float = 0.0
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether prices came."""
        return self.outcome == OK

    @property
    def answered(self) -> bool:
        """Whether the server works: prices came, or it said that they are not published yet."""
        return self.outcome in (OK, "not_published", "other_auction")


@dataclass(slots=True)
class FetchLog:
    """The last fetches, oldest first."""

    fetches: list[Fetch] = field(default_factory=list)

    def note(self, fetch: Fetch) -> None:
        """Write one down."""
        self.fetches = [*self.fetches[1 - _KEPT :], fetch]

    def forget(self, source: str) -> None:
        """Forget all fetches from one source, which has become another one under the same name."""
        self.fetches = [fetch for fetch in self.fetches if fetch.source != source]

    def of(self, source: str) -> list[Fetch]:
        """Those to one source."""
        return [fetch for fetch in self.fetches if fetch.source == source]

    def last(self, source: str) -> Fetch | None:
        """The latest to one source."""
        return next((fetch for fetch in reversed(self.fetches) if fetch.source == source), None)

    def last_ok(self, source: str) -> Fetch | None:
        """The latest to one source that brought prices."""
        return next((fetch for fetch in reversed(self.fetches) if fetch.source == source and fetch.ok), None)

    def success_rate(self, source: str, now: datetime) -> float | None:
        """The share, 0 to 1, of the last 24 hours' fetches that were answered; None without any."""
        recent = [fetch.answered for fetch in self.of(source) if now - fetch.at <= _DAY]
        return sum(recent) / len(recent) if recent else None

    def to_list(self) -> list[dict[str, Any]]:
        """The log as plain JSON."""
        return [{**asdict(fetch), "at": fetch.at.isoformat()} for fetch in self.fetches]

    @classmethod
    def from_list(cls, data: Iterable[Mapping[str, Any]]) -> FetchLog:
        """The log from its JSON; raises KeyError, TypeError or ValueError when it is none."""
        return cls([Fetch(**{**fetch, "at": datetime.fromisoformat(fetch["at"])}) for fetch in data])
