"""What the log keeps of the forecast that was made at the start of a day."""

from datetime import UTC, datetime
import json
from zoneinfo import ZoneInfo

import pytest

from custom_components.nattery.core.forecast.forecast_log import ForecastLog, ForecastLogError
from custom_components.nattery.core.forecast.quarters import quarter

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = quarter(datetime(2026, 11, 19, 23, tzinfo=UTC))
DAY = 96


def log_forecast(log: ForecastLog, now: int, load: float, pv: float, days: int = 2, zone=BERLIN) -> None:
    numbers = range(now, MIDNIGHT + days * DAY)
    log.add(now, zone, dict.fromkeys(numbers, load), dict.fromkeys(numbers, pv), {})


def test_the_forecast_of_the_start_of_the_day_is_not_replaced_at_publication() -> None:
    log = ForecastLog()
    log_forecast(log, MIDNIGHT - 4, 0.5, 1.0)
    assert log.issued(MIDNIGHT) == (1.0, 0.5)
    log_forecast(log, MIDNIGHT + 2, 0.6, 1.1)
    log_forecast(log, MIDNIGHT + 53, 0.7, 1.2)
    (day, _) = log
    assert day.load_kw[53] == 0.7
    assert {log.issued(number) for number in range(MIDNIGHT, MIDNIGHT + DAY)} == {(1.0, 0.5)}
    assert log.issued(MIDNIGHT + DAY) == (1.2, 0.7)


def test_a_start_during_the_day_keeps_the_first_forecast_of_that_day() -> None:
    log = ForecastLog()
    log_forecast(log, MIDNIGHT + 40, 0.5, 1.0)
    log_forecast(log, MIDNIGHT + 53, 0.7, 1.2)
    assert log.issued(MIDNIGHT + 39) is None
    assert log.issued(MIDNIGHT + 40) == log.issued(MIDNIGHT + DAY - 1) == (1.0, 0.5)


def test_a_start_with_the_forecast_of_the_day_before_uses_it() -> None:
    log = ForecastLog()
    log_forecast(log, MIDNIGHT - 30, 0.5, 1.0)
    log = ForecastLog.from_dict(json.loads(json.dumps(log.to_dict())))
    log_forecast(log, MIDNIGHT + 53, 0.7, 1.2)
    assert log.issued(MIDNIGHT) == log.issued(MIDNIGHT + 80) == (1.0, 0.5)


def test_a_restart_keeps_it() -> None:
    log = ForecastLog()
    log_forecast(log, MIDNIGHT + 40, 0.5, 1.0)
    restored = ForecastLog.from_dict(json.loads(json.dumps(log.to_dict())))
    log_forecast(restored, MIDNIGHT + 41, 0.9, 0.9)
    assert restored.issued(MIDNIGHT + 41) == (1.0, 0.5)
    with pytest.raises(ForecastLogError):
        ForecastLog.from_dict({**log.to_dict(), "today": {"start": 1}})


def test_a_forecast_that_ends_before_the_day_is_not_kept() -> None:
    log = ForecastLog()
    log.add(MIDNIGHT, BERLIN, {MIDNIGHT: 1.0}, {MIDNIGHT: 1.0}, {})
    assert log.issued(MIDNIGHT) is None
    assert ForecastLog().issued(MIDNIGHT) is None


@pytest.mark.parametrize(("day", "quarters"), [("2026-03-29", 92), ("2026-10-25", 100)])
def test_days_on_which_the_clock_changes(day: str, quarters: int) -> None:
    start = quarter(datetime.fromisoformat(day).replace(tzinfo=BERLIN))
    log, numbers = ForecastLog(), range(start - 1, start + 2 * DAY + 8)
    log.add(start - 1, BERLIN, dict.fromkeys(numbers, 0.5), dict.fromkeys(numbers, 0.1), {})
    log.add(start, BERLIN, dict.fromkeys(numbers, 0.9), dict.fromkeys(numbers, 0.9), {})
    issued = [number for number in numbers if log.issued(number) == (0.1, 0.5)]
    assert issued == list(range(start, start + quarters))
