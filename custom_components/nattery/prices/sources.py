"""Who is asked for the prices of a house: ENTSO-E, public sources, an entity or an action that the user has named."""

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
from ..core.market.price_import import ACTION_UNITS, series_from
from ..core.market.prices import PriceSeries, local_day
from ..core.market.public_sources import LARGEST, Get
from ..core.market.sources import PriceSource, entsoe, public
from .settings import PriceSettings

PUBLIC_SOURCES: Final = public_sources.SOURCES
_PATIENCE = 30.0  # seconds for a public source or an action


def main_supplier(settings: PriceSettings) -> PriceSource:
    """ENTSO-E, as the settings say."""
    start, end = local_day(dt_util.now(settings.area.tzinfo).date(), settings.area.tzinfo)
    return entsoe(PriceQuery(settings.area, start, end, settings.token, settings.url, settings.timeout))


def other_suppliers(hass: HomeAssistant, settings: PriceSettings) -> list[PriceSource]:
    """Those that stand in for it, in order."""
    wanted = [source for name in settings.sources for source in PUBLIC_SOURCES if source.name == name]
    found = [public(source, settings.area, _getter(hass)) for source in wanted]
    suppliers = [supplier for supplier in found if supplier is not None]
    if settings.entity:
        suppliers.append(_entity(hass, settings))
    if settings.action:
        suppliers.append(_action(hass, settings))
    return suppliers


def _getter(hass: HomeAssistant) -> Get:
    session = async_get_clientsession(hass)

    async def get(url: str) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(_PATIENCE), session.get(url, allow_redirects=False) as response:
                body = await response.content.read(LARGEST + 1)
                while len(body) <= LARGEST and (more := await response.content.read(LARGEST)):
                    body += more
        except (TimeoutError, ClientError) as error:
            reason = "no_response" if isinstance(error, TimeoutError) else "broken"
            raise PlatformUnreachableError(URL(url).host or url, reason) from None
        if len(body) > LARGEST:
            raise TooLargeError
        return response.status, body

    return get


def _entity(hass: HomeAssistant, settings: PriceSettings) -> PriceSource:
    """An entity whose attributes hold prices."""
    name = settings.entity

    async def ask(_days: Sequence[date], currency: str) -> list[PriceSeries]:
        state = hass.states.get(name)
        if state is None:
            raise MissingPartError(f"there is no entity {name}")
        unit = state.attributes.get("unit_of_measurement")
        return [_series(settings, name, currency, state.attributes, unit)]

    return PriceSource(name, ask)


def _action(hass: HomeAssistant, settings: PriceSettings) -> PriceSource:
    """An action whose response holds prices; its data may speak of `day`, which is then asked for day by day."""
    name = settings.action
    domain, _, service = name.partition(".")
    unit = ACTION_UNITS.get(domain)

    async def answer(data: Mapping[str, Any]) -> object:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await hass.services.async_call(domain, service, dict(data), blocking=True, return_response=True)
        except Exception:  # noqa: BLE001  (it is somebody else's, and may fail in any way)
            raise PlatformUnreachableError(name, "action") from None

    async def ask(days: Sequence[date], currency: str) -> list[PriceSeries]:
        found: list[PriceSeries] = []
        trouble: MarketError = NotPublishedError()
        questions = [_filled(hass, name, settings.action_data, day) for day in days]
        for data in [data for place, data in enumerate(questions) if data not in questions[:place]]:
            try:
                found.append(_series(settings, name, currency, await answer(data), unit))
            except MarketError as error:  # tomorrow's are often not there, which does not spoil today's
                trouble = error
        if not found:
            raise trouble
        return found

    return PriceSource(name, ask)


def _series(settings: PriceSettings, source: str, currency: str, found: object, unit: str | None) -> PriceSeries:
    return series_from(
        found,
        area=settings.area.key,
        currency=currency or settings.area.currency,
        source=source,
        fetched_at=dt_util.utcnow(),
        unit=unit,
        key=settings.action_key or None if source == settings.action else None,
    )


def _filled(hass: HomeAssistant, name: str, data: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The data of an action with its templates filled in; raises UnreachableError."""

    def fill(value: Any) -> Any:  # noqa: ANN401  (any JSON)
        if isinstance(value, Mapping):
            return {key: fill(within) for key, within in value.items()}
        if isinstance(value, list):
            return [fill(within) for within in value]
        if not isinstance(value, str):
            return value
        return Template(value, hass).async_render({"day": day.isoformat()}, parse_result=False)

    try:
        filled: dict[str, Any] = fill(data)
    except HomeAssistantError:
        raise PlatformUnreachableError(name, "template") from None
    return filled
