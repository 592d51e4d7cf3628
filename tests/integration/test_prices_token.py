"""A rejected token: reauthentication starts, succeeds, or is aborted when the token is accepted after all."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .market import PriceSetup

HALF_HOUR = timedelta(minutes=30)


def reauth_flows(house: PriceSetup) -> list[Any]:
    """Return the open reauthentication flows."""
    flows = list(house.entry.async_get_active_flows(house.hass, {"reauth"}))
    issues = [issue for _, issue in ir.async_get(house.hass).issues if issue.startswith("config_entry_reauth_nattery")]
    assert len(flows) == len(issues)
    return flows


@pytest.fixture
async def rejected(price_setup: PriceSetup) -> PriceSetup:
    """Set up prices whose token was rejected twice."""
    price_setup.market.behaviour.token = "another"
    await price_setup.start()
    assert reauth_flows(price_setup) == [], "servers in trouble take good tokens for bad ones"
    await price_setup.step_to("2026-11-20 09:15", timedelta(minutes=1))
    assert price_setup.value("price_status") == "unauthorized"
    return price_setup


async def test_reauthentication_starts(rejected: PriceSetup) -> None:
    """Once, however often the old one is rejected."""
    (flow,) = reauth_flows(rejected)
    assert flow["step_id"] == "reauth_confirm"
    await rejected.step_to("2026-11-20 12:00", HALF_HOUR)
    assert reauth_flows(rejected) == [flow]
    assert len(rejected.market.queries) <= 6, "every hour is enough"


async def test_reauthentication_succeeds(rejected: PriceSetup) -> None:
    (flow,) = reauth_flows(rejected)
    configure = rejected.hass.config_entries.flow.async_configure
    form = await configure(flow["flow_id"], {"token": "wrong"})
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"token": "unauthorized"})
    assert form["data_schema"].schema["token"].config["type"] == "password"
    done = await configure(flow["flow_id"], {"token": " another "})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    await rejected.settle()
    assert reauth_flows(rejected) == []
    assert rejected.value("price_status") == "ok"
    assert rejected.value("price_freshness") == "expected", "prices come at once"
    (subentry,) = rejected.entry.subentries.values()
    assert subentry.data["token"] == "another"


@pytest.mark.parametrize("mode", ["unavailable", "not_published"])
async def test_a_server_error_does_not_prevent_a_new_token(rejected: PriceSetup, mode: str) -> None:
    (flow,) = reauth_flows(rejected)
    rejected.market.behaviour.next_modes = [mode]
    done = await rejected.hass.config_entries.flow.async_configure(flow["flow_id"], {"token": "another"})
    assert done["reason"] == "reauth_successful"


async def test_reauthentication_is_aborted_when_the_token_is_accepted(rejected: PriceSetup) -> None:
    rejected.market.behaviour.token = None
    await rejected.step_to("2026-11-20 10:40", HALF_HOUR / 3)
    assert rejected.value("price_status") == "ok"
    assert reauth_flows(rejected) == []


async def test_reauthentication_is_aborted_when_the_token_was_changed(rejected: PriceSetup) -> None:
    (subentry,) = rejected.entry.subentries.values()
    data = {**subentry.data, "token": "another"}
    rejected.hass.config_entries.async_update_subentry(rejected.entry, subentry, data=data)
    await rejected.settle()
    assert rejected.value("price_status") == "ok"
    assert reauth_flows(rejected) == []


async def test_reauthentication_starts_again_after_a_restart(rejected: PriceSetup) -> None:
    """Flows do not survive a restart."""
    (flow,) = reauth_flows(rejected)
    await rejected.unload()
    rejected.hass.config_entries.flow.async_abort(flow["flow_id"])
    await rejected.start()
    assert len(reauth_flows(rejected)) == 1


async def test_reauthentication_without_prices(hass: HomeAssistant, house: MockConfigEntry) -> None:
    done = await house.start_reauth_flow(hass)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "no_prices")
