"""The price sources of a config entry: ENTSO-E, public sources, and an entity or action chosen by the user."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from aiohttp import ClientError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.template import Template
from homeassistant.util import dt as dt_util
from yarl import URL

from ..core.market import public_sources
from ..core.market.entsoe.ipc import PriceQuery
from ..core.market.errors import (
    MarketError,
    MissingPartError,
    NotPublishedError,
    PlatformUnreachableError,
    TooLargeError,
)
from ..core.market.price_import import ACTION_UNITS, import_series
from ..core.market.prices import PriceSeries, local_day
from ..core.market.public_sources import MAX_BYTES, HttpGet
from ..core.market.sources import PriceSource, entsoe_source, public_source
from .settings import PriceSettings

PUBLIC_SOURCES: Final = public_sources.PUBLIC_SOURCES
_TIMEOUT = 30.0  # seconds, for a public source or an action


def primary_source(settings: PriceSettings) -> PriceSource:
    """Return ENTSO-E with these settings."""
    start, end = local_day(dt_util.now(settings.area.tzinfo).date(), settings.area.tzinfo)
    return entsoe_source(PriceQuery(settings.area, start, end, settings.token, settings.url, settings.timeout))


def fallback_sources(hass: HomeAssistant, settings: PriceSettings) -> list[PriceSource]:
    """Return the fallback sources in order."""
    chosen = [source for name in settings.sources for source in PUBLIC_SOURCES if source.name == name]
    found = [public_source(source, settings.area, _http_get(hass)) for source in chosen]
    sources = [source for source in found if source is not None]
    if settings.entity:
        sources.append(_entity(hass, settings))
    if settings.action:
        sources.append(_action(hass, settings))
    return sources


def _http_get(hass: HomeAssistant) -> HttpGet:
    session = async_get_clientsession(hass)

    async def get(url: str) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(_TIMEOUT), session.get(url, allow_redirects=False) as response:
                body = await response.content.read(MAX_BYTES + 1)
                while len(body) <= MAX_BYTES and (more := await response.content.read(MAX_BYTES)):
                    body += more
        except (TimeoutError, ClientError) as error:
            reason = "no_response" if isinstance(error, TimeoutError) else "broken"
            raise PlatformUnreachableError(URL(url).host or url, reason) from None
        if len(body) > MAX_BYTES:
            raise TooLargeError
        return response.status, body

    return get


def _entity(hass: HomeAssistant, settings: PriceSettings) -> PriceSource:
    """Return a source that reads the attributes of an entity."""
    name = settings.entity

    async def fetch_series(_days: Sequence[date], currency: str) -> list[PriceSeries]:
        state = hass.states.get(name)
        if state is None:
            raise MissingPartError(f"there is no entity {name}")
        unit = state.attributes.get("unit_of_measurement")
        return [_import_response(settings, name, currency, state.attributes, unit)]

    return PriceSource(name, fetch_series)


def _action(hass: HomeAssistant, settings: PriceSettings) -> PriceSource:
    """Return a source that calls an action; if its data refers to `day`, it is called once for each day."""
    name = settings.action
    domain, _, service = name.partition(".")
    unit = ACTION_UNITS.get(domain)

    async def response(data: Mapping[str, Any]) -> object:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await hass.services.async_call(domain, service, dict(data), blocking=True, return_response=True)
        except Exception:  # noqa: BLE001  (another integration's action may raise anything)
            raise PlatformUnreachableError(name, "action") from None

    async def fetch_series(days: Sequence[date], currency: str) -> list[PriceSeries]:
        found: list[PriceSeries] = []
        failure: MarketError = NotPublishedError()
        requests = [_rendered_data(hass, name, settings.action_data, day) for day in days]
        for data in [data for place, data in enumerate(requests) if data not in requests[:place]]:
            try:
                found.append(_import_response(settings, name, currency, await response(data), unit))
            except MarketError as error:  # tomorrow's prices are often missing, which must not affect today's
                failure = error
        if not found:
            raise failure
        return found

    return PriceSource(name, fetch_series)


def _import_response(
    settings: PriceSettings, source: str, currency: str, found: object, unit: str | None
) -> PriceSeries:
    return import_series(
        found,
        area=settings.area.key,
        currency=currency or settings.area.currency,
        source=source,
        fetched_at=dt_util.utcnow(),
        unit=unit,
        key=settings.action_key or None if source == settings.action else None,
    )


def _rendered_data(hass: HomeAssistant, name: str, data: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Return the action data with its templates rendered; raise PlatformUnreachableError."""

    def render(value: Any) -> Any:  # noqa: ANN401  (any JSON)
        if isinstance(value, Mapping):
            return {key: render(within) for key, within in value.items()}
        if isinstance(value, list):
            return [render(within) for within in value]
        if not isinstance(value, str):
            return value
        return Template(value, hass).async_render({"day": day.isoformat()}, parse_result=False)

    try:
        rendered: dict[str, Any] = render(data)
    except HomeAssistantError:
        raise PlatformUnreachableError(name, "template") from None
    return rendered
