from datetime import UTC, date, datetime

from custom_components.nattery.core.market.book import PriceChange, PriceChangeKind
from custom_components.nattery.core.market.events import PriceEventKind, price_events
from custom_components.nattery.core.market.health import SourceHealth, SourceStatus

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def kinds(before, after, *changes):
    return [event.kind for event in price_events(changes, SourceHealth(before), SourceHealth(after))]


def test_failure_and_recovery_are_reported_once() -> None:
    assert kinds(None, SourceStatus.DEGRADED) == [PriceEventKind.FAILED]
    assert kinds(SourceStatus.OK, SourceStatus.DEGRADED) == [PriceEventKind.FAILED]
    assert kinds(SourceStatus.DEGRADED, SourceStatus.DEGRADED) == []
    assert kinds(SourceStatus.DEGRADED, SourceStatus.OUTAGE) == [PriceEventKind.FAILED]
    assert kinds(SourceStatus.OUTAGE, SourceStatus.OUTAGE) == []
    assert kinds(SourceStatus.OUTAGE, SourceStatus.OK) == [PriceEventKind.RECOVERED]
    assert kinds(None, SourceStatus.OK) == []
    assert kinds(SourceStatus.OK, SourceStatus.OK) == []
    assert kinds(None, None) == []


def test_events_for_changes_of_the_book() -> None:
    day = date(2026, 11, 25)
    changes = (
        PriceChange(PriceChangeKind.PUBLISHED, day, NOW, "entsoe"),
        PriceChange(PriceChangeKind.REVISED, day, NOW, "entsoe", "entsoe", 0.01, 0.02),
        PriceChange(PriceChangeKind.REPLACED, day, NOW, "entsoe", "nord_pool", 0.001, 0.002),
    )
    published, revised, replaced = price_events(changes, SourceHealth(SourceStatus.OK), SourceHealth(SourceStatus.OK))
    assert (published.kind, published.data) == (PriceEventKind.PUBLISHED, {"day": "2026-11-25", "source": "entsoe"})
    assert revised.data == {**published.data, "mean_difference": 0.01, "largest_difference": 0.02}
    assert replaced.kind is PriceEventKind.SOURCE_CHANGED
    assert replaced.data["previous_source"] == "nord_pool"
