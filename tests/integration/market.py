"""What the tests of prices share: a house with prices, and the stand-in for ENTSO-E behind them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from scripts.entsoe_standin.server import Behaviour, StandIn

CANARY = "canary-4f1c7d2e/9b&a"


def stand_in(*plan: str, mode: str = "ok", token: str | None = CANARY) -> StandIn:
    """A stand-in whose clock is that of the house; use it with `with`."""
    return StandIn(Behaviour(mode=mode, plan=list(plan), token=token, now=dt_util.utcnow))


def price_data(url: str, **changes: Any) -> dict[str, Any]:
    """The data of a subentry as its flow makes them."""
    return {"area": "DE_LU", "token": CANARY, "url": url, "timeout": 30.0, **changes}


def add_prices(hass: HomeAssistant, entry: MockConfigEntry, data: Mapping[str, Any]) -> ConfigSubentry:
    """Give an entry its prices before it is set up."""
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data)), subentry_type="prices", title="Electricity", unique_id="prices"
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry
