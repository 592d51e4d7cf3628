"""What a plan is made with: as good as what the backtest has, whatever of the day has passed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.core.app.interval_prices import known_intervals
from custom_components.nattery.core.app.monthly_peak import PeakImport
from custom_components.nattery.core.app.planning import PlanningInputs, run_planner
from custom_components.nattery.core.control.overrides import OverrideRequest
from custom_components.nattery.core.forecast.quarters import moment, quarter
from custom_components.nattery.core.ledger.entry import Expectation
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.ledger.reports import Period
from custom_components.nattery.core.market.tariff import PriceKind
from custom_components.nattery.core.planning.caution import PlanningAccount
from custom_components.nattery.trading import plan_maker
from custom_components.nattery.trading.coordinator import TradingCoordinator
from custom_components.nattery.trading.settings import TRADING
from tests.core.ledger.entries import make_entry

from .books import BATTERY, MORNING, BookedHouse, berlin
from .conftest import SERIAL

SUBENTRY = "01JD5TRADING0000000000000T"
AWAY = "postgresql://nattery:secret@127.0.0.1:1/books"
DAY = 96
MIDNIGHT = quarter(berlin("00:00"))


# --- the horizon


async def test_prices_are_known_to_the_horizon_and_of_the_last_days(booked: BookedHouse) -> None:
    house = await booked.set_up()
    pricer = house.site.prices.pricer
    morning = known_intervals(pricer, MORNING + timedelta(minutes=7))
    assert sorted(morning.known)[-DAY:] == list(range(MIDNIGHT, MIDNIGHT + DAY))
    assert [quarter(one.start) for one in morning.ahead] == list(range(quarter(MORNING), MIDNIGHT + DAY))
    for number in (MIDNIGHT, MIDNIGHT + DAY - 1):
        assert morning.known[number][0] == pytest.approx(house.slot_price(PriceKind.IMPORT, moment(number)))
    await house.walk(berlin("13:45"), timedelta(minutes=5))
    afternoon = known_intervals(pricer, dt_util.utcnow())
    assert len(afternoon.ahead) == 96 + 41
    assert max(afternoon.known) == MIDNIGHT + 2 * DAY - 1


# --- the capacity tariff


async def set_up(house: BookedHouse, **changes: Any) -> TradingCoordinator:
    """The house with trading, once it has a plan."""
    subentry = ConfigSubentry(
        data=MappingProxyType({**BATTERY, **changes}),
        subentry_type=TRADING,
        title="Trading",
        unique_id=TRADING,
        subentry_id=SUBENTRY,
    )
    house.hass.config_entries.async_add_subentry(house.entry, subentry)
    await house.set_up()
    trading = house.site.trading
    assert trading is not None
    await trading.async_replan()
    return trading


def book(house: BookedHouse, **imports: float) -> None:
    """Book imports (kWh) of some quarter-hours, by when they begin in Berlin."""
    ledger = Ledger(Path(house.hass.config.path("nattery.db")))
    lines = [make_entry(berlin(start), import_kwh=kwh, load_kwh=kwh) for start, kwh in imports.items()]
    ledger.write(SERIAL, lines)


EARLIER = {"2026-10-31 23:45": 2.4, "2026-11-01 00:00": 1.1, "2026-11-12 18:30": 1.6}


async def test_the_months_peak_is_that_of_the_books(booked: BookedHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house, peaks = booked, []
    await house.hass.async_add_executor_job(lambda: book(house, **EARLIER))

    def spy(known: PlanningInputs, *rest: Any) -> Any:
        peaks.append(known.peak_kw)
        return run_planner(known, *rest)

    monkeypatch.setattr(plan_maker, "run_planner", spy)
    trading = await set_up(house, peak_price=8.0)
    assert {round(peak, 6) for peak in peaks} == {6.4}
    assert await trading.recorder.async_peak() == PeakImport(pytest.approx(6.4), booked=True)


async def test_without_a_capacity_tariff_nobody_asks_for_a_peak(
    booked: BookedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Period] = []
    monkeypatch.setattr(Ledger, "peak_import_kw", lambda _self, _site, period: asked.append(period))
    trading = await set_up(booked)
    assert trading.data.plan is not None
    assert asked == []


async def test_the_last_known_peak_counts_while_the_books_are_away_and_no_longer_than_its_month(
    booked: BookedHouse,
) -> None:
    house = booked
    await house.hass.async_add_executor_job(lambda: book(house, **EARLIER))
    await house.set_up()
    books = await house.open()
    file = Path(house.hass.config.path("nattery.db"))
    assert (await books.async_peak()).kw == pytest.approx(6.4)
    await house.hass.async_add_executor_job(file.write_bytes, b"no database" * 1000)
    assert await books.async_peak() == PeakImport(pytest.approx(6.4), booked=True)
    house.clock.move_to(berlin("2026-12-01 00:05"))
    assert (await books.async_peak()).booked is False
    await house.close(books)


async def charge(trading: TradingCoordinator) -> None:
    """Let the battery be charged from the grid."""
    await trading.async_set_automatic(on=True)
    await trading.async_change_overrides([OverrideRequest(ActionKind.CHARGE, berlin("12:00"), 3000)])


async def test_with_books_away_the_meter_knows_and_a_note_says_so(booked: BookedHouse) -> None:
    house = booked
    trading = await set_up(house, peak_price=8.0, ledger=AWAY)
    await charge(trading)
    await house.walk(berlin("11:17"))
    assert trading.recorder.error is not None
    await trading.async_replan()
    assert any("highest import of the month" in note for note in trading.note_sentences())
    (waiting,) = trading.recorder._state.pending
    peak = await trading.recorder.async_peak()
    assert peak == PeakImport(pytest.approx(4 * waiting.metered.energies.import_kwh), booked=False)
    assert peak.kw > 2


async def test_the_running_quarter_counts_as_far_as_it_has_come(booked: BookedHouse) -> None:
    trading = await set_up(booked, peak_price=8.0)
    await charge(trading)
    await booked.walk(berlin("11:10"))
    (running,) = trading.recorder._state.meter.open_interval
    assert running.coverage == pytest.approx(10 / 15, abs=0.05)
    peak = await trading.recorder.async_peak()
    assert peak == PeakImport(pytest.approx(4 * running.energies.import_kwh), booked=True)
    assert peak.kw > 1


# --- the quarter that has just ended


async def test_a_quarter_has_ended_when_its_time_is_over_whether_or_not_the_inverter_was_read_since(
    booked: BookedHouse,
) -> None:
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("11:14:50"))
    assert books.just_ended() == ()
    house.clock.move_to(berlin("11:15:01"))
    (metered,) = books.just_ended()
    assert metered.start == MORNING
    assert metered.coverage > 0.95
    await house.walk(berlin("11:46"))
    assert [one.start for one in books.just_ended()] == [berlin("11:15"), berlin("11:30")]
    await house.close(books)


# --- what today comes to, and what is said


def sensor(house: BookedHouse, key: str) -> State:
    entity_id = er.async_get(house.hass).async_get_entity_id("sensor", DOMAIN, f"{SUBENTRY}_{key}")
    assert entity_id
    state = house.hass.states.get(entity_id)
    assert state
    return state


async def test_what_is_expected_of_today_is_all_of_it(booked: BookedHouse) -> None:
    house = booked
    trading = await set_up(house)
    begun = sensor(house, "expected_cost_today")
    assert begun.attributes["so_far"] == begun.attributes["coverage"] == 0
    await house.walk(berlin("11:31"))
    await house.walk(timedelta(minutes=2))
    lines = await trading.recorder.async_read(berlin("00:00"), berlin("12:00"))
    assert len(lines) == 2
    rest = [slot for slot in trading.data.plan if slot.start >= berlin("11:30")]
    assert rest[-1].end == berlin("2026-11-21 00:00")
    cost = sensor(house, "expected_cost_today")
    booked_so_far = sum(line.money.cost + line.money.wear for line in lines if line.money)
    assert cost.attributes["so_far"] == pytest.approx(booked_so_far, abs=1e-4)
    assert cost.attributes["rest"] == pytest.approx(sum(slot.cost for slot in rest), abs=1e-4)
    assert float(cost.state) == pytest.approx(cost.attributes["so_far"] + cost.attributes["rest"], abs=2e-4)
    assert cost.attributes["coverage"] == pytest.approx(2 / 46, abs=0.001)
    saving = sensor(house, "expected_saving_today")
    report = trading.recorder.savings.today
    assert saving.attributes["so_far"] == pytest.approx(report.saved_over_self_consumption, abs=1e-4)
    assert float(saving.state) == pytest.approx(saving.attributes["so_far"] + saving.attributes["rest"], abs=2e-4)
    assert "so_far" not in sensor(house, "expected_cost_tomorrow").attributes


async def test_what_was_expected_of_a_quarter_is_booked_without_wear(booked: BookedHouse) -> None:
    trading = await set_up(booked)
    await trading.async_set_preferences(replace(trading.preferences, strategy="self_consumption"))
    await booked.walk(berlin("11:31"))
    _, second = await trading.recorder.async_read(berlin("11:00"), berlin("12:00"))
    assert second.expected == Expectation(
        cost=0,
        grid_kwh=0,
        soc=pytest.approx(second.expected.soc),
        action=ActionKind.SELF_CONSUME,
        power_kw=pytest.approx(second.expected.power_kw),
    )
    assert second.expected.power_kw < 0


async def test_with_books_away_the_rest_of_today_is_all_that_is_said(booked: BookedHouse) -> None:
    await set_up(booked, ledger=AWAY)
    cost = sensor(booked, "expected_cost_today")
    assert (cost.attributes["so_far"], cost.attributes["coverage"]) == (None, None)
    assert float(cost.state) == cost.attributes["rest"]


async def test_what_is_not_known_is_said_with_the_plan(booked: BookedHouse) -> None:
    house = booked
    await set_up(house)
    plan: Any = await house.hass.services.async_call(
        DOMAIN, "get_plan", {"config_entry_id": house.entry.entry_id}, blocking=True, return_response=True
    )
    assert plan["notes"] == sensor(house, "plan_made").attributes["notes"]
    said = "; ".join(plan["notes"])
    for words in (
        "Energy left at the end of the plan is valued at",
        "using 7 daily totals",
        "mean of the last 7 days",
        "recorder does not run",
    ):
        assert words in said
    assert "{" not in said


# --- what planning has brought lately


def book_days(house: BookedHouse, days: int, **energies: float) -> None:
    """Book equal quarter-hours of the last whole days."""
    ledger = Ledger(Path(house.hass.config.path("nattery.db")))
    first = MIDNIGHT - days * DAY
    ledger.write(SERIAL, [make_entry(moment(first + at), **energies) for at in range(days * DAY)])


async def test_planning_that_has_lost_for_two_weeks_is_careful_and_says_so(booked: BookedHouse) -> None:
    """The battery was charged from the grid all day; self-consumption would have left it alone."""
    house = booked
    await house.hass.async_add_executor_job(lambda: book_days(house, 15, import_kwh=0.5, load_kwh=0.2, charge_kwh=0.3))
    trading = await set_up(house)
    account = await trading.recorder.async_planning_account()
    assert account.is_careful
    assert account.saved < -10
    (note,) = [note for note in trading.note_sentences() if "planning cost" in note]
    assert note.startswith("In the last 14 days, planning cost ")
    assert " EUR more than plain self-consumption." in note


async def test_days_that_are_not_booked_make_nobody_careful(booked: BookedHouse) -> None:
    house = booked
    await house.hass.async_add_executor_job(lambda: book_days(house, 9, import_kwh=0.5, load_kwh=0.2, charge_kwh=0.3))
    trading = await set_up(house)
    account = await trading.recorder.async_planning_account()
    assert not account.is_careful
    assert account.coverage == pytest.approx(9 / 14, abs=0.01)
    file = Path(house.hass.config.path("nattery.db"))
    await house.hass.async_add_executor_job(file.write_bytes, b"no database" * 1000)
    assert await trading.recorder.async_planning_account() == PlanningAccount()
