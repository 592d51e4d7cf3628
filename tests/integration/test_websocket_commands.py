"""Every websocket command with nonsense, and as administrator, user and viewer: one sentence each."""

import re
from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.nattery.action_helpers import refuse
from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.modbus.errors import NoResponseError
from custom_components.nattery.websocket.access import find_loaded_entry, require_steer
from custom_components.nattery.websocket.command import ENTRY, ENTRY_ID, QueryCommand
from custom_components.nattery.websocket.table import COMMANDS

from .books import BookedHouse
from .commands import connect, pending_events, send
from .test_ledger_actions import set_up
from .texts import INTEGRATION, TEXTS, placeholders_of

EVERYTHING = tuple(command.name for command in COMMANDS)
OF_AN_ENTRY = tuple(command.name for command in COMMANDS if command.fields)
MORE_FIELDS: dict[str, dict[str, Any]] = {"nattery/day": {"day": "2026-11-20"}}
ADMINISTRATION = {"nattery/registers/subscribe"}
STEERING = {"nattery/override", "nattery/resume"}
GROUPS = {"administrator": GROUP_ID_ADMIN, "user": GROUP_ID_USER, "viewer": GROUP_ID_READ_ONLY, "nobody": None}
NONSENSE: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "no entry": ({}, "invalid_format", "field_missing", "The field entry_id is missing."),
    "a number": ({"entry_id": 7}, "invalid_format", "field_not_allowed", "The field entry_id cannot be 7."),
    "null": ({"entry_id": None}, "invalid_format", "field_not_allowed", "The field entry_id cannot be None."),
    "a list": (
        {"entry_id": ["x" * 100]},
        "invalid_format",
        "field_not_allowed",
        f"The field entry_id cannot be {str(['x' * 100])[:60]}.",
    ),
    "another field": (
        {"entry_id": "x", "colour": "red"},
        "invalid_format",
        "field_unknown",
        "There is no field colour. Check its spelling.",
    ),
    "an unknown entry": ({"entry_id": "x"}, "not_found", "unknown_entry", "There is no such config entry."),
}


async def user_of(hass: HomeAssistant, name: str) -> User:
    """Return a user of one group, or of none."""
    group = GROUPS[name]
    return await hass.auth.async_create_user(name, group_ids=[group] if group else [])


def sentence(error: dict[str, Any]) -> str:
    """Return the sentence that the error's key and placeholders make; they must fit, and be those of the message."""
    text: str = TEXTS["exceptions"][error["translation_key"]]["message"]
    assert error["translation_domain"] == DOMAIN
    assert placeholders_of(text) <= error["translation_placeholders"].keys()
    filled = text.format(**error["translation_placeholders"])
    assert error["message"] == filled
    return filled


