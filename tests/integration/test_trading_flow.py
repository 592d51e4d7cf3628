"""Adding and changing trading: every error and success after it, and an address of books that was tried before."""

from collections.abc import AsyncIterator, Iterator
import json
import logging
from pathlib import Path
import socket
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.issues import issue_id
from custom_components.nattery.trading import flow as trading_flow
from custom_components.nattery.trading.issues import LEDGER_FAILS
from custom_components.nattery.trading.settings import settings_from, trading_subentry
from scripts.entsoe_standin.server import StandIn
from tests.core.ledger.postgresql_server import PASSWORD, USER, PostgresqlServer

from .conftest import until
from .market import add_prices, price_data
from .test_prices_flow import Result, has_texts, initial_values
from .test_prices_secrecy import EventRecorder
from .texts import TEXTS, placeholders_of

FLOW = TEXTS["config_subentries"]["trading"]
FEATHER = PASSWORD[:8]  # the part of the password that no quoting changes
GIVEN: dict[str, Any] = {
    "capacity": 10,
    "battery_price": 3000,
    "charge": 4.5,
    "discharge": 5,
    "import": 11,
    "export": 7,
}
DEFAULTS = {"cycles": 6000, "efficiency": 90.0, "soc_min": 10.0, "soc_max": 100.0}
AUTOMATION = "switch.battery_trading_automation"
AGAIN = (
    " If you leave the field empty, the same address is tried again. Enter the word file to keep the ledger in a file."
)


