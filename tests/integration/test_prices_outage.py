"""Without a network: what is known stays until it ends, and comes back by itself."""

from datetime import timedelta
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.runtime import NatteryRuntime

from .elsewhere import market_price
from .market import PriceHouse

HOUR = timedelta(hours=1)


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """What the integration has logged at a level or above about prices."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= level and record.name.startswith("custom_components.nattery") and "rices" in record.msg
    ]


async def test_a_day_without_entsoe(price_house: PriceHouse, caplog: pytest.LogCaptureFixture) -> None:
    """The brief's numbers: prices until they end, then none, then recovery; one warning, one line of recovery."""
    await price_house.start()
    await price_house.at("15:10")
    assert price_house.value("price_freshness") == "fresh"
    caplog.clear()
    price_house.market.behaviour.mode = "hang_up"
    await price_house.walk("2026-11-21 23:45", HOUR)
    assert float(price_house.value("import_price")) == market_price(price_house.prices.data.current["spot"].start)
    assert price_house.value("price_freshness") == "stale"
    assert price_house.value("price_status") == "outage"
    await price_house.at("2026-11-21 23:59:59")
    assert float(price_house.value("import_price")) > 0
    await price_house.at("2026-11-22 00:00:00")
    assert price_house.value("import_price") == "unknown"
    assert price_house.value("price_freshness") == "none"
    await price_house.walk("2026-11-22 15:00", HOUR)
    assert price_house.value("import_price") == "unknown"
    assert "no_prices" in price_house.issues
    (warning,) = lines(caplog, logging.WARNING)
    assert warning.startswith("Prices of Inverter: 127.0.0.1 cannot be reached")

    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-22 15:30", timedelta(minutes=5))
    assert price_house.value("price_freshness") == "fresh"
    assert float(price_house.value("import_price")) == market_price(price_house.prices.data.current["spot"].start)
    assert price_house.value("price_status") == "ok"
    assert price_house.issues == {}
    told = [record for record in caplog.records if "rices" in str(record.msg) and record.levelno >= logging.INFO]
    ours = [record for record in told if record.name.startswith("custom_components.nattery")]
    assert [(record.levelname, record.getMessage()) for record in ours] == [
        ("WARNING", warning),
        ("INFO", "Prices of Inverter: ENTSO-E answers again"),
    ]
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.fixture
async def warm(price_house: PriceHouse) -> PriceHouse:
    """A house that knows today's prices, shut down; then the network goes, and the inverter falls silent."""
    await price_house.start()
    await price_house.unload()
    price_house.market.behaviour.mode = "hang_up"
    price_house.market.queries.clear()
    return price_house


def first_view(house: PriceHouse, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What there is of prices in the moment before the inverter is met, once the house has started."""
    view: dict[str, Any] = {}
    meet = NatteryRuntime.async_connect

    async def watch(site: NatteryRuntime) -> None:
        view.update(price=house.state("import_price"), next=house.state("next_cheap_window"))
        view["asked"] = len(house.market.queries)
        await meet(site)

    monkeypatch.setattr(NatteryRuntime, "async_meet", watch)
    return view


@pytest.mark.parametrize("silent", [False, True], ids=["inverter", "silent inverter"])
async def test_a_warm_book_needs_no_network_and_no_inverter(
    warm: PriceHouse, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, hasty: None, silent: bool
) -> None:
    if silent:
        await warm.hass.async_add_executor_job(simulator.stop)
    view = first_view(warm, monkeypatch)
    await warm.start()
    price = view["price"]
    assert isinstance(price, State)
    assert float(price.state) == market_price(warm.prices.data.current["spot"].start)
    assert len(price.attributes["raw_today"]) == 96
    assert view["next"].state not in {"unknown", "unavailable"}
    assert view["asked"] == 0, "what is known is shown before anybody is asked"
    assert warm.entry.state is ConfigEntryState.LOADED
    assert warm.value("price_freshness") == "expected"
    connected = warm.hass.states.get("binary_sensor.inverter_connection")
    assert connected is not None
    assert connected.state == ("off" if silent else "on")


async def test_a_restart_in_the_middle_of_an_outage_keeps_prices(
    price_house: PriceHouse, hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    await price_house.start()
    price_house.market.behaviour.mode = "unavailable"
    await price_house.walk("2026-11-20 17:00", HOUR / 2)
    assert price_house.value("price_status") == "outage"
    caplog.clear()
    assert await hass.config_entries.async_reload(price_house.entry.entry_id)
    await price_house.settle()
    assert float(price_house.value("import_price")) == market_price(price_house.prices.data.current["spot"].start)
    assert price_house.value("price_freshness") == "late"
    assert price_house.value("price_status") == "outage"
    await price_house.walk("2026-11-20 18:01", HOUR / 4)
    assert price_house.issues.keys() == {"tomorrow_missing"}
    assert lines(caplog, logging.INFO) == [], "it has been told before"
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-20 18:45", timedelta(minutes=5))
    assert price_house.value("price_freshness") == "fresh"
    assert lines(caplog, logging.INFO) == ["Prices of Inverter: ENTSO-E answers again"]
    assert price_house.issues == {}
