"""The event entity of prices."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import callback

from ..core.market.events import PriceEvent, PriceEventKind
from .entity import PriceEntity

PRICE_EVENT: Final = EventEntityDescription(key="price_news", event_types=[kind.value for kind in PriceEventKind])


class PriceEventEntity(PriceEntity, EventEntity):
    """Fires when prices are published, revised or replaced, and when fetches fail and recover."""

    @property
    @override
    def available(self) -> bool:
        """Return True: events also matter while there are no prices."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to price events."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_add_event_listener(self._handle_event))

    @callback
    def _handle_event(self, event: PriceEvent) -> None:
        self._trigger_event(event.kind, event.data)
        self.async_write_ha_state()
