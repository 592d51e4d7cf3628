"""The ENTSO-E stand-in at a fixed time, and queries to it, for several test modules."""

from datetime import UTC, date, datetime, timedelta

from custom_components.nattery.core.market.bidding_zones import find_zone
from custom_components.nattery.core.market.entsoe.ipc import PriceQuery
from custom_components.nattery.core.market.prices import local_day
from custom_components.nattery.core.market.secret import Secret
from scripts.entsoe_standin.server import Behaviour, StandIn

NOW = datetime(2025, 11, 11, 14, 30, tzinfo=UTC)
DAY = date(2025, 11, 12)
TODAY = DAY - timedelta(days=1)
GERMANY = find_zone("DE_LU")
CANARY = "canary-4f1c7d2e/9b&a"


def stand_in(*modes: str, mode: str = "ok", now: datetime = NOW) -> StandIn:
    """Return a stand-in that replies in `modes` first and in `mode` afterwards; use it with `with`."""
    return StandIn(Behaviour(mode=mode, next_modes=list(modes), token=CANARY, now=lambda: now))


def query(url: str, timeout: float = 30.0, *, day: date = DAY, token: str = CANARY, area=GERMANY) -> PriceQuery:
    start, end = local_day(day, area.tzinfo)
    return PriceQuery(area, start - timedelta(days=1), end, Secret(token), url, timeout)
