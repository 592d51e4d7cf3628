"""Logbook entries of changed settings, with the names of their entities, and of changes of the battery's action."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.components.logbook.models import LazyEventPartialState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_ACTION_CHANGED, EVENT_WRITTEN, PLATFORMS
from .core.inverter.registers import BY_KEY
from .core.inverter.render import Json
from .core.inverter.table import Register, RegisterKind
from .texts import common_text

type Describe = Callable[[LazyEventPartialState], dict[str, Any]]


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Register the descriptions of the events of this integration."""

    @callback
    def describe(event: LazyEventPartialState) -> dict[str, str]:
        register = BY_KEY[event.data["key"]]
        old, new = event.data["old"], event.data["new"]
        entry = hass.config_entries.async_get_entry(event.data[ATTR_CONFIG_ENTRY_ID])
        return {
            LOGBOOK_ENTRY_NAME: entry.title if entry else DOMAIN.title(),
            LOGBOOK_ENTRY_MESSAGE: common_text(
                hass,
                _change_text(event.data),
                {
                    "register": _entity_text(hass, register, "name") or register.symbol,
                    "old": _value(hass, register, old),
                    "new": _value(hass, register, new),
                },
            ),
        }

    @callback
    def describe_action(event: LazyEventPartialState) -> dict[str, str]:
        data = event.data
        return {
            LOGBOOK_ENTRY_NAME: data["name"],
            LOGBOOK_ENTRY_MESSAGE: data["text"],
            LOGBOOK_ENTRY_ENTITY_ID: data[ATTR_ENTITY_ID],
        }

    async_describe_event(DOMAIN, EVENT_WRITTEN, describe)
    async_describe_event(DOMAIN, EVENT_ACTION_CHANGED, describe_action)


def _change_text(data: Mapping[str, Any]) -> str:
    """Return the key of the text of a written register."""
    if data["old"] is None:
        return "command_sent"
    return "register_changed_by_trading" if data.get("by_trading") else "register_changed"


def _entity_text(hass: HomeAssistant, register: Register, what: str) -> str | None:
    """Return a text of the entity that shows a register, on whichever platform."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    keys = (f"component.{DOMAIN}.entity.{platform}.{register.key}.{what}" for platform in PLATFORMS)
    return next((texts[key] for key in keys if key in texts), None)


def _value(hass: HomeAssistant, register: Register, value: Json) -> str:
    if register.kind is RegisterKind.FLAG:
        return common_text(hass, "on" if value else "off")
    if isinstance(value, int) and value in register.options:
        name = register.options[value]
        return _entity_text(hass, register, f"state.{name}") or name
    return f"{value} {register.unit}" if register.unit else str(value)
