"""Notifications about failures of prices, and their limits."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from homeassistant.core import ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.nattery.core.market import fetcher

from .market import PriceSetup

SETTINGS: dict[str, Any] = {"notify": ["notify.phone"]}


@pytest.fixture
def sent(price_setup: PriceSetup) -> list[ServiceCall]:
    return async_mock_service(price_setup.hass, "notify", "send_message")


def messages(sent: list[ServiceCall]) -> list[str]:
    assert all(call.data["entity_id"] == ["notify.phone"] for call in sent)
    return [call.data["message"] for call in sent]


async def test_failures_and_recovery(price_setup: PriceSetup, sent: list[ServiceCall]) -> None:
    price_setup.market.behaviour.mode = "unavailable"
    await price_setup.start(**SETTINGS)
    await price_setup.step_to("2026-11-20 11:00", timedelta(minutes=5))
    assert messages(sent) == ["Electricity prices of Inverter: ENTSO-E has failed 3 times in a row."]
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-20 11:30", timedelta(minutes=5))
    assert messages(sent)[1:] == ["Electricity prices of Inverter: ENTSO-E is working again."]


async def test_one_failure_is_not_notified(price_setup: PriceSetup, sent: list[ServiceCall]) -> None:
    price_setup.market.behaviour.next_modes = ["unavailable"]
    await price_setup.start(**SETTINGS)
    await price_setup.step_to("2026-11-20 09:30", timedelta(minutes=5))
    assert price_setup.value("price_status") == "ok"
    assert sent == []


async def test_a_rejected_token(price_setup: PriceSetup, sent: list[ServiceCall]) -> None:
    price_setup.market.behaviour.mode = "unauthorized"
    await price_setup.start(**SETTINGS)
    await price_setup.step_to("2026-11-20 09:30", timedelta(minutes=5))
    assert len(messages(sent)) == 1


async def test_slow_fetches_are_notified_once_a_day(
    price_setup: PriceSetup, sent: list[ServiceCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patch the fetcher's clock, because time is frozen here."""
    ticks = iter(range(0, 100_000, 100))
    monkeypatch.setattr(fetcher, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    await price_setup.start(**SETTINGS, slow=90)
    assert messages(sent) == ["Electricity prices of Inverter: ENTSO-E took 100 s to respond, more than 90 s."]
    assert price_setup.value("price_latency") == "100"
    await price_setup.call_action("refresh_prices")
    assert len(sent) == 1
    await price_setup.advance_to("2026-11-21 12:58")
    assert len(sent) == 2


async def test_without_notify_entities_nothing_is_sent(price_setup: PriceSetup, sent: list[ServiceCall]) -> None:
    price_setup.market.behaviour.mode = "unavailable"
    await price_setup.start()
    await price_setup.step_to("2026-11-20 10:00", timedelta(minutes=5))
    assert sent == []


async def test_a_failing_notification_does_not_stop_fetches(
    price_setup: PriceSetup, caplog: pytest.LogCaptureFixture
) -> None:
    price_setup.market.behaviour.mode = "unavailable"
    await price_setup.start(**SETTINGS)
    await price_setup.step_to("2026-11-20 10:00", timedelta(minutes=5))
    assert "Could not send a notification about prices" in caplog.text
    price_setup.market.behaviour.mode = "ok"
    await price_setup.step_to("2026-11-20 10:30", timedelta(minutes=5))
    assert price_setup.value("price_freshness") == "expected"
