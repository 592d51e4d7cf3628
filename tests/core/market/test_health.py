from datetime import UTC, datetime, timedelta

import pytest

from custom_components.nattery.core.market.fetch_log import Fetch, FetchLog
from custom_components.nattery.core.market.health import SourceHealth, SourceStatus, source_health

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def log_of(*outcomes):
    log = FetchLog()
    for index, outcome in enumerate(outcomes):
        log.add(Fetch(NOW - timedelta(minutes=len(outcomes) - index), "entsoe", outcome, 2.5))
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
    health_now = source_health(log_of(*outcomes), "entsoe", NOW)
    assert (health_now.status, health_now.failures) == (status, failures)
    assert health_now.failing_since == (NOW - timedelta(minutes=failures) if failures else None)


def test_figures() -> None:
    health_now = source_health(log_of("ok", "timed_out", "ok", "cut"), "entsoe", NOW)
    assert (health_now.last_attempt, health_now.last_success) == (
        NOW - timedelta(minutes=1),
        NOW - timedelta(minutes=2),
    )
    assert (health_now.seconds, health_now.success_rate) == (2.5, 0.5)
    assert source_health(log_of("ok"), "nord_pool", NOW) == SourceHealth()
