"""How the asking goes, and what is worth telling of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.nattery.core.market.book import Change, ChangeKind
from custom_components.nattery.core.market.fetches import Fetch, FetchLog
from custom_components.nattery.core.market.health import Health, Status, health
from custom_components.nattery.core.market.news import NewsKind, news

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
        (("ok",), Status.OK, 0),
        (("timed_out", "not_published"), Status.OK, 0),
        (("ok", "timed_out"), Status.DEGRADED, 1),
        (("ok", "timed_out", "html"), Status.DEGRADED, 2),
        (("timed_out", "html", "cut"), Status.OUTAGE, 3),
        (("ok", "unauthorized"), Status.DEGRADED, 1),
        (("ok", "unauthorized", "unauthorized"), Status.UNAUTHORIZED, 2),
        (("unauthorized", "timed_out", "unauthorized"), Status.OUTAGE, 3),
        (("ok", "rate_limited"), Status.RATE_LIMITED, 1),
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
    assert health(log_of("ok"), "nord_pool", NOW) == Health()


def kinds(before, after, *changes):
    return [piece.kind for piece in news(changes, Health(before), Health(after))]


def test_failing_and_recovering_are_told_once() -> None:
    assert kinds(None, Status.DEGRADED) == [NewsKind.FAILED]
    assert kinds(Status.OK, Status.DEGRADED) == [NewsKind.FAILED]
    assert kinds(Status.DEGRADED, Status.DEGRADED) == []
    assert kinds(Status.DEGRADED, Status.OUTAGE) == [NewsKind.FAILED]
    assert kinds(Status.OUTAGE, Status.OUTAGE) == []
    assert kinds(Status.OUTAGE, Status.OK) == [NewsKind.RECOVERED]
    assert kinds(None, Status.OK) == []
    assert kinds(Status.OK, Status.OK) == []
    assert kinds(None, None) == []


def test_changes_of_the_book() -> None:
    day = date(2026, 11, 25)
    changes = (
        Change(ChangeKind.PUBLISHED, day, NOW, "entsoe"),
        Change(ChangeKind.REVISED, day, NOW, "entsoe", "entsoe", 0.01, 0.02),
        Change(ChangeKind.REPLACED, day, NOW, "entsoe", "nord_pool", 0.001, 0.002),
    )
    published, revised, replaced = news(changes, Health(Status.OK), Health(Status.OK))
    assert (published.kind, published.about) == (NewsKind.PUBLISHED, {"day": "2026-11-25", "source": "entsoe"})
    assert revised.about == {**published.about, "mean_difference": 0.01, "largest_difference": 0.02}
    assert replaced.kind is NewsKind.SOURCE_CHANGED
    assert replaced.about["previous_source"] == "nord_pool"
