"""The subscription to prices: the whole state at once, and again after every change."""

from datetime import datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from .market import PriceSetup

SUBSCRIBE = "nattery/prices/subscribe"


async def subscribe(client: MockHAClientWebSocket, house: PriceSetup) -> dict[str, Any]:
    """Subscribe, and return the first state."""
    await client.send_json_auto_id({"type": SUBSCRIBE, "entry_id": house.entry.entry_id})
    answer = await client.receive_json()
    assert answer["success"], answer
    seen: dict[str, Any] = await picture(client)
    return seen


async def picture(client: MockHAClientWebSocket) -> Any:
    message = await client.receive_json()
    assert message["type"] == "event"
    return message["event"]


async def has_no_message(client: MockHAClientWebSocket) -> bool:
    """Return whether no message is pending: messages keep their order, so all earlier ones precede the pong."""
    await client.send_json_auto_id({"type": "ping"})
    return bool((await client.receive_json())["type"] == "pong")


async def test_the_first_state(price_setup: PriceSetup, hass_ws_client: WebSocketGenerator) -> None:
    await price_setup.start(tariff={"import_rate": {"fee": 0.2}, "export_rate": {"fee": 0.1}})
    client = await hass_ws_client(price_setup.hass)
    await price_setup.advance_to("13:05")
    seen = await subscribe(client, price_setup)
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


async def test_updates_when_a_slot_begins_and_when_prices_arrive(
    price_setup: PriceSetup, hass_ws_client: WebSocketGenerator
) -> None:
    await price_setup.start()
    client = await hass_ws_client(price_setup.hass)
    seen = await subscribe(client, price_setup)
    assert len(seen["slots"]) == 96
    await price_setup.advance_to("09:14:59")
    assert await has_no_message(client)
    await price_setup.advance_to("09:15:00")
    assert (await picture(client))["now"].startswith("2026-11-20T08:15:00")
    assert await has_no_message(client)
    price_setup.market.behaviour.mode = "revised:30"
    await price_setup.call_action("refresh_prices")
    revised = await picture(client)
    assert revised["slots"][0]["spot"] == pytest.approx(seen["slots"][0]["spot"] + 0.03)


async def test_a_failing_template_gives_no_state(price_setup: PriceSetup, hass_ws_client: WebSocketGenerator) -> None:
    await price_setup.start(tariff={"import_rate": {"template": "{{ states('sensor.fee') | float }}"}})
    client = await hass_ws_client(price_setup.hass)
    assert await subscribe(client, price_setup) is None
    price_setup.hass.states.async_set("sensor.fee", "0.3")
    await price_setup.advance_to("09:15")
    assert {slot["import"] for slot in (await picture(client))["slots"]} == {0.3}


async def test_a_reload_sends_the_new_prices(price_setup: PriceSetup, hass_ws_client: WebSocketGenerator) -> None:
    """After a change of the tariff, for example, subscribers get the new prices."""
    await price_setup.start()
    client = await hass_ws_client(price_setup.hass)
    before = await subscribe(client, price_setup)
    (subentry,) = price_setup.entry.subentries.values()
    changed = {**subentry.data, "tariff": {"import_rate": {"fee": 0.5}}}
    price_setup.hass.config_entries.async_update_subentry(price_setup.entry, subentry, data=changed)
    await price_setup.settle()
    assert await picture(client) is None
    after = await picture(client)
    assert after["slots"][0]["import"] == pytest.approx(before["slots"][0]["import"] + 0.5)
    await price_setup.advance_to("09:15:00")
    assert (await picture(client))["now"].startswith("2026-11-20T08:15:00")
    assert await has_no_message(client)


async def test_unsubscribing_leaves_no_listener(price_setup: PriceSetup, hass_ws_client: WebSocketGenerator) -> None:
    await price_setup.start()
    before = len(price_setup.prices._listeners), len(price_setup.entry._on_state_change or ())
    client = await hass_ws_client(price_setup.hass)
    await subscribe(client, price_setup)
    assert len(price_setup.prices._listeners) == before[0] + 1
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    assert (len(price_setup.prices._listeners), len(price_setup.entry._on_state_change or ())) == before
    await price_setup.advance_to("09:15:00")
    assert await has_no_message(client)


async def test_disconnecting_leaves_no_listener(price_setup: PriceSetup, hass_ws_client: WebSocketGenerator) -> None:
    await price_setup.start()
    before = len(price_setup.prices._listeners)
    client = await hass_ws_client(price_setup.hass)
    await subscribe(client, price_setup)
    await client.close()
    await price_setup.settle()
    assert len(price_setup.prices._listeners) == before


async def test_not_found(price_setup: PriceSetup, hass_ws_client: WebSocketGenerator) -> None:
    """No such config entry, one of another integration, one without prices."""
    client = await hass_ws_client(price_setup.hass)
    other = MockConfigEntry(domain="sun")
    other.add_to_hass(price_setup.hass)
    ours = price_setup.entry

    async def is_refused(entry_id: str) -> bool:
        await client.send_json_auto_id({"type": SUBSCRIBE, "entry_id": entry_id})
        return bool((await client.receive_json())["error"]["code"] == "not_found")

    assert await price_setup.hass.config_entries.async_setup(ours.entry_id)
    assert await is_refused(ours.entry_id)
    await price_setup.unload()
    await price_setup.start()
    assert await is_refused("nonsense")
    assert await is_refused(other.entry_id)


async def test_a_subscription_waits_for_an_entry_to_be_loaded(
    price_setup: PriceSetup, hass_ws_client: WebSocketGenerator
) -> None:
    await price_setup.start()
    await price_setup.unload()
    client = await hass_ws_client(price_setup.hass)
    assert await subscribe(client, price_setup) is None
    await price_setup.start()
    assert len((await picture(client))["slots"]) == 96
