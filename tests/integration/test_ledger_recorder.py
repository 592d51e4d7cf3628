"""The books of a house: every quarter-hour as it was read, at its prices, whatever happens to house and database."""

from datetime import timedelta
from itertools import pairwise
import logging
from pathlib import Path
import sqlite3
import sys
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import _TrackPointUTCTime
from homeassistant.requirements import RequirementsNotFound
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.recorder_state import IntervalRecord
from custom_components.nattery.core.explanation import Explanation
from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.ledger.entry import Expectation
from custom_components.nattery.core.ledger.reports import local_days
from custom_components.nattery.core.market.tariff import PriceKind
from custom_components.nattery.trading import database
from scripts.entsoe_standin.server import StandIn
from tests.core.ledger.postgresql_server import PASSWORD, PostgresqlServer

from .books import FEE, BookedHouse, berlin, net, starts
from .conftest import SERIAL

EXPECTED = Expectation(cost=0.25, grid_kwh=1.5, soc=0.6)
CHEAP, DEAR = Explanation("charge_cheap", {"price": 0.1}), Explanation("discharge_dear", {"price": 0.4})


@pytest.fixture
async def house(booked: BookedHouse) -> BookedHouse:
    """The same, set up, with prices."""
    return await booked.set_up()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Both databases: the file of Home Assistant's folder, and a real server."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))


