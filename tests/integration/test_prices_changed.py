"""Changes to the settings of existing prices."""

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
import probatio as vol
import pytest

from .conftest import until
from .market import CANARY, add_prices, price_data, stand_in

MORE = "more"


def price(hass: HomeAssistant, kind: str = "import") -> float | None:
    state = hass.states.get(f"sensor.electricity_{kind}_price")
    try:
        return float(state.state) if state else None
    except ValueError:
        return None


async def test_a_new_tariff_applies_at_once(hass, house_entry):
    with stand_in() as server:
        prices = add_prices(hass, house_entry, price_data(server.url))
        assert await hass.config_entries.async_setup(house_entry.entry_id)
        await until(lambda: price(hass) is not None)
        spot = price(hass, "spot")
        assert price(hass) == spot
        queries_before = len(server.queries)

        data = price_data(server.url, tariff={"import_rate": {"fee": 0.5}})
        told: list[ConfigEntryState] = []
        house_entry.async_on_state_change(lambda: told.append(house_entry.state))
        hass.config_entries.async_update_subentry(house_entry, prices, data=data)
        await until(lambda: price(hass) != spot and price(hass) is not None)
        assert price(hass) == pytest.approx(spot + 0.5)
        await hass.async_block_till_done()
        assert told.count(ConfigEntryState.LOADED) == 1
        assert len(server.queries) == queries_before  # known prices need no fetch
        assert await hass.config_entries.async_unload(house_entry.entry_id)


async def test_a_new_token_is_used_at_once_after_repeated_rejections(hass, house_entry):
    with stand_in() as server:
        prices = add_prices(hass, house_entry, price_data(server.url, token="old"))
        assert await hass.config_entries.async_setup(house_entry.entry_id)
        await until(lambda: len(server.queries) == 1)
        coordinator = house_entry.runtime_data.prices
        await until(lambda: not coordinator.fetcher.is_fetching)
        await coordinator.async_fetch(forced=True)
        assert hass.states.get("sensor.electricity_price_status").state == "unauthorized"

        hass.config_entries.async_update_subentry(house_entry, prices, data=price_data(server.url))
        await until(lambda: price(hass) is not None)
        assert hass.states.get("sensor.electricity_price_status").state == "ok"
        await hass.async_block_till_done()
        assert await hass.config_entries.async_unload(house_entry.entry_id)


async def test_a_country_with_several_zones_has_no_default(hass, house_entry):
    hass.config.country = "IT"
    flow = await hass.config_entries.subentries.async_init(
        (house_entry.entry_id, "prices"), context={"source": SOURCE_USER}
    )
    area = next(key for key in flow["data_schema"].schema if key == "area")
    assert isinstance(area, vol.Optional)  # the frontend fills a required field with its first option
    form = flow["data_schema"]({"token": "any", MORE: {}})
    flow = await hass.config_entries.subentries.async_configure(flow["flow_id"], form)
    assert flow["errors"] == {"area": "missing"}


async def test_a_rejected_token_does_not_replace_the_stored_one(hass, house_entry):
    with stand_in() as server:
        prices = add_prices(hass, house_entry, price_data(server.url))
        flows = hass.config_entries.subentries
        flow = await house_entry.start_subentry_reconfigure_flow(hass, prices.subentry_id)
        flow = await flows.async_configure(flow["flow_id"], {"next_step_id": "change_connection"})
        answer = {"area": "DE_LU", MORE: {"url": server.url, "timeout": 30}}
        flow = await flows.async_configure(flow["flow_id"], {**answer, "token": "wrong"})
        await hass.async_block_till_done()
        flow = await flows.async_configure(flow["flow_id"])
        assert flow["errors"] == {"token": "unauthorized"}
        flow = await flows.async_configure(flow["flow_id"], answer)
        await hass.async_block_till_done()
        flow = await flows.async_configure(flow["flow_id"])
        assert flow["reason"] == "reconfigure_successful"
        assert prices.data["token"] == CANARY
        assert [query["securityToken"] for query in server.queries] == ["wrong", CANARY]
