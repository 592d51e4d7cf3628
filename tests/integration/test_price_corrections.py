"""Prices that are corrected after they were booked: the lines follow the market, and no new tariff."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from custom_components.nattery.core.ledger.entry import QUARTER, LedgerEntry
from custom_components.nattery.core.ledger.ledger import Ledger
from custom_components.nattery.core.market.prices import PriceSeries, PriceSlot
from custom_components.nattery.core.market.quality import ENTSOE
from custom_components.nattery.prices.settings import price_subentry
from custom_components.nattery.trading.ledger_recorder import LedgerRecorder
from scripts.entsoe_standin.server import StandIn

from .books import FEE, TARIFF, BookedHouse, berlin, starts

NOON = berlin("12:00")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For how many quarter-hours the ledger was asked for other prices than the market's, each time."""
    seen: list[int] = []
    look = Ledger.mispriced

    def mispriced(ledger: Ledger, site: str, currency: str, spots: dict[datetime, float]) -> tuple[LedgerEntry, ...]:
        seen.append(len(spots))
        return look(ledger, site, currency, spots)

    monkeypatch.setattr(Ledger, "mispriced", mispriced)
    return seen


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """When the lines begin that are written, each time."""
    seen: list[list[str]] = []
    write = Ledger.write

    def counted(ledger: Ledger, site: str, quarters: list[LedgerEntry]) -> None:
        seen.append(starts(tuple(quarters)))
        write(ledger, site, quarters)

    monkeypatch.setattr(Ledger, "write", counted)
    return seen


def says(house: BookedHouse, price: Callable[[PriceSlot], float], source: str = ENTSOE) -> None:
    """Let a source say something about today, which the house hears at once."""
    prices = house.site.prices
    begin = berlin("00:00")
    here = {slot.start: slot for slot in prices.pricer.book.day(berlin("11:00").date()).slots}
    blank = (PriceSlot(begin + n * QUARTER, begin + (n + 1) * QUARTER, 0.1 + n / 1000) for n in range(96))
    slots = tuple(PriceSlot(one.start, one.end, price(here.get(one.start, one))) for one in blank)
    prices.pricer.book.add(PriceSeries("DE_LU", "EUR", QUARTER, slots, source, berlin("11:31")))
    prices.async_update_snapshot()


async def lines_of(books: LedgerRecorder) -> tuple[LedgerEntry, ...]:
    return await books.async_read(berlin("11:00"), NOON)


async def test_a_corrected_price_is_booked_and_nothing_else(
    booked: BookedHouse, asked: list[int], written: list[list[str]]
) -> None:
    house = await booked.set_up()
    books = await house.open()
    assert asked == [192], "yesterday and today, which the price book has, once at the start"
    await house.walk(berlin("11:46"))
    assert asked == [192], "a new slot and a new quarter-hour are no news"
    before = await lines_of(books)
    savings = books.savings.today.money

    written.clear()
    corrected = berlin("11:15")
    says(house, lambda slot: slot.price + 0.05 * (slot.start == corrected))
    await house.settle()
    assert asked == [192, 96]
    assert written == [["11:15"]]
    after = await lines_of(books)
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1].prices.spot_price == pytest.approx(before[1].prices.spot_price + 0.05)
    assert after[1].prices.import_price == pytest.approx(after[1].prices.spot_price + FEE)
    grid, dearer = before[1].energies, after[1].money.cost - before[1].money.cost
    assert dearer == pytest.approx(0.05 * (grid.import_kwh - grid.export_kwh), abs=5e-4)  # kept in Wh
    residual = grid.load_kwh - grid.pv_kwh
    assert after[1].money.no_battery - before[1].money.no_battery == pytest.approx(0.05 * residual, abs=5e-4)
    assert after[1].money.wear == before[1].money.wear
    assert after[1].baseline == before[1].baseline
    assert books.savings.today.money.cost == pytest.approx(savings.cost + dearer, abs=2e-6)

    house.site.prices.async_update_snapshot()
    await house.settle()
    assert asked == [192, 96], "the same prices again are no news"
    await house.close(books)


