"""Schemas of the actions, whose errors are translated sentences, and the config entry that a call is about."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.helpers.typing import VolSchemaType
import probatio as vol

from .action_helpers import refuse
from .const import DOMAIN

type Fields = dict[Any, Any]

_SHOWN: Final = 60  # characters of a value in a sentence


def action_schema(fields: Fields, one_of: Sequence[str] = (), *, needs_one: bool = False) -> VolSchemaType:
    """Return the schema of an action; an entry that is left out is the only one.

    At most one of the fields `one_of` may be given, and one of them must be if `needs_one`. The schema raises
    ServiceValidationError only.
    """
    schema = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, **fields})

    def validate(data: Mapping[str, Any]) -> dict[str, Any]:
        given = [name for name in one_of if name in data]
        if len(given) > 1:
            raise refuse("fields_together", fields=_listed(given))
        try:
            validated: dict[str, Any] = schema(dict(data))
        except vol.MultipleInvalid as error:
            raise _refusal(error.errors[0], data) from None
        if needs_one and not given:
            raise refuse("fields_missing", fields=_listed(one_of))
        return validated

    return vol.All(validate)


def called_entry(call: ServiceCall, subentry_type: str | None = None) -> ConfigEntry[Any]:
    """Return the loaded config entry that a call is about; raises ServiceValidationError.

    Without one in the call, it is the only entry, or the only one with a subentry of a type.
    """
    identifier = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if identifier is None:
        entries = call.hass.config_entries.async_entries(DOMAIN, include_disabled=False)
        suited = [one for one in entries if subentry_type is None or [*one.get_subentries_of_type(subentry_type)]]
        if len(suited) > 1:
            raise refuse("which_entry", entries=_listed(sorted(one.title for one in suited)))
        if not entries:
            raise refuse("no_entry")
        identifier = (suited or entries)[0].entry_id
    entry: ConfigEntry[Any] = async_get_config_entry(call.hass, DOMAIN, identifier)
    return entry


def _refusal(error: vol.Invalid, data: Mapping[str, Any]) -> ServiceValidationError:
    field = str(error.path[0])
    match error:
        case vol.RequiredFieldInvalid():
            return refuse("field_missing", field=field)
        case vol.ExtraKeysInvalid():
            return refuse("field_unknown", field=field)
        case vol.InInvalid() if "values" in error.placeholders:  # not for a value that cannot be hashed
            allowed = _listed(list(map(str, error.placeholders["values"])))
            return refuse("field_not_a_choice", field=field, value=_text(data[field]), choices=allowed)
        case _:
            return refuse("field_invalid", field=field, value=_text(data[field]))


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
