"""The blueprint that reports tomorrow's prices."""

from typing import Any

from homeassistant.core import ServiceCall
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_service,
)

from custom_components.nattery.core.market.events import PriceEvent, PriceEventKind

from .automated_home import AutomatedHome, between, slots_of


async def tell(keeper: AutomatedHome, **inputs: Any) -> list[ServiceCall]:
    """The automation with its usual inputs; the answer fills with what is sent."""
    sent = async_mock_service(keeper.hass, "notify", "send_message")
    await keeper.automate("tomorrow_prices", **{"news": keeper.news, "notify": ["notify.phone"]} | inputs)
    return sent


async def test_tomorrows_prices_are_told_once_when_they_come(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("12:40")
    sent = await tell(keeper)
    await keeper.go("2026-11-20 12:45")
    assert not sent
    await keeper.go("2026-11-20 13:45")
    (summary,) = (news["summary"] for news in keeper.house.fired_events if news["day"] == "2026-11-21")
    (call,) = sent
    assert call.data["entity_id"] == ["notify.phone"]
    assert call.data["title"] == "Electricity prices for tomorrow"
    assert call.data["message"].lower() == summary.lower()
    assert call.data["message"].startswith("Cheapest from ")
    for day in ("2026-11-20", "2026-11-21", "2026-11-21"):
        for listener in keeper.house.prices._event_listeners:
            listener(PriceEvent(PriceEventKind.PUBLISHED, {"day": day, "source": "entsoe", "summary": "again"}))
        keeper.house.clock.tick(60)
        await keeper.settle()
    assert len(sent) == 1
    await keeper.go("2026-11-21 14:00")
    assert len(sent) == 2, "the next day is told as well"


async def test_prices_of_today_are_not_told(keeper: AutomatedHome) -> None:
    """As they come first where Home Assistant was off at noon and midnight."""
    keeper.house.market.behaviour.mode = "unavailable"
    await keeper.house.start()
    sent = await tell(keeper)
    keeper.house.market.behaviour.mode = "ok"
    await keeper.go("2026-11-20 11:00")
    assert "2026-11-20" in [news.get("day") for news in keeper.house.fired_events]
    assert not sent


async def test_prices_are_told_at_their_hour(keeper: AutomatedHome) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("12:40")
    sent = await tell(keeper, earliest="18:00:00")
    await keeper.go("2026-11-20 17:45")
    assert not sent
    async with keeper.restarted("2026-11-20 17:50") as again:
        sent = async_mock_service(again.hass, "notify", "send_message")
        await again.turn()
        assert not sent
        await again.go("2026-11-20 18:00")
        assert [call.data["message"][:8] for call in sent] == ["Cheapest"]
        async with again.restarted("2026-11-20 18:30") as third:
            sent = async_mock_service(third.hass, "notify", "send_message")
            await third.go("2026-11-20 19:00")
            assert not sent


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"spread_limit": 0.01}, True),
        ({"spread_limit": 5}, False),
        ({"lowest_limit": 5}, True),
        ({"lowest_limit": -5}, False),
        ({"lowest_limit": -5, "spread_limit": 0.01}, True),
    ],
)
async def test_only_prices_beyond_a_limit_are_told(keeper: AutomatedHome, limits: dict[str, float], told: bool) -> None:
    await keeper.house.start()
    await keeper.house.advance_to("12:40")
    acted = async_mock_service(keeper.hass, "test", "acted")
    figures = {"lowest": "{{ lowest }}", "highest": "{{ highest }}", "spread": "{{ spread }}"}
    sent = await tell(keeper, notify=[], actions=[{"action": "test.acted", "data": figures}], **limits)
    await keeper.go("2026-11-20 13:45")
    assert not sent
    prices = [value for _, value in between(slots_of(keeper), "2026-11-21 00:00", "2026-11-22 00:00")]
    assert len(prices) == 96
    wanted = {"lowest": min(prices), "highest": max(prices), "spread": round(max(prices) - min(prices), 6)}
    assert [call.data for call in acted] == [wanted] * told