@pytest.mark.parametrize("who", ["administrator", "user", "viewer"])
async def test_nonsense_gets_one_sentence(
    hass: HomeAssistant, socket_enabled: None, hass_ws_client: WebSocketGenerator, who: str
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    client = await connect(hass, hass_ws_client, await user_of(hass, who))
    for name in OF_AN_ENTRY:
        for fields, code, key, text in NONSENSE.values():
            error = (await send(client, name, **MORE_FIELDS.get(name, {}), **fields))["error"]
            assert (error["code"], error["translation_key"], sentence(error)) == (code, key, text), name
    error = (await send(client, "nattery/site", entry_id="x"))["error"]
    assert error["translation_key"] == "field_unknown"


async def test_an_entry_of_another_integration(
    hass: HomeAssistant, socket_enabled: None, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    other = MockConfigEntry(domain="sun")
    other.add_to_hass(hass)
    client = await hass_ws_client(hass)
    for name in OF_AN_ENTRY:
        error = (await send(client, name, entry_id=other.entry_id, **MORE_FIELDS.get(name, {})))["error"]
        assert error["translation_key"] == "unknown_entry"


@pytest.mark.parametrize(
    ("who", "permitted"),
    [
        ("administrator", set(EVERYTHING)),
        ("user", set(EVERYTHING) - ADMINISTRATION),
        ("viewer", set(EVERYTHING) - ADMINISTRATION - STEERING),
        ("nobody", {"nattery/site"}),
    ],
)
async def test_who_may_what(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator, who: str, permitted: set[str]
) -> None:
    """And `nattery/site` says so beforehand."""
    house = await set_up(booked)
    client = await connect(house.hass, hass_ws_client, await user_of(house.hass, who))
    passed = set()
    for name in EVERYTHING:
        fields = {"entry_id": house.entry.entry_id} if name in OF_AN_ENTRY else {}
        answer = await send(client, name, **fields, **MORE_FIELDS.get(name, {}))
        if answer["success"]:
            passed.add(name)
        else:
            assert answer["error"]["code"] == "unauthorized"
            assert sentence(answer["error"]).startswith("You do not have permission")
    assert passed == permitted
    entries = (await send(client, "nattery/site"))["result"]["entries"]
    may = entries[0]["may"] if entries else {"see": False, "steer": False, "registers": False}
    assert may["see"] is ("nattery/plan/subscribe" in passed)
    assert may["registers"] is ("nattery/registers/subscribe" in passed)
    assert may["steer"] is (passed >= STEERING)


async def test_what_is_not_set_up(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    names = ("prices/subscribe", "plan/subscribe", "day", "backtest/start", "backtest/cancel", "backtest/subscribe")
    for name in map("nattery/{}".format, names):
        error = (await send(client, name, entry_id=house.entry_id, **MORE_FIELDS.get(name, {})))["error"]
        assert error["code"] == "not_found"
        assert sentence(error).startswith(house.title)


async def test_a_subscription_sends_null_while_the_entry_is_not_loaded(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    """It goes on after a reload; permission is checked again."""
    house = await set_up(booked)
    hass, entry_id = house.hass, house.entry.entry_id
    user = await user_of(hass, "administrator")
    names = [name for name in EVERYTHING if name.endswith("/subscribe")]
    clients = {name: await connect(hass, hass_ws_client, user) for name in names}
    for name, client in clients.items():
        assert (await send(client, name, entry_id=entry_id))["success"]
        assert (await client.receive_json())["event"] is not None
    assert await hass.config_entries.async_unload(entry_id)
    for name, client in clients.items():
        assert (await pending_events(client))[-1] is None, name
    late = await connect(hass, hass_ws_client, user)
    assert (await send(late, names[0], entry_id=entry_id))["success"]
    assert await pending_events(late) == [None]
    assert await hass.config_entries.async_setup(entry_id)
    await house.settle()
    for name, client in {**clients, "late": late}.items():
        (first, *_) = await pending_events(client)
        assert first is not None, name
    assert await hass.config_entries.async_unload(entry_id)
    await hass.auth.async_update_user(user, group_ids=[])
    assert await hass.config_entries.async_setup(entry_id)
    await house.settle()
    for name, client in clients.items():
        assert set(map(bool, await pending_events(client))) == {False}, name


async def test_the_last_subscriber_leaves_nothing_behind(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    house = await set_up(booked)
    watched = (*house.site.identified_device.coordinators, house.site.prices, house.site.trading)

    def listeners() -> list[int]:
        assert house.site.trading is not None
        return [
            *(len(one._listeners) for one in watched if one is not None),
            len(house.entry._on_state_change or ()),
            len(house.site.identified_device.registers._listeners),
            len(house.site.identified_device.inverter._write_listeners),
        ]

    before = listeners()
    first, second = await hass_ws_client(house.hass), await hass_ws_client(house.hass)
    names = [name for name in EVERYTHING if name.endswith("/subscribe")]

    async def subscribe_to_all(client: MockHAClientWebSocket) -> None:
        for name in names:
            assert (await send(client, name, entry_id=house.entry.entry_id))["success"]

    await subscribe_to_all(first)
    during = listeners()
    assert during > before
    await subscribe_to_all(second)
    assert listeners() == during, "subscribers share what is followed"
    await first.close()
    await house.settle()
    assert listeners() == during
    for number in range(1, len(names) + 1):
        assert (await send(second, "unsubscribe_events", subscription=number))["success"]
    assert listeners() == before


def test_every_command_is_documented() -> None:
    page = (INTEGRATION.parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^## (\S+)$", page, re.MULTILINE)) | set(re.findall(r"^- `(\S+)`", page, re.MULTILINE))
    assert documented >= set(EVERYTHING)


# --- what a handler may raise


class StrangeError(Exception):
    """An error that nobody expects."""


ERRORS: dict[str, tuple[Exception, str, str]] = {
    "validation": (refuse("no_slot", at="noon"), "not_allowed", "Nothing is planned for noon."),
    "permission": (Unauthorized(), "unauthorized", TEXTS["exceptions"]["not_permitted"]["message"]),
    "core": (NoResponseError("silence"), "home_assistant_error", TEXTS["exceptions"]["no_answer"]["message"]),
    "plain": (HomeAssistantError("It failed."), "home_assistant_error", "It failed."),
    "strange": (StrangeError("canary"), "home_assistant_error", TEXTS["exceptions"]["unexpected"]["message"]),
}


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("kind", ERRORS)
async def test_the_errors_of_a_handler(
    hass: HomeAssistant,
    socket_enabled: None,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    *,
    waits: bool,
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    raised, code, text = ERRORS[kind]

    def fail(*_: object) -> None:
        raise raised

    async def fail_later(*_: object) -> None:
        raise raised

    QueryCommand("nattery/failing", fail_later if waits else fail, fields={}).register(hass)
    error = (await send(await hass_ws_client(hass), "nattery/failing"))["error"]
    assert (error["code"], error["message"]) == (code, text)
    assert ("A websocket command failed" in caplog.text) is (kind == "strange")


async def test_an_answer_may_come_later(
    hass: HomeAssistant, socket_enabled: None, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})

    async def answer(_hass: HomeAssistant, _user: User, fields: dict[str, Any]) -> dict[str, Any]:
        return fields

    numbers = {vol.Required("nested"): [{vol.Required("power"): vol.All(vol.Coerce(int), vol.Range(min=1))}]}
    QueryCommand("nattery/late", answer, fields=numbers).register(hass)
    client = await hass_ws_client(hass)
    nested = [{"power": "5"}]
    assert (await send(client, "nattery/late", nested=nested))["result"] == {"nested": [{"power": 5}]}
    error = (await send(client, "nattery/late", nested=[*nested, {"power": 0}]))["error"]
    assert sentence(error) == "The field nested.1.power cannot be 0."
    error = (await send(client, "nattery/late", nested=[{}]))["error"]
    assert sentence(error) == "The field nested.0.power is missing."


async def test_a_query_about_an_entry_that_is_not_loaded(
    booked: BookedHouse, hass_ws_client: WebSocketGenerator
) -> None:
    house, hass = await set_up(booked), booked.hass

    def title(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> str:
        entry = find_loaded_entry(hass, fields[ENTRY_ID])
        require_steer(hass, user, entry)
        return entry.title

    QueryCommand("nattery/title", title, fields=ENTRY).register(hass)
    client = await connect(hass, hass_ws_client, await user_of(hass, "user"))
    viewer = await connect(hass, hass_ws_client, await user_of(hass, "viewer"))
    entry_id = house.entry.entry_id
    assert (await send(client, "nattery/title", entry_id=entry_id))["result"] == house.entry.title
    assert (await send(viewer, "nattery/title", entry_id=entry_id))["error"]["code"] == "unauthorized"
    assert await hass.config_entries.async_unload(entry_id)
    error = (await send(client, "nattery/title", entry_id=entry_id))["error"]
    assert (error["code"], error["translation_key"]) == ("not_found", "entry_not_loaded")
    assert sentence(error).startswith(f"{house.entry.title} is not running.")


def test_steering_needs_trading(hass: HomeAssistant, hass_admin_user: User) -> None:
    entry = MockConfigEntry(domain=DOMAIN, title="Home")
    entry.add_to_hass(hass)
    with pytest.raises(HomeAssistantError) as caught:
        require_steer(hass, hass_admin_user, entry)
    assert caught.value.translation_key == "no_trading"
    assert not isinstance(caught.value, ServiceValidationError)