class Form:
    """Somebody who fills the form in; every text must be there, and nothing secret is ever shown."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass, self.entry, self.flows = hass, entry, hass.config_entries.subentries
        self.flow_id = ""

    async def open(self, source: str = SOURCE_USER, **context: str) -> Result:
        result = await self.flows.async_init((self.entry.entry_id, "trading"), context={"source": source, **context})
        return self.seen(result)

    async def change(self) -> Result:
        subentry = trading_subentry(self.entry)
        assert subentry is not None
        return await self.open(SOURCE_RECONFIGURE, subentry_id=subentry.subentry_id)

    async def give(self, more: dict[str, Any] | None = None, **fields: Any) -> Result:
        """Send the form, with what usually is in it and these."""
        result = await self.flows.async_configure(self.flow_id, {**GIVEN, **fields, "more": more or {}})
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return self.seen(result)

    def seen(self, result: Any) -> Result:
        self.flow_id = result.get("flow_id", self.flow_id)
        filled = result.get("description_placeholders") or {}
        if result["type"] is FlowResultType.ABORT:
            assert result["reason"] in FLOW["abort"].keys() | {"reconfigure_successful"}
        if result["type"] is FlowResultType.FORM:
            texts = FLOW["step"][result["step_id"]]
            has_texts(texts, result["data_schema"])
            for key in (result["errors"] or {}).values():
                assert placeholders_of(FLOW["error"][key]) <= filled.keys()
            assert FEATHER not in f"{initial_values(result)} {result}"
        return dict(result)

    @property
    def data(self) -> dict[str, Any]:
        """What is kept."""
        subentry = trading_subentry(self.entry)
        assert subentry is not None
        return dict(subentry.data)

    @property
    def trading(self) -> Any:
        return self.entry.runtime_data.trading

    @property
    def has_file(self) -> bool:
        """Whether books are kept in the folder of the house."""
        return Path(self.hass.config.path("nattery.db")).exists()


def said(form: Result) -> str:
    """The sentences of the error that a form shows."""
    text: str = FLOW["error"][form["errors"]["base"]]
    return text.format(**form["description_placeholders"] or {})


@pytest.fixture
async def home(
    hass: HomeAssistant, house_entry: MockConfigEntry, market: StandIn, tmp_path: Path
) -> AsyncIterator[MockConfigEntry]:
    """The house with prices and a folder of its own, loaded; unloaded at the end."""
    hass.config.config_dir = str(tmp_path)
    add_prices(hass, house_entry, price_data(market.url))
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield house_entry
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(house_entry.entry_id)


@pytest.fixture
def form(hass: HomeAssistant, home: MockConfigEntry) -> Form:
    return Form(hass, home)


@pytest.fixture
async def changer(form: Form, postgresql: str) -> Form:
    """One who trades already, with books in PostgreSQL."""
    await form.open()
    assert (await form.give({"ledger": postgresql}))["type"] is FlowResultType.CREATE_ENTRY
    await until(lambda: form.trading is not None)
    return form


# Adding


async def test_what_is_asked_is_kept_and_the_rest_has_defaults(form: Form) -> None:
    asked = await form.open()
    assert (asked["type"], asked["step_id"], asked["errors"]) == (FlowResultType.FORM, "user", {})
    done = await form.give()
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "Battery trading")
    assert done["unique_id"] == "trading"
    assert form.data == {**GIVEN, **DEFAULTS}
    assert form.trading.settings == settings_from(form.data), "it was loaded anew"
    automation = form.hass.states.get(AUTOMATION)
    assert automation is not None
    assert automation.state == "off"
    await until(lambda: form.trading.recorder.savings is not None)
    assert form.has_file


async def test_everything_that_can_be_said(form: Form) -> None:
    more = {"cycles": 8000, "wear": 0.04, "efficiency": 88, "soc_min": 20, "soc_max": 95, "peak_price": 80}
    await form.open()
    await form.give(more)
    assert form.data == {**GIVEN, **more}


async def test_only_one(form: Form) -> None:
    await form.open()
    await form.give()
    again = await form.open()
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "single")


async def test_prices_come_first(hass: HomeAssistant, house: MockConfigEntry) -> None:
    result = await Form(hass, house).open()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "prices_first")


@pytest.mark.parametrize(("low", "high"), [(60, 50), (50, 50)])
async def test_a_charge_without_room(form: Form, low: int, high: int) -> None:
    await form.open()
    more = {"cycles": 7000, "efficiency": 85, "soc_min": low, "soc_max": high, "peak_price": 12}
    again = await form.give(more, capacity=12)
    assert (again["step_id"], again["errors"]) == ("user", {"base": "no_room"})
    assert initial_values(again) == {**GIVEN, "capacity": 12, "more": more}
    done = await form.give({**more, "soc_max": 90})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (form.data["soc_min"], form.data["soc_max"]) == (low, 90)


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": 0}, {"charge": 101}, {"import": 0}, {"export": -1}, {"battery_price": "dear"}, {"more": "none"}],
    ids=str,
)
async def test_numbers_out_of_range_are_refused_by_the_form(form: Form, wrong: dict[str, Any]) -> None:
    await form.open()
    with pytest.raises(InvalidData):
        await form.flows.async_configure(form.flow_id, {**GIVEN, "more": {}, **wrong})
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY


# Suggestions


async def test_suggestions_are_the_settings_of_the_inverter(form: Form) -> None:
    site = form.entry.runtime_data
    power = round(
        site.identified_device.value("max_charge_current") * site.identified_device.value("battery_voltage") / 1000, 3
    )
    limit = site.identified_device.value("max_grid_power") / 1000
    assert power > 0
    assert limit > 0
    asked = initial_values(await form.open())
    more = asked.pop("more")
    assert asked == {"charge": power, "discharge": power, "import": limit, "export": limit}
    assert more == {**DEFAULTS, "soc_min": site.identified_device.value("soc_stop_discharge")}


async def test_what_the_inverter_does_not_limit_is_not_suggested(form: Form) -> None:
    site = form.entry.runtime_data
    await site.identified_device.async_write({"max_grid_power": 0})
    assert site.identified_device.value("max_grid_power") == 0
    assert initial_values(await form.open()).keys() == {"charge", "discharge", "more"}


async def test_without_readings_nothing_is_suggested(form: Form, simulator: Simulator, hasty: None) -> None:
    """As after a start at which the inverter did not answer."""
    simulator.stop()
    await form.hass.config_entries.async_reload(form.entry.entry_id)
    await form.hass.async_block_till_done(wait_background_tasks=True)
    assert initial_values(await form.open()) == {"more": DEFAULTS}


async def test_without_the_house_running_nothing_is_suggested(form: Form) -> None:
    await form.hass.config_entries.async_unload(form.entry.entry_id)
    asked = await form.open()
    assert initial_values(asked) == {"more": DEFAULTS}
    assert units_of(asked) == {"EUR", "EUR/kWh", "EUR/kW"}
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY


def units_of(asked: Result) -> set[str]:
    """In which units money is asked for."""
    fields = asked["data_schema"].schema
    found = {str(marker): field for marker, field in (*fields.items(), *fields["more"].schema.schema.items())}
    return {found[name].config["unit_of_measurement"] for name in ("battery_price", "wear", "peak_price")}


async def test_money_is_in_the_currency_of_the_prices(
    hass: HomeAssistant, house_entry: MockConfigEntry, market: StandIn, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    market.behaviour.mode = "currency"
    add_prices(hass, house_entry, price_data(market.url, area="PL"))
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert units_of(await Form(hass, house_entry).open()) == {"PLN", "PLN/kWh", "PLN/kW"}
    assert await hass.config_entries.async_unload(house_entry.entry_id)


# Books elsewhere


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


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


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


# Changing


async def test_changes_are_traded_with_at_once(form: Form) -> None:
    await form.open()
    await form.give({"wear": 0.05, "soc_min": 20})
    before = form.trading
    asked = await form.change()
    assert (asked["step_id"], asked["errors"]) == ("reconfigure", {})
    assert initial_values(asked) == {**GIVEN, "more": {**DEFAULTS, "wear": 0.05, "soc_min": 20}}
    again = await form.give({"soc_min": 90, "soc_max": 80}, capacity=14)
    assert (again["step_id"], again["errors"]) == ("reconfigure", {"base": "no_room"})
    assert initial_values(again)["capacity"] == 14
    done = await form.give({"soc_min": 30}, capacity=14)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert form.data == {**GIVEN, "capacity": 14, **DEFAULTS, "soc_min": 30}, "wear was left empty"
    assert form.trading is not before
    assert (form.trading.settings.capacity, form.trading.settings.soc_min) == (14, 0.3)
    assert form.trading.settings.wear == pytest.approx(3000 / (2 * 14 * 6000))


async def test_an_address_left_empty_stays_and_is_not_asked(changer: Form, server: PostgresqlServer) -> None:
    """Whoever changes something else does not have to wait for a database that is away."""
    address = changer.data["ledger"]
    server.execute(f"ALTER DATABASE {name_of(address)} WITH ALLOW_CONNECTIONS false")
    assert "ledger" not in initial_values(await changer.change())["more"]
    done = await changer.give({"ledger": "  "}, capacity=14)
    assert done["reason"] == "reconfigure_successful"
    assert (changer.data["ledger"], changer.data["capacity"]) == (address, 14)


async def test_another_address_is_tried(changer: Form, server: PostgresqlServer) -> None:
    before = changer.data
    await changer.change()
    again = await changer.give({"ledger": server.url("nowhere")})
    assert (again["step_id"], again["errors"]) == ("reconfigure", {"base": "bad_ledger"})
    assert changer.data == before
    server.execute(f"CREATE DATABASE other_{name_of(before['ledger'])}")
    other = server.url(f"other_{name_of(before['ledger'])}")
    assert (await changer.give({"ledger": other}))["reason"] == "reconfigure_successful"
    assert changer.data["ledger"] == other
    assert changer.trading.settings.ledger == other


async def test_the_word_file_brings_the_books_back(changer: Form) -> None:
    await changer.change()
    assert (await changer.give({"ledger": "file"}))["reason"] == "reconfigure_successful"
    assert "ledger" not in changer.data
    await until(lambda: changer.trading.recorder.savings is not None)
    assert changer.has_file


# Secrets


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
    for name in ("", "custom_components.nattery", "sqlalchemy", "homeassistant"):
        logging.getLogger(name).setLevel(logging.DEBUG)
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
