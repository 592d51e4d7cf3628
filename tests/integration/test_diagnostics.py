"""What a person can send us when something is wrong; no secrets, nobody's addresses."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.inverter.registers import REGISTERS
from custom_components.nattery.core.simulator.simulator import Simulator

from .conftest import HOST, SERIAL

SECRETS = [register for register in REGISTERS if register.secret]


async def test_diagnostics(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, port: int, hass_client: ClientSessionGenerator
) -> None:
    simulator.device.memory.put_words({secret.symbol: [0x5EC4] for secret in SECRETS})
    del simulator.device.memory.words[0xA033]
    await house.runtime_data.identified_device.async_write({"grid_charge_current_limit": 42})
    await house.runtime_data.identified_device.settings.async_refresh()
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, house)
    assert told["state"] == "loaded"
    assert told["connection"] == {"type": "tcp", "host": "**REDACTED**", "port": port, "unit": 255}
    assert told["identity"]["protocol"] == "1.5"
    assert told["identity"]["values"]["serial_number"] == "**REDACTED**"
    settings = told["polls"]["settings"]
    assert settings["tiers"] == ["settings", "counters"]
    assert settings["interval"] == 60
    assert settings["success"]
    assert settings["words"]["ChgCurrByLineSet"] == "01A4"
    assert settings["failed"] == {"MuteEn": "illegal_address"}
    assert told["polls"]["readings"]["words"]["BattSoc"]
    assert told["set_aside"] == ["0xA033"]
    assert told["wrong_device"] is False
    assert told["line"]["connected"]
    assert told["line"]["statistics"]["requests"] > 10
    assert told["line"]["statistics"]["writes"] == 1
    assert told["line"]["timing"]["margin"] > 0
    assert told["wear"]["total"] == {"grid_charge_current_limit": 1}
    everything = json.dumps(told)
    assert HOST not in everything
    assert SERIAL not in everything
    assert "5EC4" not in everything
    assert not [secret.symbol for secret in SECRETS if secret.symbol in everything]


async def test_diagnostics_of_an_entry_that_did_not_start(
    hass: HomeAssistant, house_entry: MockConfigEntry, simulator: Simulator, hass_client: ClientSessionGenerator
) -> None:
    simulator.stop()
    await hass.config_entries.async_setup(house_entry.entry_id)
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, house_entry)
    assert told["state"] == "setup_retry"
    assert told["reason"] == "link_refused"
    assert told.keys() == {"state", "reason", "connection", "prices", "trading", "options"}
    assert told["prices"] is None
    assert told["trading"] is None


@pytest.mark.parametrize(
    ("device", "told"),
    [("/dev/ttyUSB0", "/dev/ttyUSB0"), ("/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0", "**REDACTED**")],
)
async def test_a_path_with_a_serial_number_is_not_told(
    hass: HomeAssistant,
    house_entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    device: str,
    told: str,
) -> None:
    hass.config_entries.async_update_entry(house_entry, data={"type": "serial", "device": device, "unit": 1})
    await async_setup_component(hass, DOMAIN, {})
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, house_entry)
    assert diagnostics["connection"]["device"] == told
