"""The one place where errors of the core become translated errors of Home Assistant."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .core.inverter.codec import InvalidValueError
from .core.inverter.errors import InverterError, MismatchError, NotConfirmedError, NotOfferedError, WrongDeviceError
from .core.inverter.write_counter import REFUSE_AT, WriteLimitError
from .core.ledger.errors import LedgerError
from .core.market.book import BookError
from .core.market.errors import MarketError
from .core.modbus.errors import (
    BadFrameError,
    ExceptionResponseError,
    InvalidRequestError,
    ModbusError,
    NotConnectedError,
)
from .core.process.errors import WorkerError

CORE_ERRORS = (ModbusError, InverterError, InvalidValueError, WriteLimitError)
# What the texts about prices may speak of; each kind of error has some of it.
_PRICE_DETAILS = ("reason", "status", "seconds", "host", "why")
_USER_ERRORS = (InvalidValueError, NotOfferedError, NotConfirmedError, InvalidRequestError)


def describe(error: Exception) -> tuple[str, dict[str, str]]:  # noqa: C901, PLR0912  (one line a case)
    """The translation key of a core error and what fills its text."""
    match error:
        case NotConnectedError():
            return f"link_{error.reason}", {"place": error.place, "detail": error.detail}
        case BadFrameError():
            return "bad_frame", {"fault": error.fault}
        case ExceptionResponseError():
            return error.kind, {"code": str(error.code)}
        case InvalidValueError():
            register = error.register
            choices = register.choices or tuple(register.options)
            off_step = error.reason == "not_a_choice" and not choices
            return "value_not_a_step" if off_step else f"value_{error.reason}", {
                "register": register.symbol,
                "value": str(error.value),
                "low": f"{register.low:g}" if register.low is not None else "",
                "high": f"{register.high:g}" if register.high is not None else "",
                "unit": f" {register.unit}" if register.unit else "",  # texts have it right after the number
                "step": f"{register.scale:g}",
                "choices": ", ".join(f"{choice:g}" for choice in choices),
            }
        case MismatchError():
            return "mismatch", {
                "register": error.register.symbol,
                "wanted": str(error.wanted),
                "found": str(error.found),
            }
        case NotConfirmedError():
            return "not_confirmed", {"register": error.register.symbol}
        case NotOfferedError():
            return "not_offered", {"register": error.symbol}
        case WriteLimitError():
            return "worn", {"register": error.key, "writes": str(error.writes), "limit": str(REFUSE_AT)}
        case WrongDeviceError():
            return "wrong_device", {}
        case MarketError():
            return f"price_{error.kind}", {name: _said(getattr(error, name, "")) for name in _PRICE_DETAILS}
        case BookError():
            return "price_unfit", {}
        case LedgerError():
            why = getattr(error, "why", "")
            return f"ledger_{error.kind}", {
                "place": str(getattr(error, "place", "")),
                "detail": f" ({why})" if why else "",
            }
        case WorkerError():
            return f"backtest_{error.kind}", {
                "seconds": f"{getattr(error, 'seconds', 0):g}",
                "detail": str(getattr(error, "why", "")),
            }
        case ModbusError():
            return error.kind, {"detail": str(error)}
        case _:
            return "inverter", {"detail": str(error)}


def _said(detail: object) -> str:
    return f"{detail:g}" if isinstance(detail, float) else str(detail)


def translated[ErrorT: HomeAssistantError](kind: type[ErrorT], error: Exception) -> ErrorT:
    """A Home Assistant error of that kind which says what the core's error says, in the user's language."""
    key, placeholders = describe(error)
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def action_error(error: Exception) -> HomeAssistantError:
    """What an action or entity raises: a validation error where the user asked for something impossible."""
    return translated(ServiceValidationError if isinstance(error, _USER_ERRORS) else HomeAssistantError, error)
