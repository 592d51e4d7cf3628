"""The chain of flows that sets up an inverter, then its prices, then trading; each of them can be done later."""

from typing import Any, Final, cast

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, FlowType, SubentryFlowContext, SubentryFlowResult
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .prices.settings import PRICES
from .trading.settings import TRADING

IN_CHAIN: Final = "in_chain"  # in the data with which a flow of the chain is started
_FOLLOWING: Final = {DOMAIN: PRICES, PRICES: TRADING}


async def async_next_flow(hass: HomeAssistant, entry: ConfigEntry, after: str = DOMAIN) -> tuple[FlowType, str]:
    """Start the subentry flow that follows in the chain and return it as the `next_flow` of a flow result.

    `after` is the type of the subentry that was set up last; by default it was the config entry itself.
    """
    following = await hass.config_entries.subentries.async_init(
        (entry.entry_id, _FOLLOWING[after]), context=SubentryFlowContext(source=SOURCE_USER), data={IN_CHAIN: True}
    )
    return FlowType.CONFIG_SUBENTRIES_FLOW, following["flow_id"]


def is_in_chain(user_input: dict[str, Any] | None) -> bool:
    """Return whether a flow was started by the chain."""
    return bool(user_input and user_input.get(IN_CHAIN))


def with_next_flow(
    result: SubentryFlowResult, entry: ConfigEntry, next_flow: tuple[FlowType, str]
) -> SubentryFlowResult:
    """Return the result of a subentry flow after which the front end opens another flow of the same entry.

    The front end needs the entry for that. Without support for it, it shows the result itself.
    """
    shown = {"entry_id": entry.entry_id, "domain": DOMAIN, "title": entry.title}
    added: dict[str, Any] = {"next_flow": next_flow, "result": shown}
    return cast("SubentryFlowResult", {**result, **added})
