"""Trading whose prices are removed: it says so, and keeps its entities, its savings and its ledger."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import Store
import pytest

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.prices.coordinator import price_store
from custom_components.nattery.prices.settings import price_subentry

from .books import BookedHouse, berlin
from .market import add_prices, price_data
from .test_override_controls import overrides, press, state, trading_of


def trading_states(house: BookedHouse) -> dict[str, str]:
    """The states of all entities of trading that are not disabled."""
    subentry = trading_of(house).subentry.subentry_id
    entities = er.async_entries_for_config_entry(er.async_get(house.hass), house.entry.entry_id)
    own = [one.entity_id for one in entities if one.config_subentry_id == subentry and not one.disabled]
    return {entity_id: found.state for entity_id in own if (found := house.hass.states.get(entity_id))}


async def remove_prices(house: BookedHouse) -> None:
    """Remove the prices, and wait until the entry is loaded without them."""
    subentry = price_subentry(house.entry)
    assert subentry is not None
    house.hass.config_entries.async_remove_subentry(house.entry, subentry.subentry_id)
    await house.settle()
    assert house.entry.state is ConfigEntryState.LOADED
    assert house.site.prices is None


async def test_trading_without_prices_says_so_and_keeps_everything(automatic: BookedHouse) -> None:
    house = automatic
    await house.walk(berlin("11:31"))
    before = trading_states(house)
    savings = state(house, "sensor", "savings_today")
    assert float(savings.state)
    await remove_prices(house)
    after = trading_states(house)
    assert after.keys() == before.keys()
    assert [entity_id for entity_id, found in after.items() if found == "unavailable"] == []
    problem = state(house, "binary_sensor", "trading_problem")
    assert (problem.state, problem.attributes["plan"]) == ("on", "no_prices")
    now = state(house, "sensor", "savings_today")
    assert now.attributes["unit_of_measurement"] == savings.attributes["unit_of_measurement"] == "EUR"
    assert float(now.state) == pytest.approx(float(savings.state), abs=0.01)
    assert state(house, "switch", "automation").state == "on"
    status = state(house, "sensor", "trading_status").state
    assert status.endswith("The prices are missing or out of date, so there is no trading.")
    assert state(house, "sensor", "plan_made").state == "unknown"


async def test_the_ledger_goes_on_without_prices(automatic: BookedHouse) -> None:
    house = automatic
    await house.walk(berlin("11:31"))
    await remove_prices(house)
    await house.walk(berlin("12:01"))
    answer: Any = await house.hass.services.async_call(
        DOMAIN, "get_ledger", {"config_entry_id": house.entry.entry_id}, blocking=True, return_response=True
    )
    rows = {row["start"][11:16]: row for row in answer["rows"]}
    assert rows["10:15"]["import_price"] is not None, "what was booked before keeps its prices"
    assert rows["10:45"]["import_price"] is None
    assert rows["10:45"]["load_kwh"] > 0


async def test_an_override_needs_no_prices(automatic: BookedHouse) -> None:
    house = automatic
    await remove_prices(house)
    await press(house, "charge_hour")
    shown = state(house, "sensor", "battery_action")
    assert (shown.state, shown.attributes["performed"]) == ("charge", True)
    assert [one.kind for one in overrides(house)] == [ActionKind.CHARGE]


async def test_new_prices_are_traded_on(automatic: BookedHouse) -> None:
    house = automatic
    url = house.site.prices.settings.url if house.site.prices else ""
    await remove_prices(house)
    add_prices(house.hass, house.entry, price_data(url))
    await house.settle()
    assert house.site.prices is not None
    await trading_of(house).async_replan()
    assert trading_of(house).data.problem is None
    assert trading_of(house).data.plan is not None


@pytest.mark.parametrize("stored", [None, {"version": "none"}])
async def test_a_price_book_that_is_lost_tells_no_currency(automatic: BookedHouse, stored: Any) -> None:
    house = automatic
    await remove_prices(house)
    store: Store[dict[str, Any]] = price_store(house.hass, house.entry.entry_id)
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    await (store.async_remove() if stored is None else store.async_save(stored))
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)
    await house.settle()
    assert trading_of(house).prices.pricer.book.currency == ""
    assert state(house, "sensor", "savings_today").state == "unknown"
    trading_of(house).prices.async_add_listener(lambda: None)()
