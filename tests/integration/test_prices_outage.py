"""Prices during an outage: known prices stay until they end, and fetches recover automatically."""

from datetime import timedelta
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.runtime import NatteryRuntime

from .elsewhere import market_price
from .market import PriceSetup

HOUR = timedelta(hours=1)


def log_messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return the integration's log messages about prices at a level or above."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= level and record.name.startswith("custom_components.nattery") and "rices" in record.msg
    ]


async def test_a_day_without_entsoe(price_setup: PriceSetup, caplog: pytest.LogCaptureFixture) -> None:
    """Prices until they end, then none, then recovery; one warning and one message of recovery."""
    await price_setup.start()
    await price_setup.advance_to("15:10")
    assert price_setup.value("price_freshness") == "fresh"
    caplog.clear()
    price_setup.market.behaviour.mode = "hang_up"
    await price_setup.step_to("2026-11-21 23:45", HOUR)
    assert float(price_setup.value("import_price")) == market_price(price_setup.prices.data.current["spot"].start)
    assert price_setup.value("price_freshness") == "stale"
    assert price_setup.value("price_status") == "outage"
    await price_setup.advance_to("2026-11-21 23:59:59")
    assert float(price_setup.value("import_price")) > 0
    await price_setup.advance_to("2026-11-22 00:00:00")
    assert price_setup.value("import_price") == "unknown"
    assert price_setup.value("price_freshness") == "none"
    await price_setup.step_to("2026-11-22 15:00", HOUR)
    assert price_setup.value("import_price") == "unknown"
    assert "no_prices" in price_setup.issues
    (warning,) = log_messages(caplog, logging.WARNING)
    assert warning.startswith("Prices of Inverter: 127.0.0.1 cannot be reached")

    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-22 15:30", timedelta(minutes=5))
    assert price_setup.value("price_freshness") == "fresh"
    assert float(price_setup.value("import_price")) == market_price(price_setup.prices.data.current["spot"].start)
    assert price_setup.value("price_status") == "ok"
    assert price_setup.issues == {}
    told = [record for record in caplog.records if "rices" in str(record.msg) and record.levelno >= logging.INFO]
    ours = [record for record in told if record.name.startswith("custom_components.nattery")]
    assert [(record.levelname, record.getMessage()) for record in ours] == [
        ("WARNING", warning),
        ("INFO", "Prices of Inverter: ENTSO-E answers again"),
    ]
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.fixture
async def stored_prices(price_setup: PriceSetup) -> PriceSetup:
    """Store today's prices and unload; then ENTSO-E fails and the inverter stops responding."""
    await price_setup.start()
    await price_setup.unload()
    price_setup.market.behaviour.mode = "hang_up"
    price_setup.market.queries.clear()
    return price_setup


def record_first_state(house: PriceSetup, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Record the state of prices just before the inverter is connected."""
    view: dict[str, Any] = {}
    meet = NatteryRuntime.async_connect

    async def watch(site: NatteryRuntime) -> None:
        view.update(price=house.state("import_price"), next=house.state("next_cheap_window"))
        view["asked"] = len(house.market.queries)
        await meet(site)

    monkeypatch.setattr(NatteryRuntime, "async_connect", watch)
    return view


@pytest.mark.parametrize("silent", [False, True], ids=["inverter", "silent inverter"])
async def test_stored_prices_need_no_network_and_no_inverter(
    stored_prices: PriceSetup, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, hasty: None, silent: bool
) -> None:
    if silent:
        await stored_prices.hass.async_add_executor_job(simulator.stop)
    view = record_first_state(stored_prices, monkeypatch)
    await stored_prices.start()
    price = view["price"]
    assert isinstance(price, State)
    assert float(price.state) == market_price(stored_prices.prices.data.current["spot"].start)
    assert len(price.attributes["raw_today"]) == 96
    assert view["next"].state not in {"unknown", "unavailable"}
    assert view["asked"] == 0, "what is known is shown before anybody is asked"
    assert stored_prices.entry.state is ConfigEntryState.LOADED
    assert stored_prices.value("price_freshness") == "expected"
    connected = stored_prices.hass.states.get("binary_sensor.inverter_connection")
    assert connected is not None
    assert connected.state == ("off" if silent else "on")


async def test_a_restart_during_an_outage_keeps_prices(
    price_setup: PriceSetup, hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    await price_setup.start()
    price_setup.market.behaviour.mode = "unavailable"
    await price_setup.step_to("2026-11-20 17:00", HOUR / 2)
    assert price_setup.value("price_status") == "outage"
    caplog.clear()
    assert await hass.config_entries.async_reload(price_setup.entry.entry_id)
    await price_setup.settle()
    assert float(price_setup.value("import_price")) == market_price(price_setup.prices.data.current["spot"].start)
    assert price_setup.value("price_freshness") == "late"
    assert price_setup.value("price_status") == "outage"
    await price_setup.step_to("2026-11-20 18:01", HOUR / 4)
    assert price_setup.issues.keys() == {"tomorrow_missing"}
    assert log_messages(caplog, logging.INFO) == [], "it has been told before"
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-20 18:45", timedelta(minutes=5))
    assert price_setup.value("price_freshness") == "fresh"
    assert log_messages(caplog, logging.INFO) == ["Prices of Inverter: ENTSO-E answers again"]
    assert price_setup.issues == {}
