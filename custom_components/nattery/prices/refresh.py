"""An immediate fetch of prices, by the button and the action."""

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


class RefreshPricesButton(PriceEntity, ButtonEntity):
    """Fetches prices immediately."""

    @property
    @override
    def available(self) -> bool:
        """Return True: a fetch is most useful while there are no prices."""
        return True

    @override
    async def async_press(self) -> None:
        """Fetch prices."""
        await async_refresh(self.coordinator)


async def async_refresh(prices: PriceCoordinator) -> FetchRound:
    """Fetch from ENTSO-E regardless of the schedule, and return the round.

    Raises a translated error while a round is running, during a pause that ENTSO-E asked for, and if no prices arrived.
    """
    if prices.is_fetching:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="prices_being_fetched")
    if not_before := prices.fetcher.plan_fetch().not_before:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="prices_wait",
            translation_placeholders={"until": f"{dt_util.as_local(not_before):%H:%M}"},
        )
    task = prices.async_fetch(forced=True)
    await asyncio.wait([task])
    if task.cancelled():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="prices_cut_off")
    fetch_round = task.result()
    error = prices.fetcher.errors.get(prices.fetcher.primary.name)
    if error is not None and not fetch_round.changes:
        raise translated(HomeAssistantError, error)
    return fetch_round
