import pytest

from custom_components.nattery.core.market.fetch_log import Fetch, FetchLog

from .days import HOUR, PLAIN, local


def test_success_rate_latest_fetches_and_limit() -> None:
    log, now = FetchLog(), local(PLAIN, 12)
    assert log.success_rate("entsoe", now) is None
    for hours, outcome in ((30, "timed_out"), (3, "ok"), (2, "server_trouble"), (1, "not_published")):
        log.add(Fetch(now - hours * HOUR, "entsoe", outcome))
    log.add(Fetch(now, "nord_pool", "unreachable"))
    assert log.success_rate("entsoe", now) == pytest.approx(2 / 3)
    assert log.last_fetch("entsoe").outcome == "not_published"
    assert log.last_success("entsoe").at == now - 3 * HOUR
    assert log.last_success("nord_pool") is None
    for _ in range(500):
        log.add(Fetch(now, "entsoe"))
    assert len(log.fetches) == 200
