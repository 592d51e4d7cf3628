"""The news of prices, as an event entity."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import callback

from ..core.market.events import PriceEvent, PriceEventKind
from .entity import PriceEntity

PRICE_NEWS: Final = EventEntityDescription(key="price_news", event_types=[kind.value for kind in PriceEventKind])


class PriceEventEntity(PriceEntity, EventEntity):
    """Fires when prices are published, revised or come from elsewhere, and when asking fails and recovers."""

    @property
    @override
    def available(self) -> bool:
        """Always: that there are no prices is news as well."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen(self._tell))

    @callback
    def _tell(self, piece: PriceEvent) -> None:
        self._trigger_event(piece.kind, piece.about)
        self.async_write_ha_state()
