"""What is worth telling of a round of questions: prices published, revised, from elsewhere; trouble and recovery."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .book import PriceChange, PriceChangeKind
from .health import SourceHealth, SourceStatus


class PriceEventKind(StrEnum):
    """What has happened."""

    PUBLISHED = "published"  # a day is complete for the first time
    REVISED = "revised"  # a source says otherwise than before
    SOURCE_CHANGED = "source_changed"  # another source than before stands for a day
    FAILED = "failed"  # ENTSO-E began to fail, or fails in a worse way
    RECOVERED = "recovered"  # it answers again


@dataclass(frozen=True, slots=True)
class PriceEvent:
    """One piece of news, with plain JSON about it."""

    kind: PriceEventKind
    about: dict[str, Any] = field(default_factory=dict)


def news(changes: Iterable[PriceChange], before: SourceHealth, after: SourceHealth) -> Iterator[PriceEvent]:
    """What a round changed, and what became of the main supplier's health."""
    for change in changes:
        yield _of_change(change)
    if after.status is SourceStatus.OK and before.status not in (None, SourceStatus.OK):
        yield PriceEvent(PriceEventKind.RECOVERED, {"failures": before.failures})
    elif after.status is not SourceStatus.OK and after.status not in (None, before.status):
        yield PriceEvent(PriceEventKind.FAILED, {"status": after.status.value, "failures": after.failures})


def _of_change(change: PriceChange) -> PriceEvent:
    about: dict[str, Any] = {"day": change.day.isoformat(), "source": change.source}
    if change.kind is PriceChangeKind.PUBLISHED:
        return PriceEvent(PriceEventKind.PUBLISHED, about)
    about |= {"mean_difference": change.mean, "largest_difference": change.largest}
    if change.kind is PriceChangeKind.REPLACED:
        return PriceEvent(PriceEventKind.SOURCE_CHANGED, about | {"previous_source": change.previous})
    return PriceEvent(PriceEventKind.REVISED, about)
