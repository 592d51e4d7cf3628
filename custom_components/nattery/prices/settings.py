"""What a house says about its prices: the data of its one subentry `prices`, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..core.market.bidding_zones import BiddingZone, find
from ..core.market.entsoe.ipc import SECONDS, URL
from ..core.market.secret import Secret
from ..core.market.tariff import Tariff

PRICES: Final = "prices"  # the type of the subentry

CONF_AREA: Final = "area"
CONF_TOKEN: Final = "token"  # noqa: S105  (where it is, not what it is)
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

DEFAULT_SLOW: Final = 90  # seconds after which a fetch is told of, where somebody wants to be told


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """The settings of one house's prices.

    `sources` are public sources in the order in which they stand in for ENTSO-E, `entity` and `action` (with its data,
    a mapping that may hold templates, and the name of the list wanted in its response) come after them.
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
    def of(cls, data: Mapping[str, Any]) -> PriceSettings:
        """The settings that a subentry's data say, which its flow has made."""
        return cls(
            area=find(data[CONF_AREA]),
            token=Secret(data[CONF_TOKEN]),
            url=data.get(CONF_URL, URL),
            timeout=data.get(CONF_TIMEOUT, SECONDS),
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
    """The one subentry of an entry that is about prices, or None."""
    return next(iter(entry.get_subentries_of_type(PRICES)), None)
