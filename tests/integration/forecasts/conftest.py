"""A home in Berlin whose clock stands still, and its forecasts."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
)

from custom_components.nattery.core.inverter.registers import BY_KEY
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.trading.forecasts import ForecastService
from custom_components.nattery.trading.inverter_system import InverterEnergyHistory

from .recorded import EVENING


@pytest.fixture
async def stopped(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """The clock of a house in Berlin, stopped on an evening."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to(EVENING)
    return freezer


@pytest.fixture
def forgetful(stopped: FrozenDateTimeFactory, simulator: Simulator) -> None:
    """Its inverter remembers no day: its statistics have just been cleared."""
    simulator.device.write(BY_KEY["recovery_command"].address, [0xBB])


@pytest.fixture
async def forecasts(forgetful: None, house: MockConfigEntry, hass: HomeAssistant) -> AsyncIterator[ForecastService]:
    """The forecasts of the house, whose history is what the test gives it; closed at the end."""
    forecasts = ForecastService(hass, house, InverterEnergyHistory(hass, house.runtime_data.identified_device))
    yield forecasts
    if house.state is ConfigEntryState.LOADED:
        await forecasts.async_close()
