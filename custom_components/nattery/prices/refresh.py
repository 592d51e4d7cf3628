"""Asking for prices at once, from the button and from the action."""

import asyncio
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.market.fetcher import FetchRound
from ..errors import translated
from .coordinator import PriceCoordinator
from .entity import PriceEntity

REFRESH: Final = ButtonEntityDescription(key="refresh_prices", entity_category=EntityCategory.DIAGNOSTIC)


class RefreshButton(PriceEntity, ButtonEntity):
    """Asks for prices now."""

    @property
    @override
    def available(self) -> bool:
        """Always."""
        return True

    @override
    async def async_press(self) -> None:
        """Ask."""
        await async_refresh(self.coordinator)


async def async_refresh(prices: PriceCoordinator) -> FetchRound:
    """Ask ENTSO-E whatever the schedule says, unless it wants quiet; raises a translated error when nothing came."""
    if prices.asking:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="prices_being_fetched")
    if quiet_until := prices.desk.plan().quiet_until:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="prices_wait",
            translation_placeholders={"until": f"{dt_util.as_local(quiet_until):%H:%M}"},
        )
    asking = prices.async_ask(forced=True)
    await asyncio.wait([asking])
    if asking.cancelled():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="prices_cut_off")
    found = asking.result()
    error = prices.desk.errors.get(prices.desk.main.name)
    if error is not None and not found.changes:
        raise translated(HomeAssistantError, error)
    return found
