"""The actions that keep a higher reserve for some time."""

from datetime import datetime
from typing import Final

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio as vol

from ..action_helpers import exact_moment, period, refuse
from ..action_schema import action_schema
from ..const import DOMAIN
from ..core.app.reserve import ReserveError, TooManyReservesError
from ..errors import action_error
from .override_requests import ATTR_DURATION, ATTR_START, ATTR_UNTIL
from .reserve_picture import reserve_picture
from .services import ATTR_ID, async_trading

RESERVE, CLEAR_RESERVE = "reserve", "clear_reserve"
ATTR_SOC = "soc"
_PERCENT: Final = 100
_SHOWN: Final = 60  # characters of a value in a sentence
_RANGE: Final = {"low": "0", "high": str(_PERCENT)}

# Which fields there must be is checked below, with sentences that give examples.
_RESERVE: Final = action_schema(
    {
        vol.Optional(ATTR_SOC): object,
        vol.Optional(ATTR_START): exact_moment,
        vol.Optional(ATTR_UNTIL): exact_moment,
        vol.Optional(ATTR_DURATION): period,
    }
)
_CLEAR: Final = action_schema({vol.Optional(ATTR_ID): cv.string})


@callback
def async_setup_reserve_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, RESERVE, _async_reserve, _RESERVE, optional)
    hass.services.async_register(DOMAIN, CLEAR_RESERVE, _async_clear_reserve, _CLEAR, optional)


async def _async_reserve(call: ServiceCall) -> ServiceResponse:
    """Keep a reserve for some time and return it with the id that clears it."""
    trading = await async_trading(call, POLICY_CONTROL)
    soc, start = _soc(call), call.data.get(ATTR_START)
    end = _end(call, start or dt_util.utcnow())
    try:
        return reserve_picture(await trading.async_reserve(soc, end, start))
    except (ReserveError, TooManyReservesError) as error:
        raise action_error(error) from None


def _soc(call: ServiceCall) -> float:
    """Return the wanted state of charge (0 to 1)."""
    given = call.data.get(ATTR_SOC)
    if given is None:
        raise refuse("missing_soc", **_RANGE)
    try:
        percent = -1.0 if isinstance(given, bool) else float(given)
    except TypeError, ValueError:
        percent = -1.0
    if not 0 <= percent <= _PERCENT:
        raise refuse("bad_reserve_soc", soc=str(given)[:_SHOWN], **_RANGE)
    return percent / _PERCENT


def _end(call: ServiceCall, start: datetime) -> datetime:
    until: datetime | None = call.data.get(ATTR_UNTIL)
    if (until is None) == (ATTR_DURATION not in call.data):
        raise refuse("missing_reserve_end")
    return until or start + call.data[ATTR_DURATION]


async def _async_clear_reserve(call: ServiceCall) -> ServiceResponse:
    """Clear one timed reserve, or all, and return how many there were."""
    trading = await async_trading(call, POLICY_CONTROL)
    identifier = call.data.get(ATTR_ID)
    if identifier is not None and identifier not in {one.id for one in trading.timed_reserves}:
        raise refuse("unknown_reserve", id=identifier)
    return {"cleared": await trading.async_clear_reserve(identifier)}
