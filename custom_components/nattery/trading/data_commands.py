"""The websocket commands of what was and what could have been: a day, and the backtest."""

from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import probatio as vol

from ..const import DOMAIN
from ..runtime import NatteryConfigEntry
from ..websocket.access import find_loaded_entry, may_steer, require_sensor
from ..websocket.command import ENTRY, ENTRY_ID, QueryCommand
from ..websocket.errors import not_found, unauthorized
from ..websocket.subscription import Feed, PictureFeed, Topic
from .backtest import BACKTEST_FIELDS
from .coordinator import TradingCoordinator
from .day import async_day, parse_day
from .sensors import TRADING_SENSORS
from .settings import TRADING

ATTR_DAY: Final = "day"

_require_see = require_sensor(TRADING, TRADING_SENSORS[0].key)


def _trading(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> TradingCoordinator:
    """Return the coordinator that a command names; raises CommandError if there is none or the user may not see it."""
    entry = find_loaded_entry(hass, fields[ENTRY_ID])
    _require_see(hass, user, entry)
    trading = entry.runtime_data.trading
    if trading is None:
        raise not_found("no_trading", entry=entry.title)
    return trading


async def _async_day(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Return any local day."""
    return await async_day(_trading(hass, user, fields), parse_day(fields[ATTR_DAY]))


def _start_backtest(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Start a backtest, whose progress and result are sent to those who subscribe."""
    options = {name: value for name, value in fields.items() if name != ENTRY_ID}
    _trading(hass, user, fields).backtest.start(options, user.id)
    return {}


def _cancel_backtest(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Cancel the backtest, which whoever started it may do, and whoever may control trading."""
    trading = _trading(hass, user, fields)
    if not trading.backtest.was_started_by(user.id) and not may_steer(hass, user, trading.config_entry):
        raise unauthorized()
    return {"cancelled": trading.backtest.cancel()}


def _backtest_feed(_hass: HomeAssistant, entry: NatteryConfigEntry) -> Feed | None:
    if (trading := entry.runtime_data.trading) is None:
        return None
    job = trading.backtest
    return PictureFeed(lambda: job.status, job.async_listen)


BACKTEST_TOPIC: Final = Topic(f"{DOMAIN}/backtest/subscribe", _backtest_feed, _require_see)
DATA_COMMANDS: Final = (
    QueryCommand(f"{DOMAIN}/day", _async_day, fields={**ENTRY, vol.Required(ATTR_DAY): object}),
    QueryCommand(f"{DOMAIN}/backtest/start", _start_backtest, fields={**ENTRY, **BACKTEST_FIELDS}),
    QueryCommand(f"{DOMAIN}/backtest/cancel", _cancel_backtest),
)
