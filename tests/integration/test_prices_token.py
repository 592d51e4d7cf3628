"""A token that is refused: asked for anew, given anew, or taken back when the server accepts it after all."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .market import PriceHouse

HALF_HOUR = timedelta(minutes=30)


def dialogues(house: PriceHouse) -> list[Any]:
    """Those that ask for a new token, which stand under Settings as long as they are open."""
    flows = list(house.entry.async_get_active_flows(house.hass, {"reauth"}))
    issues = [issue for _, issue in ir.async_get(house.hass).issues if issue.startswith("config_entry_reauth_nattery")]
    assert len(flows) == len(issues)
    return flows


@pytest.fixture
async def refused(price_house: PriceHouse) -> PriceHouse:
    """A house whose token has been refused twice."""
    price_house.market.behaviour.token = "another"
    await price_house.start()
    assert dialogues(price_house) == [], "servers in trouble take good tokens for bad ones"
    await price_house.walk("2026-11-20 09:15", timedelta(minutes=1))
    assert price_house.value("price_status") == "unauthorized"
    return price_house


async def test_a_new_token_is_asked_for(refused: PriceHouse) -> None:
    """Once, however often the old one is refused."""
    (flow,) = dialogues(refused)
    assert flow["step_id"] == "reauth_confirm"
    await refused.walk("2026-11-20 12:00", HALF_HOUR)
    assert dialogues(refused) == [flow]
    assert len(refused.market.queries) <= 6, "every hour is enough"


async def test_a_new_token_is_given(refused: PriceHouse) -> None:
    (flow,) = dialogues(refused)
    configure = refused.hass.config_entries.flow.async_configure
    form = await configure(flow["flow_id"], {"token": "wrong"})
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"token": "unauthorized"})
    assert form["data_schema"].schema["token"].config["type"] == "password"
    done = await configure(flow["flow_id"], {"token": " another "})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    await refused.settle()
    assert dialogues(refused) == []
    assert refused.value("price_status") == "ok"
    assert refused.value("price_freshness") == "expected", "prices come at once"
    (subentry,) = refused.entry.subentries.values()
    assert subentry.data["token"] == "another"


@pytest.mark.parametrize("mode", ["unavailable", "not_published"])
async def test_a_server_that_says_nothing_of_the_token_does_not_keep_it_away(refused: PriceHouse, mode: str) -> None:
    (flow,) = dialogues(refused)
    refused.market.behaviour.plan = [mode]
    done = await refused.hass.config_entries.flow.async_configure(flow["flow_id"], {"token": "another"})
    assert done["reason"] == "reauth_successful"


async def test_it_is_taken_back_when_the_token_is_accepted_after_all(refused: PriceHouse) -> None:
    refused.market.behaviour.token = None
    await refused.walk("2026-11-20 10:40", HALF_HOUR / 3)
    assert refused.value("price_status") == "ok"
    assert dialogues(refused) == []


async def test_it_is_taken_back_when_the_token_was_changed_elsewhere(refused: PriceHouse) -> None:
    (subentry,) = refused.entry.subentries.values()
    data = {**subentry.data, "token": "another"}
    refused.hass.config_entries.async_update_subentry(refused.entry, subentry, data=data)
    await refused.settle()
    assert refused.value("price_status") == "ok"
    assert dialogues(refused) == []


async def test_it_is_asked_for_again_after_a_restart(refused: PriceHouse) -> None:
    """Dialogues do not live through one."""
    (flow,) = dialogues(refused)
    await refused.unload()
    refused.hass.config_entries.flow.async_abort(flow["flow_id"])
    await refused.start()
    assert len(dialogues(refused)) == 1


async def test_without_prices_there_is_no_token_to_give(hass: HomeAssistant, house: MockConfigEntry) -> None:
    done = await house.start_reauth_flow(hass)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "no_prices")
