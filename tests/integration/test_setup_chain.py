"""From the inverter to prices to trading: each step can be done now or later, and says how to come back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.prices.settings import PriceSettings, price_subentry
from custom_components.nattery.setup_chain import async_next_flow
from custom_components.nattery.trading.settings import trading_subentry
from scripts.entsoe_standin.server import StandIn

from .conftest import until
from .market import CANARY, add_prices, price_data
from .test_prices_flow import FLOW, FlowDriver, Result, initial_values
from .texts import TEXTS
from .trading_flow.form import Form

SUBENTRY_FLOW = "/api/config/config_entries/subentries/flow"


class Chain:
    """A new simulated inverter whose set-up goes on with prices."""

    def __init__(self, hass: HomeAssistant, result: Result) -> None:
        self.entry: ConfigEntry = result["result"]
        self.driver = FlowDriver(hass, self.entry)
        kind, self.driver.flow_id = result["next_flow"]
        assert kind is FlowType.CONFIG_SUBENTRIES_FLOW


def offered(driver: FlowDriver, flow_id: str) -> list[str]:
    """What the menu of a flow in progress offers."""
    step: Any = driver.flows._progress[flow_id].cur_step
    assert step["step_id"] == "start"
    return [*step["menu_options"]]


@pytest.fixture
async def chain(hass: HomeAssistant, socket_enabled: None, hass_storage: Any, tmp_path: Path) -> AsyncIterator[Chain]:
    hass.config.config_dir = str(tmp_path)
    hass.config.country = "DE"
    await hass.config.async_set_time_zone("Europe/Berlin")
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "simulated"})
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {"name": "House"})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    made = Chain(hass, done)
    yield made
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(made.entry.entry_id)


async def add_new_prices(chain: Chain, market: StandIn) -> Result:
    """Go through prices up to the preview."""
    assert (await chain.driver.choose("connection"))["step_id"] == "connection"
    assert (await chain.driver.connect(market.url))["step_id"] == "tariff"
    return await chain.driver.give(import_rate={"fee": 0.2, "vat_percent": 19}, export_rate={"factor": 0.9})


async def test_the_inverter_then_prices_then_trading(
    hass: HomeAssistant, chain: Chain, market: StandIn, hass_client: ClientSessionGenerator
) -> None:
    """As the front end goes through it: the last step of prices is asked by HTTP."""
    assert offered(chain.driver, chain.driver.flow_id) == ["connection", "later"]
    await add_new_prices(chain, market)
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    answer = await client.post(f"{SUBENTRY_FLOW}/{chain.driver.flow_id}", json={"next_step_id": "save"})
    saved = await answer.json()
    assert (answer.status, saved["type"], saved["reason"]) == (200, "abort", "added")
    assert CANARY not in str(saved)
    kind, flow_id = saved["next_flow"]
    assert kind == "config_subentries_flow"
    assert saved["result"] == {"entry_id": chain.entry.entry_id, "domain": DOMAIN, "title": "House"}
    prices = price_subentry(chain.entry)
    assert prices is not None
    assert (prices.title, prices.unique_id, prices.data["token"]) == ("Electricity", "prices", CANARY)
    assert PriceSettings.from_data(prices.data).tariff.import_rate.vat_percent == 19

    assert offered(chain.driver, flow_id) == ["battery", "later"]
    form = Form(hass, chain.entry)
    form.flow_id = flow_id
    asked = form.seen(await form.flows.async_configure(flow_id, {"next_step_id": "battery"}))
    assert asked["step_id"] == "user"
    assert initial_values(asked)["charge"] > 0, "it waits for the inverter, which tells what it can"
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY
    assert trading_subentry(chain.entry) is not None
    await until(lambda: chain.entry.runtime_data.trading is not None)


async def test_prices_later(chain: Chain) -> None:
    done = await chain.driver.choose("later")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "later")
    assert "Add electricity prices" in FLOW["abort"]["later"]
    assert chain.driver.flows.async_progress() == []
    assert not chain.entry.subentries
    # Who comes back by the page of the integration is not asked again whether to do it later.
    assert (await chain.driver.start())["step_id"] == "connection"


async def test_trading_later(hass: HomeAssistant, chain: Chain, market: StandIn) -> None:
    await add_new_prices(chain, market)
    saved = await chain.driver.choose("save")
    form = Form(hass, chain.entry)
    form.flow_id = saved["next_flow"][1]
    done = form.seen(await form.flows.async_configure(form.flow_id, {"next_step_id": "later"}))
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "later")
    assert "Add battery trading" in TEXTS["config_subentries"]["trading"]["abort"]["later"]
    assert trading_subentry(chain.entry) is None
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await form.open())["step_id"] == "user"


async def test_trading_waits_only_so_long_for_an_entry_that_does_not_load(
    hass: HomeAssistant, chain: Chain, market: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.nattery.trading.flow._LOADING", 0.05)
    await add_new_prices(chain, market)
    saved = await chain.driver.choose("save")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await hass.config_entries.async_unload(chain.entry.entry_id)
    form = Form(hass, chain.entry)
    form.flow_id = saved["next_flow"][1]
    asked = form.seen(await form.flows.async_configure(form.flow_id, {"next_step_id": "battery"}))
    assert asked["step_id"] == "user"
    assert "charge" not in initial_values(asked)
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY


# --- prices that are there


@pytest.fixture
def lender(hass: HomeAssistant, house_entry: MockConfigEntry, market: StandIn) -> MockConfigEntry:
    """An entry with prices."""
    data = price_data(market.url, tariff={"import_rate": {"fee": 0.21}}, sources=["nord_pool"], notify=["notify.me"])
    add_prices(hass, house_entry, data)
    return house_entry


@pytest.fixture
def second(hass: HomeAssistant, lender: MockConfigEntry) -> FlowDriver:
    """The set-up of prices for a second inverter."""
    entry = MockConfigEntry(domain=DOMAIN, title="Second", unique_id="second", data={"type": "simulated"})
    entry.add_to_hass(hass)
    return FlowDriver(hass, entry)


async def test_a_second_inverter_uses_the_prices_that_are_there(
    hass: HomeAssistant, lender: MockConfigEntry, second: FlowDriver, market: StandIn
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    assert await hass.config_entries.async_setup(lender.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    kind, second.flow_id = await async_next_flow(hass, second.entry)
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    assert offered(second, second.flow_id) == ["connection", "shared", "later"]
    asked_before = len(market.queries)
    form = await second.choose("shared")
    assert (form["step_id"], initial_values(form)) == ("shared", {"lender": lender.entry_id})
    (field,) = form["data_schema"].schema.values()
    assert field.config["options"] == [{"value": lender.entry_id, "label": f"{lender.title} (DE_LU)"}]
    assert CANARY not in str(field.config)
    tariff = await second.give(lender=lender.entry_id)
    assert tariff["step_id"] == "tariff"
    assert initial_values(tariff)["import_rate"]["fee"] == 0.21
    preview = await second.give(import_rate={"fee": 0.3}, export_rate={})
    assert "cheapest from" in preview["description_placeholders"]["import"], "by the prices of the other entry"
    assert len(market.queries) == asked_before
    saved = await second.choose("save")
    assert saved["reason"] == "added"
    assert CANARY not in str(saved)
    lent, copied = price_subentry(lender), price_subentry(second.entry)
    assert lent is not None
    assert copied is not None
    expected = {**lent.data, "tariff": copied.data["tariff"]}
    del expected["notify"]
    assert dict(copied.data) == expected
    assert copied.data["tariff"]["import_rate"]["fee"] == 0.3
    await hass.config_entries.async_unload(lender.entry_id)


async def test_the_prices_are_offered_outside_of_the_chain_too(lender: MockConfigEntry, second: FlowDriver) -> None:
    menu = await second.start()
    assert menu["menu_options"] == ["connection", "shared"]
    await second.choose("shared")
    await second.give(lender=lender.entry_id)
    await second.give(import_rate={}, export_rate={})
    created = await second.choose("save")
    assert (created["type"], created["title"]) == (FlowResultType.CREATE_ENTRY, "Electricity")


async def test_prices_that_are_removed_meanwhile(
    hass: HomeAssistant, lender: MockConfigEntry, second: FlowDriver
) -> None:
    await second.start()
    await second.choose("shared")
    (subentry,) = lender.subentries
    hass.config_entries.async_remove_subentry(lender, subentry)
    done = await second.give(lender=lender.entry_id)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "lender_gone")
    assert not second.entry.subentries
