"""Those who want to be told of trouble with prices are told, and not more often than they need."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from homeassistant.core import ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.nattery.core.market import fetcher

from .market import PriceHouse

SETTINGS: dict[str, Any] = {"notify": ["notify.phone"]}


@pytest.fixture
def sent(price_house: PriceHouse) -> list[ServiceCall]:
    return async_mock_service(price_house.hass, "notify", "send_message")


def messages(sent: list[ServiceCall]) -> list[str]:
    assert all(call.data["entity_id"] == ["notify.phone"] for call in sent)
    return [call.data["message"] for call in sent]


async def test_failures_and_recovery(price_house: PriceHouse, sent: list[ServiceCall]) -> None:
    price_house.market.behaviour.mode = "unavailable"
    await price_house.start(**SETTINGS)
    await price_house.walk("2026-11-20 11:00", timedelta(minutes=5))
    assert messages(sent) == ["Electricity prices of Inverter: ENTSO-E has failed 3 times in a row."]
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-20 11:30", timedelta(minutes=5))
    assert messages(sent)[1:] == ["Electricity prices of Inverter: ENTSO-E is working again."]


async def test_one_failure_is_weather(price_house: PriceHouse, sent: list[ServiceCall]) -> None:
    price_house.market.behaviour.plan = ["unavailable"]
    await price_house.start(**SETTINGS)
    await price_house.walk("2026-11-20 09:30", timedelta(minutes=5))
    assert price_house.value("price_status") == "ok"
    assert sent == []


async def test_a_refused_token(price_house: PriceHouse, sent: list[ServiceCall]) -> None:
    price_house.market.behaviour.mode = "unauthorized"
    await price_house.start(**SETTINGS)
    await price_house.walk("2026-11-20 09:30", timedelta(minutes=5))
    assert len(messages(sent)) == 1


async def test_slow_answers_once_a_day(
    price_house: PriceHouse, sent: list[ServiceCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is what the desk's clock says it was, since here it stands still."""
    ticks = iter(range(0, 100_000, 100))
    monkeypatch.setattr(fetcher, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    await price_house.start(**SETTINGS, slow=90)
    assert messages(sent) == ["Electricity prices of Inverter: ENTSO-E took 100 s to respond, more than 90 s."]
    assert price_house.value("price_latency") == "100"
    await price_house.act("refresh_prices")
    assert len(sent) == 1
    await price_house.at("2026-11-21 12:58")
    assert len(sent) == 2


async def test_nobody_wants_to_be_told(price_house: PriceHouse, sent: list[ServiceCall]) -> None:
    price_house.market.behaviour.mode = "unavailable"
    await price_house.start()
    await price_house.walk("2026-11-20 10:00", timedelta(minutes=5))
    assert sent == []


async def test_whoever_cannot_be_told_does_not_keep_prices_away(
    price_house: PriceHouse, caplog: pytest.LogCaptureFixture
) -> None:
    price_house.market.behaviour.mode = "unavailable"
    await price_house.start(**SETTINGS)
    await price_house.walk("2026-11-20 10:00", timedelta(minutes=5))
    assert "Nobody could be notified about prices" in caplog.text
    price_house.market.behaviour.mode = "ok"
    await price_house.walk("2026-11-20 10:30", timedelta(minutes=5))
    assert price_house.value("price_freshness") == "expected"
