"""The websocket commands of what was and what could have been: a day, and the backtest."""

from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import probatio as vol

from ..const import DOMAIN
from ..runtime import NatteryConfigEntry
from ..websocket.access import may_steer, require_sensor
from ..websocket.command import ENTRY, ENTRY_ID, QueryCommand
from ..websocket.errors import unauthorized
from ..websocket.subscription import Feed, PictureFeed, Topic
from .backtest import BACKTEST_FIELDS
from .control_commands import commanded_trading
from .coordinator import TradingCoordinator
from .day import async_day, parse_day
from .sensors import TRADING_SENSORS
from .settings import TRADING

ATTR_DAY: Final = "day"

_require_see = require_sensor(TRADING, TRADING_SENSORS[0].key)


async def _async_day(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Return any local day."""
    return await async_day(commanded_trading(hass, user, fields, _require_see), parse_day(fields[ATTR_DAY]))


def _start_backtest(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Start a backtest, whose progress and result are sent to those who subscribe."""
    options = {name: value for name, value in fields.items() if name != ENTRY_ID}
    commanded_trading(hass, user, fields, _require_see).backtest.start(options, user.id)
    return {}


def _cancel_backtest(hass: HomeAssistant, user: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Cancel the backtest, which whoever started it may do, and whoever may control trading."""
    trading = commanded_trading(hass, user, fields, _require_see)
    if not trading.backtest.was_started_by(user.id) and not may_steer(hass, user, trading.config_entry):
        raise unauthorized()
    return {"cancelled": trading.backtest.cancel()}


def _backtest_feed(_hass: HomeAssistant, entry: NatteryConfigEntry) -> Feed | None:
    trading: TradingCoordinator | None = entry.runtime_data.trading
    return PictureFeed(lambda: trading.backtest.status, trading.backtest.async_listen) if trading else None


BACKTEST_TOPIC: Final = Topic(f"{DOMAIN}/backtest/subscribe", _backtest_feed, _require_see)
DATA_COMMANDS: Final = (
    QueryCommand(f"{DOMAIN}/day", _async_day, fields={**ENTRY, vol.Required(ATTR_DAY): object}),
    QueryCommand(f"{DOMAIN}/backtest/start", _start_backtest, fields={**ENTRY, **BACKTEST_FIELDS}),
    QueryCommand(f"{DOMAIN}/backtest/cancel", _cancel_backtest),
)
