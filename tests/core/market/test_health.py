"""How the asking goes, and what is worth telling of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.nattery.core.market.book import PriceChange, PriceChangeKind
from custom_components.nattery.core.market.events import PriceEventKind, news
from custom_components.nattery.core.market.fetch_log import Fetch, FetchLog
from custom_components.nattery.core.market.health import SourceHealth, SourceStatus, health

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def log_of(*outcomes):
    log = FetchLog()
    for place, outcome in enumerate(outcomes):
        log.note(Fetch(NOW - timedelta(minutes=len(outcomes) - place), "entsoe", outcome, 2.5))
    return log


@pytest.mark.parametrize(
    ("outcomes", "status", "failures"),
    [
        ((), None, 0),
        (("ok",), SourceStatus.OK, 0),
        (("timed_out", "not_published"), SourceStatus.OK, 0),
        (("ok", "timed_out"), SourceStatus.DEGRADED, 1),
        (("ok", "timed_out", "html"), SourceStatus.DEGRADED, 2),
        (("timed_out", "html", "cut"), SourceStatus.OUTAGE, 3),
        (("ok", "unauthorized"), SourceStatus.DEGRADED, 1),
        (("ok", "unauthorized", "unauthorized"), SourceStatus.UNAUTHORIZED, 2),
        (("unauthorized", "timed_out", "unauthorized"), SourceStatus.OUTAGE, 3),
        (("ok", "rate_limited"), SourceStatus.RATE_LIMITED, 1),
    ],
)
def test_status(outcomes, status, failures) -> None:
    found = health(log_of(*outcomes), "entsoe", NOW)
    assert (found.status, found.failures) == (status, failures)
    assert found.failing_since == (NOW - timedelta(minutes=failures) if failures else None)


def test_figures() -> None:
    found = health(log_of("ok", "timed_out", "ok", "cut"), "entsoe", NOW)
    assert (found.last_attempt, found.last_success) == (NOW - timedelta(minutes=1), NOW - timedelta(minutes=2))
    assert (found.seconds, found.success_rate) == (2.5, 0.5)
    assert health(log_of("ok"), "nord_pool", NOW) == SourceHealth()


def kinds(before, after, *changes):
    return [piece.kind for piece in news(changes, SourceHealth(before), SourceHealth(after))]


def test_failing_and_recovering_are_told_once() -> None:
    assert kinds(None, SourceStatus.DEGRADED) == [PriceEventKind.FAILED]
    assert kinds(SourceStatus.OK, SourceStatus.DEGRADED) == [PriceEventKind.FAILED]
    assert kinds(SourceStatus.DEGRADED, SourceStatus.DEGRADED) == []
    assert kinds(SourceStatus.DEGRADED, SourceStatus.OUTAGE) == [PriceEventKind.FAILED]
    assert kinds(SourceStatus.OUTAGE, SourceStatus.OUTAGE) == []
    assert kinds(SourceStatus.OUTAGE, SourceStatus.OK) == [PriceEventKind.RECOVERED]
    assert kinds(None, SourceStatus.OK) == []
    assert kinds(SourceStatus.OK, SourceStatus.OK) == []
    assert kinds(None, None) == []


def test_changes_of_the_book() -> None:
    day = date(2026, 11, 25)
    changes = (
        PriceChange(PriceChangeKind.PUBLISHED, day, NOW, "entsoe"),
        PriceChange(PriceChangeKind.REVISED, day, NOW, "entsoe", "entsoe", 0.01, 0.02),
        PriceChange(PriceChangeKind.REPLACED, day, NOW, "entsoe", "nord_pool", 0.001, 0.002),
    )
    published, revised, replaced = news(changes, SourceHealth(SourceStatus.OK), SourceHealth(SourceStatus.OK))
    assert (published.kind, published.about) == (PriceEventKind.PUBLISHED, {"day": "2026-11-25", "source": "entsoe"})
    assert revised.about == {**published.about, "mean_difference": 0.01, "largest_difference": 0.02}
    assert replaced.kind is PriceEventKind.SOURCE_CHANGED
    assert replaced.about["previous_source"] == "nord_pool"
