"""A home with the blueprints, with prices only or with trading."""

from collections.abc import AsyncIterator
from pathlib import Path
import shutil

import pytest

from ..books import BookedHouse
from ..market import PriceSetup
from ..test_ledger_actions import set_up
from .automated_home import AUTOMATION, ROOT, AutomatedHome
from .trading_home import PLANNER, TradingHome


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of configuration with our blueprints in it."""
    shutil.copytree(ROOT / "blueprints", Path(hass_tmp_config_dir) / "blueprints", dirs_exist_ok=True)
    return hass_tmp_config_dir


@pytest.fixture
async def keeper(price_setup: PriceSetup) -> AsyncIterator[AutomatedHome]:
    """A furnished house, not set up; Friday morning."""
    keeper = AutomatedHome(price_setup)
    await keeper.furnish()
    yield keeper
    await keeper.rest()


@pytest.fixture
async def trader(
    booked: BookedHouse, hass_config_dir: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TradingHome]:
    """A house that trades in automatic mode, at eleven in the morning."""
    booked.hass.config.config_dir = hass_config_dir
    trader = TradingHome(booked)
    monkeypatch.setattr(PLANNER, trader.script.run)
    trader.count_replans(monkeypatch)
    await set_up(booked)
    await trader.call("switch.turn_on", entity_id=trader.entity_id("switch", "automation"))
    await trader.trading.async_replan()
    await trader.phone("Anna's phone")
    trader.sent = trader.catch("mobile_app_anna_s_phone")
    yield trader
    if trader.hass.states.get(AUTOMATION):
        await trader.call("automation.turn_off", entity_id=AUTOMATION)
