"""Errors of the core as translated errors of Home Assistant."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .core.app.reserve import ReserveError, TooManyReservesError
from .core.control.errors import OverrideError
from .core.errors import NatteryError, placeholder_text
from .core.inverter.codec import InvalidValueError
from .core.inverter.errors import InverterError, NotAdjacentError, NotConfirmedError, NotOfferedError
from .core.modbus.errors import InvalidRequestError, ModbusError

CORE_ERRORS = (ModbusError, InverterError)
# The user asked for something impossible.
_USER_ERRORS = (
    InvalidValueError,
    NotOfferedError,
    NotAdjacentError,
    NotConfirmedError,
    InvalidRequestError,
    OverrideError,
    ReserveError,
    TooManyReservesError,
)


def describe(error: NatteryError) -> tuple[str, dict[str, str]]:
    """Return the translation key of an error and its placeholders as text."""
    return error.translation_key, {name: placeholder_text(value) for name, value in error.placeholders.items()}


def translated[ErrorT: HomeAssistantError](kind: type[ErrorT], error: NatteryError) -> ErrorT:
    """Return a Home Assistant error of that kind with the translated text of a core error."""
    key, placeholders = describe(error)
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def action_error(error: NatteryError) -> HomeAssistantError:
    """Return what an action or entity raises: a validation error if the user asked for something impossible."""
    return translated(ServiceValidationError if isinstance(error, _USER_ERRORS) else HomeAssistantError, error)
