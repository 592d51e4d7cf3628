"""Prices for the screen: the whole picture at once, and again whenever it changes."""

from datetime import datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from .market import PriceHouse

SUBSCRIBE = "nattery/prices/subscribe"


async def subscribe(client: MockHAClientWebSocket, house: PriceHouse) -> dict[str, Any]:
    """Subscribe, and give the first picture."""
    await client.send_json_auto_id({"type": SUBSCRIBE, "entry_id": house.entry.entry_id})
    answer = await client.receive_json()
    assert answer["success"], answer
    seen: dict[str, Any] = await picture(client)
    return seen


async def picture(client: MockHAClientWebSocket) -> Any:
    message = await client.receive_json()
    assert message["type"] == "event"
    return message["event"]


async def has_nothing_to_say(client: MockHAClientWebSocket) -> bool:
    """Messages keep their order: whatever was sent before is received before the answer to a ping."""
    await client.send_json_auto_id({"type": "ping"})
    return bool((await client.receive_json())["type"] == "pong")


async def test_the_picture(price_house: PriceHouse, hass_ws_client: WebSocketGenerator) -> None:
    await price_house.start(tariff={"import_rate": {"fee": 0.2}, "export_rate": {"fee": 0.1}})
    client = await hass_ws_client(price_house.hass)
    await price_house.at("13:05")
    seen = await subscribe(client, price_house)
    assert seen.keys() == {"now", "currency", "freshness", "known_until", "days", "slots"}
    assert datetime.fromisoformat(seen["now"]) == datetime.fromisoformat("2026-11-20T13:05:00+01:00")
    assert (seen["currency"], seen["freshness"]) == ("EUR", "fresh")
    assert seen["known_until"] == "2026-11-21T23:00:00+00:00"
    good = {"complete": True, "quality": "good", "sources": ["entsoe"], "reasons": []}
    assert seen["days"] == [{"day": "2026-11-20", **good}, {"day": "2026-11-21", **good}]
    assert len(seen["slots"]) == 192
    for slot in seen["slots"]:
        assert slot.keys() == {"start", "end", "spot", "import", "export", "level"}
        assert slot["import"] == pytest.approx(slot["spot"] + 0.2)
        assert slot["export"] == pytest.approx(slot["spot"] - 0.1)
    assert {slot["level"] for slot in seen["slots"]} >= {"very_cheap", "normal", "very_expensive"}


async def test_again_at_the_edge_of_a_slot_and_when_prices_come(
    price_house: PriceHouse, hass_ws_client: WebSocketGenerator
) -> None:
    await price_house.start()
    client = await hass_ws_client(price_house.hass)
    seen = await subscribe(client, price_house)
    assert len(seen["slots"]) == 96
    await price_house.at("09:14:59")
    assert await has_nothing_to_say(client)
    await price_house.at("09:15:00")
    assert (await picture(client))["now"].startswith("2026-11-20T08:15:00")
    assert await has_nothing_to_say(client)
    price_house.market.behaviour.mode = "revised:30"
    await price_house.act("refresh_prices")
    revised = await picture(client)
    assert revised["slots"][0]["spot"] == pytest.approx(seen["slots"][0]["spot"] + 0.03)


async def test_a_template_that_fails_gives_no_picture(
    price_house: PriceHouse, hass_ws_client: WebSocketGenerator
) -> None:
    await price_house.start(tariff={"import_rate": {"template": "{{ states('sensor.fee') | float }}"}})
    client = await hass_ws_client(price_house.hass)
    assert await subscribe(client, price_house) is None
    price_house.hass.states.async_set("sensor.fee", "0.3")
    await price_house.at("09:15")
    assert {slot["import"] for slot in (await picture(client))["slots"]} == {0.3}


async def test_a_reload_brings_other_prices(price_house: PriceHouse, hass_ws_client: WebSocketGenerator) -> None:
    """As when the tariff was changed: whoever looks sees that without looking away."""
    await price_house.start()
    client = await hass_ws_client(price_house.hass)
    before = await subscribe(client, price_house)
    (subentry,) = price_house.entry.subentries.values()
    changed = {**subentry.data, "tariff": {"import_rate": {"fee": 0.5}}}
    price_house.hass.config_entries.async_update_subentry(price_house.entry, subentry, data=changed)
    await price_house.settle()
    assert await picture(client) is None
    after = await picture(client)
    assert after["slots"][0]["import"] == pytest.approx(before["slots"][0]["import"] + 0.5)
    await price_house.at("09:15:00")
    assert (await picture(client))["now"].startswith("2026-11-20T08:15:00")
    assert await has_nothing_to_say(client)


async def test_unsubscribing_leaves_nothing(price_house: PriceHouse, hass_ws_client: WebSocketGenerator) -> None:
    await price_house.start()
    before = len(price_house.prices._listeners), len(price_house.entry._on_state_change or ())
    client = await hass_ws_client(price_house.hass)
    await subscribe(client, price_house)
    assert len(price_house.prices._listeners) == before[0] + 1
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    assert (len(price_house.prices._listeners), len(price_house.entry._on_state_change or ())) == before
    await price_house.at("09:15:00")
    assert await has_nothing_to_say(client)


async def test_hanging_up_leaves_nothing(price_house: PriceHouse, hass_ws_client: WebSocketGenerator) -> None:
    await price_house.start()
    before = len(price_house.prices._listeners)
    client = await hass_ws_client(price_house.hass)
    await subscribe(client, price_house)
    await client.close()
    await price_house.settle()
    assert len(price_house.prices._listeners) == before


async def test_not_found(price_house: PriceHouse, hass_ws_client: WebSocketGenerator) -> None:
    """No such entry, one of somebody else's, one without prices, one that is not loaded."""
    client = await hass_ws_client(price_house.hass)
    other = MockConfigEntry(domain="sun")
    other.add_to_hass(price_house.hass)
    ours = price_house.entry

    async def refused(entry_id: str) -> bool:
        await client.send_json_auto_id({"type": SUBSCRIBE, "entry_id": entry_id})
        return bool((await client.receive_json())["error"]["code"] == "not_found")

    assert await price_house.hass.config_entries.async_setup(ours.entry_id)
    assert await refused(ours.entry_id)
    await price_house.unload()
    await price_house.start()
    assert await refused("nonsense")
    assert await refused(other.entry_id)
    await price_house.unload()
    assert await refused(ours.entry_id)
