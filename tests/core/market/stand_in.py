"""What the tests of ENTSO-E share: the stand-in at a fixed time, and questions to it."""

from datetime import UTC, date, datetime, timedelta

from custom_components.nattery.core.market.bidding_zones import find
from custom_components.nattery.core.market.entsoe.ipc import PriceQuery
from custom_components.nattery.core.market.prices import local_day
from custom_components.nattery.core.market.secret import Secret
from scripts.entsoe_standin.server import Behaviour, StandIn

NOW = datetime(2025, 11, 11, 14, 30, tzinfo=UTC)
DAY = date(2025, 11, 12)
TODAY = DAY - timedelta(days=1)
GERMANY = find("DE_LU")
CANARY = "canary-4f1c7d2e/9b&a"


def stand_in(*plan: str, mode: str = "ok", now: datetime = NOW) -> StandIn:
    """A stand-in that follows `plan` and then keeps to `mode`; use it with `with`."""
    return StandIn(Behaviour(mode=mode, plan=list(plan), token=CANARY, now=lambda: now))


def question(url: str, seconds: float = 30.0, *, day: date = DAY, token: str = CANARY, area=GERMANY) -> PriceQuery:
    start, end = local_day(day, area.tzinfo)
    return PriceQuery(area, start - timedelta(days=1), end, Secret(token), url, seconds)
