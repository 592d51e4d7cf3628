"""A PostgreSQL database for the ledger: tried before it is saved, and never shown."""

from collections.abc import Iterator
import json
import logging
import socket
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.issues import issue_id
from custom_components.nattery.trading import flow as trading_flow
from custom_components.nattery.trading.issues import LEDGER_FAILS
from custom_components.nattery.trading.settings import trading_subentry
from tests.core.ledger.postgresql_server import PASSWORD, USER, PostgresqlServer

from ..conftest import until
from ..test_prices_flow import initial_values
from ..test_prices_secrecy import EventRecorder
from .form import AGAIN, DEFAULTS, FEATHER, GIVEN, Form, name_of, said


async def test_books_in_a_database(form: Form, postgresql: str) -> None:
    """Tried before it is accepted: the tables are there when the form is closed."""
    await form.open()
    done = await form.give({"ledger": f" {postgresql} "})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert form.data == {**GIVEN, **DEFAULTS, "ledger": postgresql}
    await until(lambda: form.trading.recorder.savings is not None)
    assert form.trading.recorder.error is None
    assert not form.has_file


@pytest.mark.parametrize(
    "address",
    [
        "books",
        "books.db",
        f"sqlite:////config/{FEATHER}.db",
        f"mysql://user:{FEATHER}@host/books",
        f"postgres://user:{FEATHER}@host/books",
        f"postgresql://user:{FEATHER}@host",
        f"postgresql://user:{FEATHER}@host:port/books",
        f"postgresql+asyncpg://user:{FEATHER}@host/books",
    ],
)
async def test_no_address_of_books(form: Form, address: str) -> None:
    await form.open()
    again = await form.give({"ledger": address, "peak_price": 5}, capacity=12)
    assert again["errors"] == {"base": "bad_ledger"}
    example = "postgresql://user:password@host/database"
    assert said(again) == f"This is not a ledger address. Enter an address such as {example}." + AGAIN
    assert initial_values(again) == {**GIVEN, "capacity": 12, "more": {**DEFAULTS, "peak_price": 5}}
    assert (await form.give({"ledger": "file"}))["type"] is FlowResultType.CREATE_ENTRY
    assert "ledger" not in form.data


def newer(server: PostgresqlServer, url: str) -> str:
    server.execute(
        "CREATE TABLE nattery_schema (version integer)", "INSERT INTO nattery_schema VALUES (99)", database=name_of(url)
    )
    return url


def without_right(server: PostgresqlServer, url: str) -> str:
    server.execute(
        "DROP ROLE IF EXISTS visitor",
        f"CREATE ROLE visitor LOGIN PASSWORD '{PASSWORD}'".replace(":", r"\:"),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        database=name_of(url),
    )
    return url.replace(f"//{USER}:", "//visitor:")


def only_read(server: PostgresqlServer, url: str) -> str:
    server.execute(f"ALTER DATABASE {name_of(url)} SET default_transaction_read_only = on")
    return url


SERVER = "The database server of the ledger in 127.0.0.1:{port}/"
PROBLEMS = {
    "wrong_password": (
        lambda server, _url: server.url("postgres", PASSWORD + "!"),
        SERVER + "postgres rejects the user or the password.",
    ),
    "no_database": (
        lambda server, _url: server.url("nowhere"),
        "The database server has no database 127.0.0.1:{port}/nowhere. Create it, or correct its name.",
    ),
    "nobody_listens": (
        lambda server, _url: server.url("books").replace(f":{server.port}/", ":1/"),
        "The database server of the ledger in 127.0.0.1:1/books cannot be reached. Check its address",
    ),
    "no_such_host": (
        lambda _server, _url: f"postgresql://{USER}:{FEATHER}@no..host/books",
        "The database server of the ledger in no..host/books cannot be reached. Check its address",
    ),
    "newer_schema": (
        newer,
        "The ledger in 127.0.0.1:{port}/{name} was written by a newer version of Nattery. Update Nattery.",
    ),
    "without_right": (
        without_right,
        "The ledger in 127.0.0.1:{port}/{name} cannot be opened. The database reports: permission denied",
    ),
    "only_read": (only_read, "The ledger in 127.0.0.1:{port}/{name} cannot be written."),
}


