"""The forms of prices but for the tariff: connection, other sources and notifications."""

from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    ObjectSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..core.market.bidding_zones import BIDDING_ZONES, zones_of_country
from ..core.market.entsoe.ipc import DEFAULT_TIMEOUT, MAX_TIMEOUT, MIN_TIMEOUT, URL
from ..form_fields import number_field
from .settings import (
    CONF_ACTION,
    CONF_ACTION_DATA,
    CONF_ACTION_KEY,
    CONF_AREA,
    CONF_ENTITY,
    CONF_NOTIFY,
    CONF_SLOW,
    CONF_SOURCES,
    CONF_TIMEOUT,
    CONF_URL,
    DEFAULT_SLOW,
)
from .sources import PUBLIC_SOURCES

MORE: Final = "more"
TOKEN_FIELD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))


def area_schema(country: str | None) -> dict[Any, Any]:
    """Return the field for the bidding zone, with a default for a country that has only one.

    Without a default the field is optional, because the frontend fills a required one with its first option.
    """
    zones_here = zones_of_country(country) if country else ()
    ordered = [*zones_here, *(area for area in BIDDING_ZONES.values() if area not in zones_here)]
    options = [SelectOptionDict(value=area.key, label=f"{area.name} ({area.key})") for area in ordered]
    key = vol.Required(CONF_AREA, default=zones_here[0].key) if len(zones_here) == 1 else vol.Optional(CONF_AREA)
    return {
        key: SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN)),
    }


ADVANCED_FIELDS = {
    vol.Required(MORE): section(
        vol.Schema(
            {
                vol.Required(CONF_URL, default=URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
                vol.Required(CONF_TIMEOUT, default=DEFAULT_TIMEOUT): number_field(
                    MIN_TIMEOUT, MAX_TIMEOUT, "s", whole=True
                ),
            }
        ),
        {"collapsed": True},
    )
}
SOURCES_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_SOURCES, default=list): SelectSelector(
            SelectSelectorConfig(
                options=[source.name for source in PUBLIC_SOURCES], multiple=True, translation_key="price_sources"
            )
        ),
        vol.Optional(CONF_ENTITY): EntitySelector(EntitySelectorConfig(domain="sensor")),
        vol.Optional(CONF_ACTION): TextSelector(),
        vol.Optional(CONF_ACTION_DATA): ObjectSelector(),
        vol.Optional(CONF_ACTION_KEY): TextSelector(),
    }
)
NOTIFY_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_NOTIFY): EntitySelector(EntitySelectorConfig(domain="notify", multiple=True)),
        vol.Required(CONF_SLOW, default=DEFAULT_SLOW): number_field(1, MAX_TIMEOUT, "s", whole=True),
    }
)