async def test_entso_e_takes_the_place_of_another_source(booked: BookedHouse, market: StandIn) -> None:
    market.behaviour.mode = "not_published"
    house = await booked.set_up()
    says(house, lambda slot: slot.price, "energy_charts")
    books = await house.open()
    await house.walk(berlin("11:31"))
    first = await lines_of(books)
    assert [line.prices.spot_price for line in first] == [pytest.approx(0.144), pytest.approx(0.145)]

    market.behaviour.mode = "ok"
    await house.site.prices.async_fetch(forced=True)
    await house.settle()
    second = await lines_of(books)
    spots = house.site.prices.pricer.book.day(berlin("11:00").date())
    assert spots.sources == (ENTSOE,)
    assert [line.prices.spot_price for line in second] == [slot.price for slot in spots.slots[44:46]]
    assert all(a.money.no_battery != b.money.no_battery for a, b in zip(first, second, strict=True))
    await house.close(books)


async def test_a_correction_that_came_while_nobody_kept_the_books(booked: BookedHouse) -> None:
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("11:16"))
    (before,) = await lines_of(books)
    await house.close(books)
    says(house, lambda slot: slot.price + 0.05)
    books = await house.open()
    (after,) = await lines_of(books)
    assert after.prices.spot_price == pytest.approx(before.prices.spot_price + 0.05)
    await house.close(books)


async def test_a_correction_while_the_database_is_away(booked: BookedHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("11:16"))
    (before,) = await lines_of(books)
    place, books._database._place, books._database._ledger = books._database._place, "not an address", None
    says(house, lambda slot: slot.price + 0.05)
    await house.settle()
    assert books.error.kind == "wrong_url"
    books._database._place = place
    await house.walk(timedelta(minutes=1))
    assert books.error is None
    (after,) = await lines_of(books)
    assert after.prices.spot_price == pytest.approx(before.prices.spot_price + 0.05)
    await house.close(books)


async def test_a_new_tariff_holds_from_when_it_is_set(booked: BookedHouse, written: list[list[str]]) -> None:
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("11:16"))
    (before,) = await lines_of(books)
    await house.close(books)
    prices = price_subentry(house.entry)
    data = {**prices.data, "tariff": {"import_rate": {"fee": 0.5}}}
    house.hass.config_entries.async_update_subentry(house.entry, prices, data=data)
    await house.settle()

    written.clear()
    books = await house.open()
    await house.walk(berlin("11:31"))
    first, second = await lines_of(books)
    assert first == before
    assert written == [["11:15"]]
    assert second.prices.import_price == pytest.approx(second.prices.spot_price + 0.5)

    says(house, lambda slot: slot.price + 0.05 * (slot.start == first.start))
    await house.settle()
    corrected, untouched = await lines_of(books)
    assert corrected.prices.import_price == pytest.approx(first.prices.spot_price + 0.05 + 0.5)
    assert untouched == second
    await house.close(books)


async def test_a_template_that_failed(booked: BookedHouse, asked: list[int]) -> None:
    prices = price_subentry(booked.entry)
    template = "{{ spot + states('input_number.fee') | float }}"
    data = {**prices.data, "tariff": {**TARIFF, "import_rate": {"template": template}}}
    booked.hass.config_entries.async_update_subentry(booked.entry, prices, data=data)
    house = await booked.set_up()
    books = await house.open()
    await house.walk(berlin("11:31"))
    assert [line.prices for line in await lines_of(books)] == [None, None]

    house.hass.states.async_set("input_number.fee", "0.3")
    await house.walk(berlin("11:46"))
    lines = await lines_of(books)
    assert [line.prices.import_price for line in lines] == [
        pytest.approx(line.prices.spot_price + 0.3) for line in lines
    ]
    looked = len(asked)
    await house.walk(NOON + timedelta(minutes=1))
    assert len(asked) == looked, "all is priced, and nothing is looked for any more"
    await house.close(books)