@pytest.mark.parametrize("trouble", PROBLEMS)
async def test_a_database_in_which_no_books_can_be_kept(
    form: Form, server: PostgresqlServer, postgresql: str, trouble: str
) -> None:
    """Says why in one sentence, keeps what was typed, and goes on once the address is another."""
    spoil, sentence = PROBLEMS[trouble]
    address = spoil(server, postgresql)
    await form.open()
    again = await form.give({"ledger": address, "wear": 0.03}, capacity=12)
    assert (again["step_id"], again["errors"]) == ("user", {"base": "bad_ledger"})
    assert said(again).startswith(sentence.format(port=server.port, name=name_of(postgresql)))
    assert said(again).endswith(AGAIN)
    assert initial_values(again) == {**GIVEN, "capacity": 12, "more": {**DEFAULTS, "wear": 0.03}}
    assert trading_subentry(form.entry) is None
    server.execute(f"CREATE DATABASE good_{name_of(postgresql)}_{trouble}")
    good = server.url(f"good_{name_of(postgresql)}_{trouble}")
    assert (await form.give({"ledger": good}))["type"] is FlowResultType.CREATE_ENTRY
    assert form.data["ledger"] == good
    await until(lambda: form.trading.recorder.savings is not None)


async def test_an_address_that_was_typed_is_tried_again(form: Form, server: PostgresqlServer, postgresql: str) -> None:
    """Nobody has to type it twice, though it is never shown."""
    name = name_of(postgresql)
    server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    await form.open()
    again = await form.give({"ledger": postgresql})
    assert "is not currently accepting connections" in said(again)
    assert (await form.give())["errors"] == {"base": "bad_ledger"}
    server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert (await form.give({"soc_min": 90, "soc_max": 20}))["errors"] == {"base": "no_room"}
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY
    assert form.data["ledger"] == postgresql


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://{USER}:{FEATHER}@127.0.0.1:{server.getsockname()[1]}/books"


async def test_a_database_that_does_not_answer(form: Form, silent: str) -> None:
    await form.open()
    again = await form.give({"ledger": f"{silent}?connect_timeout=2"})
    assert "cannot be reached. Check its address" in said(again)
    assert (await form.give({"ledger": "file"}))["type"] is FlowResultType.CREATE_ENTRY


async def test_nobody_waits_for_longer_than_a_form_may_take(
    form: Form, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever patience the address asks for."""
    monkeypatch.setattr(trading_flow, "_DATABASE_TIMEOUT", 0.2)
    await form.open()
    again = await form.give({"ledger": f"{silent}?connect_timeout=3"})
    assert said(again) == "The database of the ledger did not respond within 0.2 s." + AGAIN
    assert (await form.give({"ledger": "file"}))["type"] is FlowResultType.CREATE_ENTRY


async def test_the_address_is_told_to_nobody(
    changer: Form,
    server: PostgresqlServer,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While its database works, while it does not, and while another one is tried."""
    hass, entry = changer.hass, changer.entry
    caplog.set_level(logging.DEBUG)
    for name in ("", "custom_components.nattery", "sqlalchemy.engine", "sqlalchemy.pool", "homeassistant"):
        caplog.set_level(logging.DEBUG, name)
    await async_setup_component(hass, "diagnostics", {})
    listener = EventRecorder(hass)
    heard: list[object] = []
    for allowed in ("true", "false"):
        server.execute(f"ALTER DATABASE {name_of(changer.data['ledger'])} WITH ALLOW_CONNECTIONS {allowed}")
        heard.append(await changer.change())
        changed = await changer.give(capacity=20 if allowed == "true" else 21)
        assert changed["reason"] == "reconfigure_successful"
        await until(lambda: changer.trading is not None)
        books = changer.trading.recorder
        await until(lambda: (books.error or books.savings) is not None)  # noqa: B023  (those of this turn)
        assert (books.error is None) is (allowed == "true")
        try:
            heard.append(await asked_for_books(hass, entry))
        except HomeAssistantError as error:
            heard += [error, error.__cause__, error.__context__, error.translation_placeholders]
        await changer.change()
        heard.append(await changer.give({"ledger": server.url("nowhere")}))
        heard += [str(issue) for issue in ir.async_get(hass).issues.values()]
        heard += [state.as_dict() for state in hass.states.async_all()]
        heard += [{**flow} for flow in changer.flows.async_progress()]
        heard.append(await get_diagnostics_for_config_entry(hass, hass_client, entry))
        changer.flows.async_abort(changer.flow_id)
    assert (DOMAIN, issue_id(entry.entry_id, LEDGER_FAILS)) in ir.async_get(hass).issues, "a repair was shown"

    for one in (*heard, *listener.events):
        assert FEATHER not in f"{one} {one!r} {json.dumps(one, default=repr)}"
    assert FEATHER not in caplog.text
    for record in caplog.records:
        assert FEATHER not in f"{record.__dict__}"
    kept = {key: store for key, store in hass_storage.items() if key != "core.config_entries"}
    assert f"nattery.{entry.entry_id}.trading" in kept
    assert FEATHER not in json.dumps(kept, default=repr)


async def asked_for_books(hass: HomeAssistant, entry: MockConfigEntry) -> object:
    return await hass.services.async_call(
        DOMAIN, "get_ledger", {"config_entry_id": entry.entry_id}, blocking=True, return_response=True
    )
