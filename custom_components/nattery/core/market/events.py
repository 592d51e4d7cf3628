"""Events that follow from a fetch: prices published, revised or from another source; failure and recovery."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .book import PriceChange, PriceChangeKind
from .health import SourceHealth, SourceStatus


class PriceEventKind(StrEnum):
    """The kind of a price event."""

    PUBLISHED = "published"  # a day is complete for the first time
    REVISED = "revised"  # a source changed prices that it had published
    SOURCE_CHANGED = "source_changed"  # ENTSO-E's prices replaced those of a fallback source
    FAILED = "failed"  # ENTSO-E began to fail, or its status became worse
    RECOVERED = "recovered"  # ENTSO-E responds again


@dataclass(frozen=True, slots=True)
class PriceEvent:
    """One event, with its data as plain JSON."""

    kind: PriceEventKind
    data: dict[str, Any] = field(default_factory=dict)


def price_events(changes: Iterable[PriceChange], before: SourceHealth, after: SourceHealth) -> Iterator[PriceEvent]:
    """Yield the events for the changes of a fetch round and for a change in ENTSO-E's health."""
    for change in changes:
        yield _event_for_change(change)
    if after.status is SourceStatus.OK and before.status not in (None, SourceStatus.OK):
        yield PriceEvent(PriceEventKind.RECOVERED, {"failures": before.failures})
    elif after.status is not SourceStatus.OK and after.status not in (None, before.status):
        yield PriceEvent(PriceEventKind.FAILED, {"status": after.status.value, "failures": after.failures})


def _event_for_change(change: PriceChange) -> PriceEvent:
    data: dict[str, Any] = {"day": change.day.isoformat(), "source": change.source}
    if change.kind is PriceChangeKind.PUBLISHED:
        return PriceEvent(PriceEventKind.PUBLISHED, data)
    data |= {"mean_difference": change.mean, "largest_difference": change.largest}
    if change.kind is PriceChangeKind.REPLACED:
        return PriceEvent(PriceEventKind.SOURCE_CHANGED, data | {"previous_source": change.previous})
    return PriceEvent(PriceEventKind.REVISED, data)
