"""The topic of the plan for websocket subscriptions: the whole picture, again whenever it changes."""

from datetime import timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.app.plan_picture import plan_picture
from ..websocket.subscription import Picture, coordinator_topic
from .coordinator import TradingCoordinator
from .sensors import TRADING_SENSORS
from .settings import TRADING

SUBSCRIBE: Final = f"{DOMAIN}/plan/subscribe"


def _picture(trading: TradingCoordinator) -> Picture:
    today = dt_util.now().date()
    days = (trading.expected_day(today), trading.expected_day(today + timedelta(days=1)))
    currency = trading.prices.pricer.book.currency
    return plan_picture(trading.data, trading.preferences, trading.controller, currency, days)


PLAN_TOPIC: Final = coordinator_topic(
    SUBSCRIBE, lambda runtime: runtime.trading, _picture, subentry=TRADING, sensor=TRADING_SENSORS[0].key
)