def kept(hass_storage: dict[str, Any], house: BookedHouse) -> dict[str, Any]:
    data: dict[str, Any] = hass_storage[f"nattery.{house.entry.entry_id}.meter"]["data"]
    return data


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the integration has warned of."""
    records = [one for one in caplog.records if one.name.startswith("custom_components.nattery")]
    return [one.getMessage() for one in records if one.levelno >= logging.WARNING]


async def test_quarters_are_booked_as_they_were_read(house: BookedHouse, url: str) -> None:
    books = await house.open(url)
    await house.walk(berlin("11:31"))
    lines = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert starts(lines) == ["11:00", "11:15"]
    for line in lines:
        for key, energy in net(line.energies).items():
            assert energy == pytest.approx(house.energy(key, line.start), abs=0.0011), key
        assert line.coverage == 1
        _, last = house.read_in(line.start)[-1]
        assert line.soc == pytest.approx(last[1]["battery_soc"] / 100)
        assert line.energies.load_kwh > 0.02
        assert line.energies.pv_kwh > 0.02
        spot = house.slot_price(PriceKind.SPOT, line.start)
        assert line.prices.spot_price == pytest.approx(spot)
        assert line.prices.import_price == pytest.approx(spot + FEE)
        assert line.prices.currency == "EUR"
        grid, wear = line.energies, 0.02 * (line.energies.charge_kwh + line.energies.discharge_kwh)
        cost = grid.import_kwh * line.prices.import_price - grid.export_kwh * line.prices.export_price
        assert line.money.cost == pytest.approx(cost, abs=5e-4)  # energies are kept in Wh
        assert line.money.wear == pytest.approx(wear, abs=5e-5)
    assert lines[0].prices != lines[1].prices
    assert books.last == lines[-1]
    assert books.savings.today.money.cost == pytest.approx(
        sum(line.money.cost for line in lines if line.money), abs=1e-5
    )
    assert books.savings.total.period.start == lines[0].start
    assert books.error is None
    await house.close(books)


async def test_the_file_is_in_the_folder_and_the_site_is_the_serial_number(house: BookedHouse) -> None:
    books = await house.open()
    await house.walk(berlin("11:16"))
    await house.close(books)
    with sqlite3.connect(house.hass.config.path("nattery.db")) as connection:
        assert connection.execute("SELECT name FROM nattery_sites").fetchall() == [(SERIAL,)]
    connection.close()


async def test_hourly_prices_are_those_of_their_quarters(booked: BookedHouse, market: StandIn) -> None:
    market.behaviour.mode = "hourly"
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("12:16"))
    lines = await books.async_read(berlin("11:00"), berlin("13:00"))
    prices = [line.prices.spot_price for line in lines]
    assert len(prices) == 5
    assert len(set(prices[:4])) == 1
    assert prices[4] != prices[3]
    await house.close(books)


async def test_prices_that_come_late(booked: BookedHouse, market: StandIn) -> None:
    market.behaviour.mode = "not_published"
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("11:31"))
    assert [line.prices for line in await books.async_read(berlin("11:00"), berlin("12:00"))] == [None, None]
    assert books.last is not None
    assert [books.savings] == [None], "nobody knows in which currency"

    market.behaviour.mode = "ok"
    await house.site.prices.async_fetch(forced=True)
    await house.settle()
    lines = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert [line.prices.spot_price for line in lines] == [
        house.slot_price(PriceKind.SPOT, line.start) for line in lines
    ]
    assert all(line.money for line in lines)
    assert books.last == lines[-1]
    assert books.savings.today.priced_quarters == pytest.approx(sum(line.coverage for line in lines), abs=0.01)
    await house.close(books)


async def test_what_was_done_and_planned_is_booked(house: BookedHouse) -> None:
    books = await house.open()
    books.async_record(berlin("11:00"), IntervalRecord(ActionKind.CHARGE, CHEAP, EXPECTED))
    await house.walk(berlin("11:08"))
    books.async_record(berlin("11:08"), IntervalRecord(ActionKind.DISCHARGE, DEAR, Expectation(9.0, 9.0, 0.9)))
    await house.walk(berlin("11:31"))
    first, second = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert first.action is ActionKind.DISCHARGE, "the last word counts"
    assert first.reason == DEAR
    assert first.expected == EXPECTED, "what was expected as it began counts"
    assert (second.action, second.reason, second.expected) == (None, None, None)
    await house.close(books)


async def test_a_restart_in_the_middle_of_a_quarter_is_a_gap(house: BookedHouse) -> None:
    books = await house.open()
    books.async_record(berlin("11:00"), IntervalRecord(ActionKind.CHARGE, CHEAP, EXPECTED))
    await house.walk(berlin("11:06"))
    await house.close(books)
    await house.walk(berlin("11:10"))
    books = await house.open()
    await house.walk(berlin("11:16"))
    (line,) = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert house.hours(line.start) == pytest.approx(11 / 60)
    assert line.coverage == pytest.approx(11 / 15, abs=0.002)
    for key, energy in net(line.energies).items():
        assert energy == pytest.approx(house.energy(key, line.start), abs=0.0011), key
    assert (line.action, line.reason, line.expected) == (ActionKind.CHARGE, CHEAP, EXPECTED)
    await house.close(books)


async def test_killed_in_the_middle_of_a_quarter(house: BookedHouse, hass_storage: dict[str, Any]) -> None:
    killed = await house.open()
    killed.async_record(berlin("11:00"), IntervalRecord(ActionKind.CHARGE, CHEAP, EXPECTED))
    await house.walk(berlin("11:07:30"))
    seconds = kept(hass_storage, house)["meter"]["seconds"]
    assert 6.5 * 60 <= seconds <= 7.5 * 60, "at most the last minute is lost"
    for stop in killed._unsubscribe:  # nobody closes what is killed
        stop()

    books = await house.open()
    await house.walk(berlin("11:16"))
    (line,) = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert line.coverage == pytest.approx((seconds + 7.5 * 60) / 900, abs=0.002)
    assert (line.action, line.reason, line.expected) == (ActionKind.CHARGE, CHEAP, EXPECTED)
    await house.close(books)


@pytest.mark.parametrize(
    "damage",
    [
        {"meter": {"start": "noon"}, "deeds": {}, "unbooked": []},
        {"meter": {}, "deeds": {}},
        {"meter": {}, "deeds": {}, "unbooked": [{"metered": {"start": "2026-11-20T10:00:00+00:00"}}]},
        {"meter": {}, "deeds": {"2026-11-20T10:00:00+00:00": {"action": "explode"}}, "unbooked": []},
        ["nonsense"],
    ],
    ids=["meter", "incomplete", "unbooked", "deeds", "nonsense"],
)
async def test_a_damaged_meter_begins_anew(
    house: BookedHouse, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, damage: Any
) -> None:
    key = f"nattery.{house.entry.entry_id}.meter"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": damage}
    books = await house.open()
    (warning,) = told(caplog)
    assert "is discarded" in warning
    await house.walk(berlin("11:16"))
    assert starts(await books.async_read(berlin("11:00"), berlin("12:00"))) == ["11:00"]
    await house.close(books)


async def test_silence_is_a_gap_and_ends_its_quarter(house: BookedHouse, port: int) -> None:
    books = await house.open()
    await house.walk(berlin("11:10"))
    await house.hass.async_add_executor_job(house.simulator.stop)
    await house.walk(berlin("11:17"), timedelta(minutes=1))
    (line,) = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert line.coverage == pytest.approx(10 / 15, abs=0.04)
    await house.walk(berlin("11:47"), timedelta(minutes=1))
    assert starts(await books.async_read(berlin("11:00"), berlin("12:00"))) == ["11:00"], "nothing is made up"
    await house.close(books)


async def test_a_poll_without_one_of_its_values_is_no_reading(
    house: BookedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = await house.open()
    await house.walk(berlin("11:05"))
    memory, place = house.simulator.device.memory, BY_KEY["battery_soc"].address
    put = memory.put
    monkeypatch.setattr(memory, "put", lambda register, words: register.address == place or put(register, words))
    del memory.words[place]
    await house.walk(berlin("11:16:30"))
    assert house.site.identified_device.readings.last_update_success
    assert house.site.identified_device.value("load_power") is not None
    (line,) = await books.async_read(berlin("11:00"), berlin("12:00"))
    assert line.coverage == pytest.approx(5 / 15, abs=0.04)
    await house.close(books)


async def test_the_database_is_away_for_a_while(
    house: BookedHouse, server: PostgresqlServer, postgresql: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = postgresql.rpartition("/")[2]
    books = await house.open(postgresql)
    await house.walk(berlin("11:16"))
    assert starts(await books.async_read(berlin("11:00"), berlin("12:00"))) == ["11:00"]
    news: list[Any] = []
    books.async_listen(lambda: news.append(books.error))

    await house.hass.async_add_executor_job(server.execute, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    await house.walk(berlin("11:46"))
    assert books.error.kind == "cannot_open"
    assert books.savings is None
    assert news[-1] is books.error
    (warning,) = told(caplog)
    assert "cannot be kept" in warning
    assert PASSWORD not in caplog.text

    await house.close(books)  # and Home Assistant starts again, while it is away
    books = await house.open(postgresql)
    await house.walk(berlin("12:01"))
    assert books.error is not None
    await house.hass.async_add_executor_job(server.execute, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    await house.walk(timedelta(minutes=1.5))
    assert books.error is None
    lines = await books.async_read(berlin("11:00"), berlin("13:00"))
    assert starts(lines) == ["11:00", "11:15", "11:30", "11:45"]
    assert all(line.prices for line in lines)
    for before, line in pairwise(lines):
        assert line.baseline.stored.kwh - line.baseline.stored.change_kwh == pytest.approx(
            before.baseline.stored.kwh, abs=0.002
        ), "in the order of time"
    assert books.savings.today.priced_quarters == pytest.approx(sum(line.coverage for line in lines), abs=0.01)
    await house.close(books)


async def test_a_file_that_was_taken_away_is_made_anew(house: BookedHouse) -> None:
    books = await house.open()
    await house.walk(berlin("11:16"))
    await house.hass.async_add_executor_job(Path(house.hass.config.path("nattery.db")).unlink)
    await house.walk(berlin("11:33"))
    assert books.error is None
    assert starts(await books.async_read(berlin("11:00"), berlin("12:00"))) == ["11:15"]
    await house.close(books)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (f"mysql://nattery:{PASSWORD}@127.0.0.1/books", "wrong_url"),
        ("not an address", "wrong_url"),
        ("sqlite:////nowhere/at/all/books.db", "cannot_open"),
        ("postgresql://nattery:secret-4f1c@127.0.0.1:1/books", "unreachable"),
    ],
)
async def test_an_address_that_leads_nowhere_is_an_error_and_no_crash(
    house: BookedHouse, url: str, kind: str, caplog: pytest.LogCaptureFixture, hass_storage: dict[str, Any]
) -> None:
    books = await house.open(url)
    await house.walk(berlin("11:16"))
    assert books.error.kind == kind
    assert len(told(caplog)) == 1
    for secret in (PASSWORD, "secret-4f1c"):
        assert secret not in caplog.text
        assert secret not in str(books.error)
    await house.close(books)
    assert len(kept(hass_storage, house)["unbooked"]) == 1

    books = await house.open()  # the address is put right
    await house.settle()
    assert starts(await books.async_read(berlin("11:00"), berlin("12:00"))) == ["11:00"]
    await house.close(books)


@pytest.mark.parametrize("found", [True, False])
async def test_the_driver_of_postgresql_is_fetched_where_it_is_missing(
    house: BookedHouse, postgresql: str, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    psycopg2, asked = sys.modules["psycopg2"], []
    monkeypatch.setitem(sys.modules, "psycopg2", None)  # importing it fails

    async def fetch(hass: HomeAssistant, name: str, requirements: list[str]) -> None:
        asked.append((name, requirements))
        if not found:
            raise RequirementsNotFound(name, requirements)
        monkeypatch.setitem(sys.modules, "psycopg2", psycopg2)

    monkeypatch.setattr(database, "async_process_requirements", fetch)
    books = await house.open(postgresql)
    await house.settle()
    assert asked == [("nattery", ["psycopg2-binary>=2.9.11"])]
    assert (books.error and books.error.kind) == (None if found else "missing_driver")
    await house.close(books)


async def test_closed_books_leave_nothing_behind(house: BookedHouse, hass_storage: dict[str, Any]) -> None:
    def timers() -> int:
        waiting = [timer._callback for timer in house.hass.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        return len([one for one in waiting if isinstance(one, _TrackPointUTCTime)])

    before = timers(), len(house.site.identified_device.readings._listeners), len(house.site.prices._listeners)
    books = await house.open()
    await house.walk(berlin("11:05"))
    assert len(house.site.prices._listeners) == before[2] + 1
    await house.close(books)
    await house.settle()
    assert (
        timers(),
        len(house.site.identified_device.readings._listeners),
        len(house.site.prices._listeners),
    ) == before
    saved = kept(hass_storage, house)
    assert saved["meter"]["start"] == berlin("11:00").isoformat()
    await house.walk(berlin("11:20"))
    assert kept(hass_storage, house) == saved
    await books.async_close()
    assert kept(hass_storage, house) == saved, "closing twice is closing once"


async def test_a_new_day_begins_with_nothing_also_while_the_inverter_is_silent(house: BookedHouse) -> None:
    books = await house.open()
    await house.walk(berlin("11:16"))
    assert books.savings.today.covered_quarters > 0.9
    await house.hass.async_add_executor_job(house.simulator.stop)
    house.clock.move_to(berlin("2026-11-21 00:00:30"))
    await house.walk(timedelta(minutes=2), timedelta(minutes=1))
    assert books.savings.today.period.start == berlin("2026-11-21 00:00")
    assert books.savings.today.covered_quarters == 0
    assert books.savings.month.covered_quarters > 0.9
    day = berlin("11:00").date()
    (report,) = await books.async_reports(local_days(day, day, dt_util.get_default_time_zone()))
    assert report.covered_quarters == pytest.approx(books.savings.month.covered_quarters)
    await house.close(books)


async def test_what_a_stored_kwh_counts(house: BookedHouse) -> None:
    books = await house.open()
    await house.walk(berlin("11:01"))
    today = house.site.prices.data.today.statistics
    assert today is not None
    assert books.savings.today.terminal_value_per_kwh == pytest.approx(today.mean * 0.9**0.5 - 0.02)
    books._stored_value = lambda: 0.123
    await house.walk(berlin("11:16"))
    assert books.savings.today.terminal_value_per_kwh == 0.123
    await house.close(books)
