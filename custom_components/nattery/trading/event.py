"""The event entity that fires at every change of action, and the event for the activity log."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.components.event.const import ATTR_EVENT_TYPE
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import callback

from ..const import EVENT_ACTION_CHANGED
from ..core.action import ActionKind
from ..core.control.controller import Decision
from .entity import TradingEntity

LEFT_ALONE: Final = "left_alone"  # nothing is done: the inverter cannot be read, or was changed by hand
ACTION_CHANGED: Final = EventEntityDescription(
    key="action_changed", event_types=[*(kind.value for kind in ActionKind), LEFT_ALONE]
)
_COMPARED: Final = ("power", "mode", "reason_key")


class ActionEventEntity(TradingEntity, EventEntity):
    """Fires when the action or its reason changes, but not at a start that changes nothing."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for decisions; the first one was made before this entity was added."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_listen(self._on_decision))
        decision = self.coordinator.data.decision
        if decision is not None and not self._is_last(decision):
            self._fire(decision)

    @callback
    def _on_decision(self, decision: Decision) -> None:
        if not self._is_last(decision):
            self._fire(decision)
            self.async_write_ha_state()

    def _is_last(self, decision: Decision) -> bool:
        """Return whether the last event, possibly of an earlier start, is about the same action and reason."""
        last, attributes = self.state_attributes, self._attributes(decision)
        same_type = last[ATTR_EVENT_TYPE] == _type_of(decision)
        return same_type and all(last.get(name) == attributes.get(name) for name in _COMPARED)

    def _fire(self, decision: Decision) -> None:
        self._trigger_event(_type_of(decision), self._attributes(decision))
        self.hass.bus.async_fire(
            EVENT_ACTION_CHANGED,
            {
                ATTR_CONFIG_ENTRY_ID: self.coordinator.config_entry.entry_id,
                ATTR_DEVICE_ID: self.device_entry.id if self.device_entry else None,
                ATTR_ENTITY_ID: self.entity_id,
                "action": _type_of(decision),
                "name": self.coordinator.subentry.title,
                "text": self.coordinator.activity_text(decision),
            },
        )

    def _attributes(self, decision: Decision) -> dict[str, object]:
        action = decision.action
        return {
            **self.coordinator.reason_texts(),
            "power": decision.battery_power if action else None,
            "until": decision.run.end.isoformat() if decision.run else None,
            "mode": decision.mode.value,
            "performed": decision.performed,
        }


def _type_of(decision: Decision) -> str:
    return decision.action.kind.value if decision.action else LEFT_ALONE
