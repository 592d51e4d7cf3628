"""Setting up trading says what a solar forecast is worth, if there is PV without one."""

from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..test_prices_flow import Result
from ..texts import TEXTS, placeholders_of
from .form import FLOW, Form

HINT = TEXTS["common"]["note_add_provider"]


def described(form: Result) -> str:
    """The description that a form shows."""
    text: str = FLOW["step"][form["step_id"]]["description"]
    return text.format(**form["description_placeholders"])


async def name_provider(hass: HomeAssistant) -> None:
    """Let the Energy dashboard name a solar forecast."""
    assert await async_setup_component(hass, "energy", {})
    entry = MockConfigEntry(domain="forecast_solar", title="Roof")
    entry.add_to_hass(hass)
    source = {"type": "solar", "stat_energy_from": "sensor.sun", "config_entry_solar_forecast": [entry.entry_id]}
    await (await async_get_manager(hass)).async_update({"energy_sources": [source]})  # type: ignore[typeddict-item]


@pytest.fixture
def produced(form: Form, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the inverter says of its PV."""
    device = form.entry.runtime_data.identified_device
    said: dict[str, Any] = {"pv_energy": 1234.5}
    value = device.value
    monkeypatch.setattr(device, "value", lambda key: said[key] if key in said else value(key))
    return said


async def test_pv_without_a_forecast(form: Form, produced: dict[str, Any]) -> None:
    asked = await form.open()
    assert described(asked).endswith(f".\n\n{HINT}")
    again = await form.give({"soc_min": 60, "soc_max": 50})
    assert described(again).endswith(HINT)
    done = await form.give()
    assert (done["type"], done["description"]) == (FlowResultType.CREATE_ENTRY, "add_provider")
    text = FLOW["create_entry"]["add_provider"]
    assert placeholders_of(text) == done["description_placeholders"].keys()
    assert "](/config/integrations/dashboard/add?domain=forecast_solar)" in text.format(
        **done["description_placeholders"]
    )
    assert described(await form.change()).endswith(HINT)


@pytest.mark.parametrize("energy", [0, 0.0, None, "unknown"])
async def test_no_pv(form: Form, produced: dict[str, Any], energy: object) -> None:
    produced["pv_energy"] = energy
    assert HINT not in described(await form.open())
    assert (await form.give())["description"] is None


async def test_pv_with_a_forecast(
    recorder_mock: Any, hass: HomeAssistant, form: Form, produced: dict[str, Any]
) -> None:
    await name_provider(hass)
    assert HINT not in described(await form.open())
    assert (await form.give())["description"] is None


async def test_an_inverter_that_is_not_loaded(form: Form, produced: dict[str, Any]) -> None:
    await form.hass.config_entries.async_unload(form.entry.entry_id)
    assert HINT not in described(await form.open())
