"""Statistics and provider forecasts for the tests of forecasts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

from homeassistant.components.recorder.db_schema import Statistics, StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.nattery.core.forecast.quarters import day_edges, local_quarter, quarter
from scripts.benchmarks.houses import ZONE, family

from ..conftest import SERIAL

EVENING = datetime(2026, 10, 21, 18, 7, tzinfo=ZONE)  # a Wednesday, and the clocks go back on Sunday
DAY, WEEK = 96, 7 * 96
KEY = "canary-key"

type Power = Mapping[int, float]


def entity(hass: HomeAssistant, key: str) -> str:
    found = er.async_get(hass).async_get_entity_id("sensor", "nattery", f"{SERIAL}_{key}")
    assert found is not None
    return found


async def count(hass: HomeAssistant, key: str, power: Power, *, left_out: Iterable[int] = ()) -> None:
    """Let the recorder know a counter of tenths of a kWh, by the hour, that this power has turned."""
    gone = set(left_out)
    rows, total = [], 0.0
    for number in sorted(power):
        total += power[number] / 4
        if number % 4 == 3 and number - 3 not in gone:
            start = datetime.fromtimestamp((number - 3) * 900, UTC)
            tenths = int(total * 10) / 10
            rows.append({"start": start, "state": 1000 + tenths, "sum": tenths})
    await remember(hass, key, "energy", "kWh", rows, Statistics)


async def measure(hass: HomeAssistant, key: str, power: Power) -> None:
    """Let the recorder know means of five minutes of a power, in W."""
    rows = [
        {"start": datetime.fromtimestamp(number * 900 + 300 * part, UTC), "mean": kw * 1000, "min": 0, "max": kw * 1000}
        for number, kw in power.items()
        for part in range(3)
    ]
    await remember(hass, key, "power", "W", rows, StatisticsShortTerm)


async def remember(hass: HomeAssistant, key: str, kind: str, unit: str, rows: list[Any], table: Any) -> None:
    energy = kind == "energy"
    about = {
        "has_sum": energy,
        "mean_type": StatisticMeanType.NONE if energy else StatisticMeanType.ARITHMETIC,
        "name": None,
        "source": "recorder",
        "statistic_id": entity(hass, key),
        "unit_class": kind,
        "unit_of_measurement": unit,
    }
    get_instance(hass).async_import_statistics(about, rows, table)
    await async_wait_recording_done(hass)


def until_now(days: int, of: Callable[[int, int, int], Power] = family) -> Power:
    """The power of some days, and of today until the latest full hour."""
    now = quarter(dt_util.utcnow())
    first, _ = day_edges(local_quarter(now, ZONE) // DAY - days, ZONE)
    return {number: kw for number, kw in of(7, first, days + 1).items() if number < now // 4 * 4}


def sunny(_seed: int, first: int, days: int) -> Power:
    """The same fine day every day, 12 kWh."""
    return {number: 2.0 if 36 <= number % DAY < 60 else 0.0 for number in range(first, first + days * DAY)}


def kwh(powers: Iterable[float]) -> float:
    return sum(powers) / 4


def tomorrow() -> datetime:
    return dt_util.start_of_local_day() + timedelta(days=1)


def of_day(day: int, wh: float) -> dict[str, float]:
    """What a provider says of a local day of October: six hours around noon, and a dim one on either side."""
    hours = {8: wh / 10, **dict.fromkeys(range(9, 15), wh), 15: wh / 10}
    return {datetime(2026, 10, day, hour, tzinfo=ZONE).isoformat(): of for hour, of in hours.items()}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name == "custom_components.nattery"
    ]
