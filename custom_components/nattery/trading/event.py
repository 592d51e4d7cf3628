"""The event entity that fires at every change of action."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import callback

from ..core.action import ActionKind
from ..core.control.controller import Decision
from .entity import TradingEntity

LEFT_ALONE: Final = "left_alone"  # nothing is done: the inverter cannot be read, or was changed by hand
ACTION_CHANGED: Final = EventEntityDescription(
    key="action_changed", event_types=[*(kind.value for kind in ActionKind), LEFT_ALONE]
)


class ActionEventEntity(TradingEntity, EventEntity):
    """Fires when the action or its reason changes."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for decisions."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen(self._on_decision))

    @callback
    def _on_decision(self, decision: Decision) -> None:
        action = decision.action
        self._trigger_event(
            action.kind.value if action else LEFT_ALONE,
            {
                **self.coordinator.reason_texts(),
                "power": action.power if action else None,
                "until": decision.run.end.isoformat() if decision.run else None,
                "mode": decision.mode.value,
                "performed": decision.performed,
            },
        )
        self.async_write_ha_state()
