"""The websocket command that returns any local day."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from homeassistant.auth.models import User
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.core.ledger.entry import QUARTER
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.reports import local_days
from tests.core.ledger.entries import BERLIN, make_entry

from .books import BookedHouse, berlin
from .commands import connect, send
from .conftest import SERIAL
from .test_ledger_actions import set_up
from .test_websocket_commands import sentence

TODAY, TOMORROW = "2026-11-20", "2026-11-21"
ELEVEN = 44  # the quarter-hour in which the tests begin
AWAY = "postgresql://nattery:secret@127.0.0.1:1/books"


class DayReader:
    """A screen that asks for days; it connects each time, since walking the clock ends a connection."""

    def __init__(self, house: BookedHouse, connect: WebSocketGenerator, user: User) -> None:
        self.house, self._connect, self._user = house, connect, user

    async def _ask(self, day: object) -> dict[str, Any]:
        client = await connect(self.house.hass, self._connect, self._user)
        return await send(client, "nattery/day", entry_id=self.house.entry.entry_id, day=day)

    async def read(self, day: object) -> dict[str, Any]:
        answer = await self._ask(day)
        assert answer["success"], answer
        result: dict[str, Any] = answer["result"]
        return result

    async def error(self, day: object) -> dict[str, Any]:
        error: dict[str, Any] = (await self._ask(day))["error"]
        return error


@pytest.fixture
async def reader(booked: BookedHouse, hass_ws_client: WebSocketGenerator, hass_admin_user: User) -> DayReader:
    house = await set_up(booked)
    await house.site.trading.async_replan()
    return DayReader(house, hass_ws_client, hass_admin_user)


def book_day(house: BookedHouse, day: date) -> None:
    """Book every quarter-hour of a day."""
    (period,) = local_days(day, day, BERLIN)
    starts = [period.start + number * QUARTER for number in range(period.quarters)]
    entries = [make_entry(start, import_kwh=0.25, load_kwh=0.25) for start in starts]
    Ledger(Path(house.hass.config.path("nattery.db"))).write(SERIAL, entries)


def known(columns: dict[str, list[Any]], name: str) -> list[int]:
    return [at for at, value in enumerate(columns[name]) if value is not None]


async def test_today_is_booked_until_now_and_planned_from_now_on(reader: DayReader) -> None:
    house = reader.house
    await house.walk(berlin("11:31"))
    day = await reader.read(TODAY)
    assert (day["day"], day["time_zone"], day["currency"]) == (TODAY, "Europe/Berlin", "EUR")
    assert (day["start"], day["end"]) == (berlin("00:00").isoformat(), berlin("2026-11-21 00:00").isoformat())
    columns = day["columns"]
    booked = [ELEVEN, ELEVEN + 1]
    for name in ("import_kwh", "load_kwh", "soc", "coverage", "cost", "action", "reason"):
        assert known(columns, name) == booked, name
    assert known(columns, "import_price") == known(columns, "spot_price") == list(range(96))
    assert known(columns, "planned_soc") == known(columns, "planned_cost") == list(range(ELEVEN, 96))
    assert known(columns, "forecast_pv_kwh") == known(columns, "forecast_load_kwh") == list(range(ELEVEN, 96))
    lines = await house.site.trading.recorder.async_read(berlin("11:00"), berlin("12:00"))
    assert [columns["load_kwh"][at] for at in booked] == [one.energies.load_kwh for one in lines]
    assert all(one.forecast and one.expected and one.expected.action for one in lines)
    (report,) = (await ledger_days(house))["rows"]
    assert day["sums"]["load_kwh"] == report["load_kwh"]
    assert day["sums"]["end"] == berlin("11:30").isoformat()


async def ledger_days(house: BookedHouse) -> Any:
    return await house.hass.services.async_call(
        "nattery",
        "get_ledger",
        {"config_entry_id": house.entry.entry_id, "period": "day"},
        blocking=True,
        return_response=True,
    )


async def test_the_forecast_of_the_morning_stays_what_it_was(reader: DayReader) -> None:
    house = reader.house
    before = (await reader.read(TODAY))["columns"]["forecast_load_kwh"]
    await house.walk(berlin("13:16"), timedelta(minutes=5))
    assert (await reader.read(TODAY))["columns"]["forecast_load_kwh"][ELEVEN:] == before[ELEVEN:]


async def test_tomorrow_is_planned_once_its_prices_are_published(reader: DayReader) -> None:
    columns = (await reader.read(TOMORROW))["columns"]
    for name in ("import_price", "planned_soc", "load_kwh"):
        assert known(columns, name) == [], name
    assert known(columns, "forecast_load_kwh") == list(range(96))
    await reader.house.walk(berlin("13:45"), timedelta(minutes=5))
    day = await reader.read(TOMORROW)
    for name in ("import_price", "planned_soc", "planned_action", "forecast_load_kwh"):
        assert known(day["columns"], name) == list(range(96)), name
    assert known(day["columns"], "import_kwh") == []
    assert day["sums"] is None


@pytest.mark.parametrize(("day", "quarters"), [("2026-03-29", 92), ("2026-10-25", 100), ("2026-08-01", 96)])
async def test_a_past_day_has_its_prices_from_the_ledger(reader: DayReader, day: str, quarters: int) -> None:
    house = reader.house
    await house.hass.async_add_executor_job(book_day, house, date.fromisoformat(day))
    answer = await reader.read(day)
    columns = answer["columns"]
    for name in ("import_price", "import_kwh", "cost", "planned_action", "planned_soc", "forecast_load_kwh"):
        assert known(columns, name) == list(range(quarters)), name
    assert answer["sums"]["coverage"] == 1
    assert answer["sums"]["import_kwh"] == pytest.approx(0.25 * quarters)


@pytest.mark.parametrize("day", ["1971-01-01", "2020-02-29", "2026-11-18", "2126-11-26", "2199-12-31"])
async def test_a_day_of_which_nothing_is_booked_has_nulls(reader: DayReader, day: str) -> None:
    await reader.house.walk(berlin("11:16"))
    answer = await reader.read(day)
    assert answer["sums"] is None
    for name in ("import_kwh", "soc", "cost", "action", "planned_soc", "forecast_pv_kwh"):
        assert known(answer["columns"], name) == []


@pytest.mark.parametrize(
    "day", ["tomorrow", "", "2026-13-01", "2026-02-30", "1970-01-01", "2200-01-01", "20261120", 7, None, ["2026-11-20"]]
)
async def test_what_is_not_a_day(reader: DayReader, day: object) -> None:
    error = await reader.error(day)
    assert (error["code"], error["translation_key"]) == ("invalid_format", "bad_day")
    assert sentence(error).startswith(f"{day} is not a day. Give a day between 1971-01-01 and 2199-12-31")


async def test_with_the_database_away_a_past_day_is_one_sentence_and_a_day_to_come_is_there(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator, hass_admin_user: User
) -> None:
    reader = DayReader(await set_up(booked, AWAY), hass_ws_client, hass_admin_user)
    error = await reader.error(TODAY)
    assert (error["code"], error["translation_key"]) == ("home_assistant_error", "ledger_unreachable")
    assert sentence(error).startswith("The database server of the ledger in 127.0.0.1:1/books cannot be reached")
    assert (await reader.read(TOMORROW))["sums"] is None
