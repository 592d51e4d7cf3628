"""A home with prices and the form of its trading."""

from collections.abc import AsyncIterator
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from scripts.entsoe_standin.server import StandIn

from ..conftest import until
from ..market import add_prices, price_data
from .form import Form


@pytest.fixture
async def home(
    hass: HomeAssistant, house_entry: MockConfigEntry, market: StandIn, tmp_path: Path
) -> AsyncIterator[MockConfigEntry]:
    """The house with prices and a folder of its own, loaded; unloaded at the end."""
    hass.config.config_dir = str(tmp_path)
    add_prices(hass, house_entry, price_data(market.url))
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield house_entry
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_unload(house_entry.entry_id)


@pytest.fixture
def form(hass: HomeAssistant, home: MockConfigEntry) -> Form:
    return Form(hass, home)


@pytest.fixture
async def changer(form: Form, postgresql: str) -> Form:
    """One who trades already, with books in PostgreSQL."""
    await form.open()
    assert (await form.give({"ledger": postgresql}))["type"] is FlowResultType.CREATE_ENTRY
    await until(lambda: form.trading is not None)
    return form
