"""The actions about prices: get prices, find a window, refresh prices."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import probatio as vol

from ..action_helpers import moment, period, refuse
from ..action_schema import action_schema, called_entry
from ..const import DOMAIN
from ..core.market.book import RETENTION
from ..core.market.prices import PriceSlot, local_day, resampled
from ..core.market.tariff import PriceKind
from ..core.market.windows import NoWindowError, find_window
from ..permissions import async_require
from .coordinator import PriceCoordinator
from .refresh import REFRESH, async_refresh
from .sensors import PRICE_SENSORS
from .settings import PRICES

GET_PRICES, FIND_WINDOW, REFRESH_PRICES = "get_prices", "find_window", "refresh_prices"
ATTR_START, ATTR_END, ATTR_KIND, ATTR_RESOLUTION = "start", "end", "kind", "resolution"
ATTR_DURATION, ATTR_EARLIEST, ATTR_LATEST = "duration", "earliest", "latest"
ATTR_GOAL, ATTR_SPLIT, ATTR_MIN_BLOCK = "goal", "split", "min_block"
CHEAPEST, MOST_EXPENSIVE = "cheapest", "dearest"

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_RESOLUTIONS: Final = (15, 30, 60)
_KIND = {
    vol.Optional(ATTR_KIND, default=PriceKind.IMPORT.value): vol.All(
        vol.In([kind.value for kind in PriceKind]), PriceKind
    )
}
_GET_SCHEMA: Final = action_schema(
    {
        **_KIND,
        vol.Optional(ATTR_START): moment,
        vol.Optional(ATTR_END): moment,
        vol.Optional(ATTR_RESOLUTION): vol.All(vol.Coerce(int), vol.In(_RESOLUTIONS)),
    }
)
_FIND_SCHEMA: Final = action_schema(
    {
        **_KIND,
        vol.Required(ATTR_DURATION): period,
        vol.Optional(ATTR_EARLIEST): moment,
        vol.Optional(ATTR_LATEST): moment,
        vol.Optional(ATTR_GOAL, default=CHEAPEST): vol.In([CHEAPEST, MOST_EXPENSIVE]),
        vol.Optional(ATTR_SPLIT, default=False): cv.boolean,
        vol.Optional(ATTR_MIN_BLOCK): period,
    }
)


@callback
def async_setup_price_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    only, optional = SupportsResponse.ONLY, SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, GET_PRICES, _async_get_prices, _GET_SCHEMA, only)
    hass.services.async_register(DOMAIN, FIND_WINDOW, _async_find_window, _FIND_SCHEMA, only)
    hass.services.async_register(DOMAIN, REFRESH_PRICES, _async_refresh_prices, action_schema({}), optional)


async def _async_prices(call: ServiceCall, policy: str) -> PriceCoordinator:
    """Return the prices that an action is about, if the user may read or control them."""
    entry = called_entry(call, PRICES)
    prices: PriceCoordinator | None = entry.runtime_data.prices
    if prices is None:
        raise refuse("no_prices", entry=entry.title)
    platform, key = (
        (Platform.BUTTON, REFRESH.key) if policy == POLICY_CONTROL else (Platform.SENSOR, PRICE_SENSORS[0].key)
    )
    await async_require(call.hass, call.context, platform, prices.unique_id(key), policy)
    return prices


def _slots(prices: PriceCoordinator, kind: PriceKind, start: datetime, end: datetime) -> list[PriceSlot]:
    """Return the slots that overlap [start, end)."""
    zone = prices.pricer.book.zone
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    fetch_round: list[PriceSlot] = []
    while day <= last:
        fetch_round += [slot for slot in prices.pricer.day(day).slots[kind] if slot.start < end and slot.end > start]
        day += _DAY
    return fetch_round


def _gaps(slots: Iterable[PriceSlot], start: datetime, end: datetime) -> list[dict[str, str]]:
    """Return the intervals of [start, end) without a price."""
    gaps, known_until = [], start
    for slot in slots:
        if slot.start > known_until:
            gaps.append({"start": known_until.isoformat(), "end": slot.start.isoformat()})
        known_until = max(known_until, slot.end)
    if known_until < end:
        gaps.append({"start": known_until.isoformat(), "end": end.isoformat()})
    return gaps


async def _async_get_prices(call: ServiceCall) -> ServiceResponse:
    """Return slots with prices and the gaps between them; by default today and the known part of tomorrow."""
    prices = await _async_prices(call, POLICY_READ)
    book, kind = prices.pricer.book, call.data[ATTR_KIND]
    now = dt_util.now(book.zone)
    start = call.data.get(ATTR_START, local_day(now.date(), book.zone)[0])
    if ATTR_END in call.data:
        end = call.data[ATTR_END]
    else:
        of_day = local_day(start.astimezone(book.zone).date(), book.zone)[1]
        end = max([of_day, *(slot.end for slot in book.slots(start)[-1:])])
    if not start < end <= start + RETENTION:
        raise refuse("bad_range", days=str(RETENTION.days))
    slots = _slots(prices, kind, start, end)
    if ATTR_RESOLUTION in call.data:
        slots = list(resampled(slots, call.data[ATTR_RESOLUTION] * _MINUTE))
    return {
        "area": book.area,
        "currency": book.currency,
        "kind": kind.value,
        "freshness": book.freshness(now).value,
        "slots": [
            {"start": slot.start.isoformat(), "end": slot.end.isoformat(), "price": slot.price} for slot in slots
        ],
        "gaps": list(_gaps(slots, start, end)),
    }


async def _async_find_window(call: ServiceCall) -> ServiceResponse:
    """Return the best window, from now on by default; without one, `found` is false and `reason` says why."""
    prices = await _async_prices(call, POLICY_READ)
    book, data = prices.pricer.book, call.data
    now = dt_util.utcnow()
    duration, split, min_block = data[ATTR_DURATION], data[ATTR_SPLIT], data.get(ATTR_MIN_BLOCK, timedelta(0))
    if not duration or duration > RETENTION:
        raise refuse("bad_duration", days=str(RETENTION.days))
    if min_block > duration or (min_block and not split):
        raise refuse("bad_min_block")
    if split and (duration % _MINUTE or min_block % _MINUTE):
        raise refuse("whole_minutes")
    earliest = data.get(ATTR_EARLIEST, now)
    # At least the duration, so that the reason is missing prices and not missing time.
    latest = data.get(ATTR_LATEST, max(book.known_until(now) or now, earliest + duration))
    if not earliest < latest <= earliest + RETENTION:
        raise refuse("bad_range", days=str(RETENTION.days))
    slots = _slots(prices, data[ATTR_KIND], earliest, latest)
    header: dict[str, Any] = {"currency": book.currency, "kind": data[ATTR_KIND].value}
    try:
        window = await call.hass.async_add_executor_job(
            lambda: find_window(
                slots,
                duration,
                earliest=earliest,
                latest=latest,
                most_expensive=data[ATTR_GOAL] == MOST_EXPENSIVE,
                split=split,
                min_block=min_block,
            )
        )
    except NoWindowError as error:
        return {**header, "found": False, "reason": error.reason.value, "gaps": _intervals(error.gaps)}
    return {
        **header,
        "found": True,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "mean_price": window.mean,
        "blocks": _intervals(window.blocks),
        "gaps": _intervals(window.gaps),
    }


def _intervals(intervals: Iterable[tuple[datetime, datetime]]) -> list[Any]:
    return [{"start": start.isoformat(), "end": end.isoformat()} for start, end in intervals]


async def _async_refresh_prices(call: ServiceCall) -> ServiceResponse:
    """Fetch prices and return the changes."""
    prices = await _async_prices(call, POLICY_CONTROL)
    fetch_round = await async_refresh(prices)
    now = dt_util.utcnow()
    until = prices.pricer.book.known_until(now)
    return {
        "changes": [{"kind": change.kind.value, "day": change.day.isoformat()} for change in fetch_round.changes],
        "freshness": prices.pricer.book.freshness(now).value,
        "known_until": until.isoformat() if until else None,
    }
