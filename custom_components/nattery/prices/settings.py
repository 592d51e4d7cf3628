"""The settings of prices: the data of the single prices subentry, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..core.market.bidding_zones import BiddingZone, find_zone
from ..core.market.entsoe.ipc import DEFAULT_TIMEOUT, URL
from ..core.market.secret import Secret
from ..core.market.tariff import Tariff

PRICES: Final = "prices"  # the subentry type

CONF_AREA: Final = "area"
CONF_TOKEN: Final = "token"  # noqa: S105  (the name of the key, not the token)
CONF_URL: Final = "url"
CONF_TIMEOUT: Final = "timeout"
CONF_TARIFF: Final = "tariff"
CONF_SOURCES: Final = "sources"
CONF_ENTITY: Final = "entity"
CONF_ACTION: Final = "action"
CONF_ACTION_DATA: Final = "action_data"
CONF_ACTION_KEY: Final = "action_key"
CONF_NOTIFY: Final = "notify"
CONF_SLOW: Final = "slow"

DEFAULT_SLOW: Final = 90  # seconds; slower fetches are notified, if there are notify entities


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """The settings of the prices of one config entry.

    `sources` are the public fallback sources in order. `entity` and `action` come after them; `action_data` is a
    mapping that may contain templates, `action_key` the name of the wanted list in the response. `timeout` and `slow`
    are in seconds.
    """

    area: BiddingZone
    token: Secret
    url: str
    timeout: float
    tariff: Tariff
    sources: tuple[str, ...]
    entity: str
    action: str
    action_data: Mapping[str, Any]
    action_key: str
    notify: tuple[str, ...]
    slow: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PriceSettings:
        """Return the settings from the data of a subentry."""
        return cls(
            area=find_zone(data[CONF_AREA]),
            token=Secret(data[CONF_TOKEN]),
            url=data.get(CONF_URL, URL),
            timeout=data.get(CONF_TIMEOUT, DEFAULT_TIMEOUT),
            tariff=Tariff.from_dict(data.get(CONF_TARIFF, {})),
            sources=tuple(data.get(CONF_SOURCES, ())),
            entity=data.get(CONF_ENTITY, ""),
            action=data.get(CONF_ACTION, ""),
            action_data=data.get(CONF_ACTION_DATA, {}),
            action_key=data.get(CONF_ACTION_KEY, ""),
            notify=tuple(data.get(CONF_NOTIFY, ())),
            slow=data.get(CONF_SLOW, DEFAULT_SLOW),
        )


def price_subentry(entry: ConfigEntry) -> ConfigSubentry | None:
    """Return the prices subentry of a config entry, or None."""
    return next(iter(entry.get_subentries_of_type(PRICES)), None)
