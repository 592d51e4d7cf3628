"""The errors of websocket commands: a code, a key, and one sentence in the language of Home Assistant."""

from typing import Any, Final

from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import (
    ERR_HOME_ASSISTANT_ERROR,
    ERR_INVALID_FORMAT,
    ERR_NOT_ALLOWED,
    ERR_NOT_FOUND,
    ERR_UNAUTHORIZED,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import probatio as vol

from ..const import DOMAIN, LOGGER
from ..core.errors import NatteryError
from ..errors import action_error
from ..texts import error_text

_LONGEST = 60  # characters of a value that are repeated in a sentence


class CommandError(HomeAssistantError):
    """A websocket command that cannot be carried out; `code` is for programs, the translation for people."""

    def __init__(self, code: str, key: str, **placeholders: str) -> None:
        """Store the code, and the translation key with its placeholders."""
        super().__init__(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
        self.code = code


def not_found(key: str, **placeholders: str) -> CommandError:
    """Return the error of a command about something that does not exist."""
    return CommandError(ERR_NOT_FOUND, key, **placeholders)


def unauthorized() -> CommandError:
    """Return the error of a command that its user has no permission for."""
    return CommandError(ERR_UNAUTHORIZED, "not_permitted")


def field_error(error: vol.Invalid, fields: dict[str, Any]) -> CommandError:
    """Return the error of fields that a schema rejects."""
    first = error.errors[0] if isinstance(error, vol.MultipleInvalid) else error
    key = next((key for kind, key in _FIELD_ERRORS.items() if isinstance(first, kind)), "field_not_allowed")
    value: Any = fields
    for step in first.path:
        value = value.get(step) if isinstance(value, dict) else value[step] if isinstance(value, list) else None
    shown = {"value": str(value)[:_LONGEST]} if key == "field_not_allowed" else {}
    return CommandError(ERR_INVALID_FORMAT, key, field=".".join(str(step) for step in first.path), **shown)


@callback
def send_error(hass: HomeAssistant, connection: ActiveConnection, number: int, error: Exception) -> None:
    """Answer the command with this number by an error."""
    shown = _visible(error)
    connection.send_error(
        number,
        _code(shown),
        error_text(hass, shown),
        translation_domain=shown.translation_domain,
        translation_key=shown.translation_key,
        translation_placeholders=dict(shown.translation_placeholders or {}),
    )


_FIELD_ERRORS: Final[dict[type[vol.Invalid], str]] = {
    vol.RequiredFieldInvalid: "field_missing",
    vol.ExtraKeysInvalid: "field_unknown",
}


def _visible(error: Exception) -> HomeAssistantError:
    """Return what the user is shown of an error; one that nobody expects goes to the log."""
    match error:
        case Unauthorized():
            return unauthorized()
        case HomeAssistantError():
            return error
        case NatteryError():
            return action_error(error)
    LOGGER.error("A websocket command failed", exc_info=error)
    return CommandError(ERR_HOME_ASSISTANT_ERROR, "unexpected")


def _code(error: HomeAssistantError) -> str:
    if isinstance(error, CommandError):
        return error.code
    return ERR_NOT_ALLOWED if isinstance(error, ServiceValidationError) else ERR_HOME_ASSISTANT_ERROR
