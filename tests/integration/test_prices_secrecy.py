"""The token is in the subentry's data and nowhere else, whatever the server does."""

from datetime import timedelta
import json
import logging
from typing import Any
from urllib.parse import quote

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.nattery.websocket.table import COMMANDS

from .commands import pending_events, send
from .market import CANARY, PriceSetup, price_data

SHAPES = (CANARY, quote(CANARY), quote(CANARY, safe=""), json.dumps(CANARY)[1:-1], CANARY.encode().hex())
MODES = ("ok", "unauthorized", "refused", "html", "cut", "unavailable", "hang_up")


def without_token(data: object) -> bool:
    """Return whether the data contains no token in any encoding."""
    texts = (str(data), repr(data), json.dumps(data, default=repr))
    return not any(shape in text for shape in SHAPES for text in texts)


def test_the_search_finds_a_token() -> None:
    for step_content in (
        CANARY,
        [{"deep": {"down": f"?securityToken={quote(CANARY, safe='')}&a=b"}}],
        ValueError(CANARY),
    ):
        assert not without_token(step_content)
    assert without_token({"token": "**REDACTED**"})


class EventRecorder:
    """Records all events of Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.events: list[object] = []
        hass.bus.async_listen(MATCH_ALL, self._record)

    @callback
    def _record(self, event: Event[Any]) -> None:
        self.events.append(event.as_dict())


async def visible_data(house: PriceSetup, hass_client: ClientSessionGenerator) -> list[object]:
    """Return the current states, repair issues, diagnostics and flows."""
    hass = house.hass
    issues = [
        issue.__dict__ if hasattr(issue, "__dict__") else str(issue) for issue in ir.async_get(hass).issues.values()
    ]
    dialogues = [*hass.config_entries.flow.async_progress(), *hass.config_entries.subentries.async_progress()]
    return [
        [state.as_dict() for state in hass.states.async_all()],
        [str(issue) for issue in issues],
        await get_diagnostics_for_config_entry(hass, hass_client, house.entry),
        [{key: str(value) for key, value in dialogue.items()} for dialogue in dialogues],
    ]


def step_content(result: Any) -> object:
    """Return what a step of a flow shows: texts, errors, placeholders and field values."""
    fields = getattr(result.get("data_schema"), "schema", {})
    defaults = [default() for field in fields if callable(default := getattr(field, "default", None))]
    descriptions = [str(getattr(field, "description", None)) for field in fields]
    return [{key: str(value) for key, value in result.items()}, str(defaults), descriptions]


async def flow_results(house: PriceSetup) -> list[object]:
    """Return the results of every step of changing the connection."""
    flows = house.hass.config_entries.subentries
    (subentry,) = house.entry.subentries
    context = {"source": SOURCE_RECONFIGURE, "subentry_id": subentry}
    results: list[Any] = [await flows.async_init((house.entry.entry_id, "prices"), context=context)]
    flow_id = results[0]["flow_id"]
    results.append(await flows.async_configure(flow_id, {"next_step_id": "change_connection"}))
    more = {"url": house.market.url, "timeout": 30}
    results.append(await flows.async_configure(flow_id, {"area": "DE_LU", "token": CANARY, "more": more}))
    await house.hass.async_block_till_done()
    results.append(await flows.async_configure(flow_id))
    data = [step_content(result) for result in results]
    if any(flow["flow_id"] == flow_id for flow in flows.async_progress()):
        flows.async_abort(flow_id)
    await house.settle()
    return data


@pytest.mark.parametrize("mode", MODES)
async def test_the_token_is_never_exposed(
    price_setup: PriceSetup,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    mode: str,
) -> None:
    hass = price_setup.hass
    for name in ("", "custom_components.nattery", "urllib3", "requests", "entsoe", "aiohttp", "homeassistant"):
        caplog.set_level(logging.DEBUG, name)
    await async_setup_component(hass, "diagnostics", {})
    listener = EventRecorder(hass)
    await price_setup.start()
    client = await hass_ws_client(hass)
    data: list[object] = []
    for command in COMMANDS:
        fields = {"entry_id": price_setup.entry.entry_id} if command.fields else {}
        data.append(await send(client, command.name, **fields))

    price_setup.market.behaviour.mode = mode
    for _ in range(3):
        try:
            data.append(await price_setup.call_action("refresh_prices"))
        except HomeAssistantError as error:
            data += [error, error.__cause__, error.__context__, error.translation_placeholders]
        await price_setup.settle()
    await price_setup.advance_to(dt_util.utcnow() + timedelta(seconds=6))  # health waits between two events
    data += await pending_events(client)
    data.append(await send(client, "config_entries/get", domain="nattery"))
    data += await visible_data(price_setup, hass_client)
    data += await flow_results(price_setup)
    data += await visible_data(price_setup, hass_client)
    data += await pending_events(client)
    assert any(isinstance(event, dict) and event.get("fetches") for event in data), "health is among it"
    await price_setup.unload()

    assert len(price_setup.market.queries) >= 5
    assert price_setup.market.queries[-1]["securityToken"] == CANARY, "the server was told"
    for one in (*data, *listener.events):
        assert without_token(one), one
    for record in caplog.records:
        assert without_token(record.getMessage()), record.name
        assert without_token(record.__dict__ | {"exc_info": None}), record.name
        assert without_token(record.exc_text or record.exc_info), record.name
    assert without_token(caplog.text)
    kept = {key: store for key, store in hass_storage.items() if key != "core.config_entries"}
    assert f"nattery.{price_setup.entry.entry_id}.prices" in kept
    assert without_token(kept)


@pytest.mark.parametrize("mode", ["unauthorized", "hang_up"])
async def test_the_token_is_in_no_form_of_a_first_setup(price_setup: PriceSetup, mode: str) -> None:
    """Also not in the reauthentication flow."""
    hass, flows = price_setup.hass, price_setup.hass.config_entries.subentries
    assert await hass.config_entries.async_setup(price_setup.entry.entry_id)
    price_setup.market.behaviour.mode = mode
    form = await flows.async_init((price_setup.entry.entry_id, "prices"), context={"source": SOURCE_USER})
    data = price_data(price_setup.market.url)
    given = {"area": data["area"], "token": CANARY, "more": {"url": data["url"], "timeout": 30}}
    await flows.async_configure(form["flow_id"], given)
    await hass.async_block_till_done()
    result = await flows.async_configure(form["flow_id"])
    assert result["step_id"] == ("connection" if mode == "unauthorized" else "unsure")
    assert without_token(step_content(result))
    flows.async_abort(form["flow_id"])


async def test_diagnostics_are_complete_without_the_token(
    price_setup: PriceSetup, hass_client: ClientSessionGenerator
) -> None:
    await async_setup_component(price_setup.hass, "diagnostics", {})
    await price_setup.start(notify=["notify.phone"], action="other.prices", action_data={"key": "abc"})
    price_setup.market.behaviour.next_modes = ["unavailable"]
    with pytest.raises(HomeAssistantError):
        await price_setup.call_action("refresh_prices")
    step_content: Any = await get_diagnostics_for_config_entry(price_setup.hass, hass_client, price_setup.entry)
    hidden = "**REDACTED**"
    assert step_content["prices"] == {
        "area": "DE_LU",
        "token": hidden,
        "url": hidden,
        "timeout": 30.0,
        "notify": hidden,
        "action": "other.prices",
        "action_data": hidden,
    }
    book = step_content["price_book"]
    assert book["currency"] == "EUR"
    assert book["health"]["status"] == "degraded"
    assert book["errors"] == {"entsoe": "ServerError"}
    assert [fetch["outcome"] for fetch in book["fetches"]] == ["ok", "server_trouble"]
    assert [page["day"] for page in book["pages"]] == ["2026-11-19", "2026-11-20"]
    assert book["plan"]["reason"] == "tomorrow"
    await price_setup.settle()
