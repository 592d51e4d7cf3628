"""The topic of the plan for websocket subscriptions: the whole picture, again whenever it changes."""

from typing import Final

from ..const import DOMAIN
from ..websocket.subscription import coordinator_topic
from .sensors import TRADING_SENSORS
from .services import picture
from .settings import TRADING

SUBSCRIBE: Final = f"{DOMAIN}/plan/subscribe"
PLAN_TOPIC: Final = coordinator_topic(
    SUBSCRIBE, lambda runtime: runtime.trading, picture, subentry=TRADING, sensor=TRADING_SENSORS[0].key
)
