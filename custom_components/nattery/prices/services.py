"""The actions about prices: what they are, when they are best, and asking for them now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.util import dt as dt_util
import probatio as vol

from ..action_helpers import moment, period, refuse
from ..const import DOMAIN
from ..core.market.book import KEPT
from ..core.market.prices import PriceSlot, local_day, resampled
from ..core.market.tariff import PriceKind
from ..core.market.windows import NoWindowError, find_window
from ..permissions import async_require
from .coordinator import PriceCoordinator
from .refresh import REFRESH, async_refresh
from .sensors import PRICE_SENSORS

GET_PRICES, FIND_WINDOW, REFRESH_PRICES = "get_prices", "find_window", "refresh_prices"
ATTR_START, ATTR_END, ATTR_KIND, ATTR_RESOLUTION = "start", "end", "kind", "resolution"
ATTR_DURATION, ATTR_EARLIEST, ATTR_LATEST = "duration", "earliest", "latest"
ATTR_GOAL, ATTR_SPLIT, ATTR_MIN_BLOCK = "goal", "split", "min_block"
CHEAPEST, DEAREST = "cheapest", "dearest"

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_RESOLUTIONS: Final = (15, 30, 60)
_ENTRY = {vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string}
_KIND = {
    vol.Optional(ATTR_KIND, default=PriceKind.IMPORT.value): vol.All(
        vol.In([kind.value for kind in PriceKind]), PriceKind
    )
}
_GET_SCHEMA: Final = vol.Schema(
    {
        **_ENTRY,
        **_KIND,
        vol.Optional(ATTR_START): moment,
        vol.Optional(ATTR_END): moment,
        vol.Optional(ATTR_RESOLUTION): vol.All(vol.Coerce(int), vol.In(_RESOLUTIONS)),
    }
)
_FIND_SCHEMA: Final = vol.Schema(
    {
        **_ENTRY,
        **_KIND,
        vol.Required(ATTR_DURATION): period,
        vol.Optional(ATTR_EARLIEST): moment,
        vol.Optional(ATTR_LATEST): moment,
        vol.Optional(ATTR_GOAL, default=CHEAPEST): vol.In([CHEAPEST, DEAREST]),
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
    hass.services.async_register(DOMAIN, REFRESH_PRICES, _async_refresh_prices, vol.Schema(_ENTRY), optional)


async def _async_prices(call: ServiceCall, policy: str) -> PriceCoordinator:
    """The prices that a call is about, for somebody who may read or control them."""
    entry = async_get_config_entry(call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
    prices: PriceCoordinator | None = entry.runtime_data.prices
    if prices is None:
        raise refuse("no_prices", entry=entry.title)
    platform, key = (
        (Platform.BUTTON, REFRESH.key) if policy == POLICY_CONTROL else (Platform.SENSOR, PRICE_SENSORS[0].key)
    )
    await async_require(call.hass, call.context, platform, prices.unique_id(key), policy)
    return prices


def _slots(prices: PriceCoordinator, kind: PriceKind, start: datetime, end: datetime) -> list[PriceSlot]:
    """The slots that overlap [start, end)."""
    zone = prices.pricer.book.zone
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    found: list[PriceSlot] = []
    while day <= last:
        found += [slot for slot in prices.pricer.day(day).slots[kind] if slot.start < end and slot.end > start]
        day += _DAY
    return found


def _gaps(slots: Iterable[PriceSlot], start: datetime, end: datetime) -> list[dict[str, str]]:
    """The stretches of [start, end) without a price."""
    gaps, known = [], start
    for slot in slots:
        if slot.start > known:
            gaps.append({"start": known.isoformat(), "end": slot.start.isoformat()})
        known = max(known, slot.end)
    if known < end:
        gaps.append({"start": known.isoformat(), "end": end.isoformat()})
    return gaps


async def _async_get_prices(call: ServiceCall) -> ServiceResponse:
    """Slots with prices, and the gaps between them; today and what is known of tomorrow unless asked otherwise."""
    prices = await _async_prices(call, POLICY_READ)
    book, kind = prices.pricer.book, call.data[ATTR_KIND]
    now = dt_util.now(book.zone)
    start = call.data.get(ATTR_START, local_day(now.date(), book.zone)[0])
    if ATTR_END in call.data:
        end = call.data[ATTR_END]
    else:
        of_day = local_day(start.astimezone(book.zone).date(), book.zone)[1]
        end = max([of_day, *(slot.end for slot in book.slots(start)[-1:])])
    if not start < end <= start + KEPT:
        raise refuse("bad_range", days=str(KEPT.days))
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
    """The best time from now on; `found` is false where gaps or the time allowed leave none, and `reason` says so."""
    prices = await _async_prices(call, POLICY_READ)
    book, data = prices.pricer.book, call.data
    now = dt_util.utcnow()
    duration, split, shortest = data[ATTR_DURATION], data[ATTR_SPLIT], data.get(ATTR_MIN_BLOCK, timedelta(0))
    if not duration or duration > KEPT:
        raise refuse("bad_duration", days=str(KEPT.days))
    if shortest > duration or (shortest and not split):
        raise refuse("bad_min_block")
    if split and (duration % _MINUTE or shortest % _MINUTE):
        raise refuse("whole_minutes")
    earliest = data.get(ATTR_EARLIEST, now)
    # As far as prices are known; where that is not far enough, it is they that are missing, and not the time.
    latest = data.get(ATTR_LATEST, max(book.known_until(now) or now, earliest + duration))
    if not earliest < latest <= earliest + KEPT:
        raise refuse("bad_range", days=str(KEPT.days))
    slots = _slots(prices, data[ATTR_KIND], earliest, latest)
    about: dict[str, Any] = {"currency": book.currency, "kind": data[ATTR_KIND].value}
    try:
        window = await call.hass.async_add_executor_job(
            lambda: find_window(
                slots,
                duration,
                earliest=earliest,
                latest=latest,
                dearest=data[ATTR_GOAL] == DEAREST,
                split=split,
                min_block=shortest,
            )
        )
    except NoWindowError as error:
        return {**about, "found": False, "reason": error.reason.value, "gaps": _stretches(error.gaps)}
    return {
        **about,
        "found": True,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "mean_price": window.mean,
        "blocks": _stretches(window.blocks),
        "gaps": _stretches(window.gaps),
    }


def _stretches(stretches: Iterable[tuple[datetime, datetime]]) -> list[Any]:
    return [{"start": start.isoformat(), "end": end.isoformat()} for start, end in stretches]


async def _async_refresh_prices(call: ServiceCall) -> ServiceResponse:
    """Ask now, and answer what that changed."""
    prices = await _async_prices(call, POLICY_CONTROL)
    found = await async_refresh(prices)
    now = dt_util.utcnow()
    until = prices.pricer.book.known_until(now)
    return {
        "changes": [{"kind": change.kind.value, "day": change.day.isoformat()} for change in found.changes],
        "freshness": prices.pricer.book.freshness(now).value,
        "known_until": until.isoformat() if until else None,
    }
