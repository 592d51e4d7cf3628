"""What is worth telling of a round of questions: prices published, revised, from elsewhere; trouble and recovery."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .book import Change, ChangeKind
from .health import Health, Status


class NewsKind(StrEnum):
    """What has happened."""

    PUBLISHED = "published"  # a day is complete for the first time
    REVISED = "revised"  # a source says otherwise than before
    SOURCE_CHANGED = "source_changed"  # another source than before stands for a day
    FAILED = "failed"  # ENTSO-E began to fail, or fails in a worse way
    RECOVERED = "recovered"  # it answers again


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news, with plain JSON about it."""

    kind: NewsKind
    about: dict[str, Any] = field(default_factory=dict)


def news(changes: Iterable[Change], before: Health, after: Health) -> Iterator[News]:
    """What a round changed, and what became of the main supplier's health."""
    for change in changes:
        yield _of_change(change)
    if after.status is Status.OK and before.status not in (None, Status.OK):
        yield News(NewsKind.RECOVERED, {"failures": before.failures})
    elif after.status is not Status.OK and after.status not in (None, before.status):
        yield News(NewsKind.FAILED, {"status": after.status.value, "failures": after.failures})


def _of_change(change: Change) -> News:
    about: dict[str, Any] = {"day": change.day.isoformat(), "source": change.source}
    if change.kind is ChangeKind.PUBLISHED:
        return News(NewsKind.PUBLISHED, about)
    about |= {"mean_difference": change.mean, "largest_difference": change.largest}
    if change.kind is ChangeKind.REPLACED:
        return News(NewsKind.SOURCE_CHANGED, about | {"previous_source": change.previous})
    return News(NewsKind.REVISED, about)
