"""Adding and changing trading: what the form asks, suggests and saves."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.trading.settings import settings_from
from scripts.entsoe_standin.server import StandIn
from tests.core.ledger.postgresql_server import PostgresqlServer

from ..conftest import until
from ..market import add_prices, price_data
from ..test_prices_flow import Result, initial_values
from ..texts import TEXTS
from .form import AUTOMATION, DEFAULTS, GIVEN, Form, name_of


async def test_what_is_asked_is_kept_and_the_rest_has_defaults(form: Form) -> None:
    asked = await form.open()
    assert (asked["type"], asked["step_id"], asked["errors"]) == (FlowResultType.FORM, "user", {})
    done = await form.give()
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "Battery trading")
    assert done["unique_id"] == "trading"
    assert form.data == {**GIVEN, **DEFAULTS}
    assert form.trading.settings == settings_from(form.data), "it was loaded anew"
    automation = form.hass.states.get(AUTOMATION)
    assert automation is not None
    assert automation.state == "off"
    await until(lambda: form.trading.recorder.savings is not None)
    assert form.has_file


async def test_everything_that_can_be_said(form: Form) -> None:
    more = {"cycles": 8000, "wear": 0.04, "efficiency": 88, "soc_min": 20, "soc_max": 95, "peak_price": 80}
    await form.open()
    await form.give(more)
    assert form.data == {**GIVEN, **more}


async def test_only_one(form: Form) -> None:
    await form.open()
    await form.give()
    again = await form.open()
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "single")


async def test_prices_come_first(hass: HomeAssistant, house: MockConfigEntry) -> None:
    result = await Form(hass, house).open()
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "prices_first")


@pytest.mark.parametrize(("low", "high"), [(60, 50), (50, 50)])
async def test_a_charge_without_room(form: Form, low: int, high: int) -> None:
    await form.open()
    more = {"cycles": 7000, "efficiency": 85, "soc_min": low, "soc_max": high, "peak_price": 12}
    again = await form.give(more, capacity=12)
    assert (again["step_id"], again["errors"]) == ("user", {"base": "no_room"})
    assert initial_values(again) == {**GIVEN, "capacity": 12, "more": more}
    done = await form.give({**more, "soc_max": 90})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert (form.data["soc_min"], form.data["soc_max"]) == (low, 90)


@pytest.mark.parametrize(
    "wrong",
    [{"capacity": 0}, {"battery_price": "dear"}, {"charge": "much"}, {"more": "none"}],
    ids=str,
)
async def test_numbers_out_of_range_are_refused_by_the_form(form: Form, wrong: dict[str, Any]) -> None:
    await form.open()
    with pytest.raises(InvalidData):
        await form.flows.async_configure(form.flow_id, {**GIVEN, "more": {}, **wrong})
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("field", "power", "sentence"),
    [
        ("charge", 4500, "4500 kW: did you mean 4.5 kW? Allowed is 0.1 to 100 kW."),
        ("discharge", 101, "101 kW: did you mean 0.101 kW? Allowed is 0.1 to 100 kW."),
        ("charge", 0, "0 kW is not allowed. Allowed is 0.1 to 100 kW."),
        ("import", 11000, "11000 kW: did you mean 11 kW? Allowed is 0.1 to 1000 kW."),
        ("import", 5e6, "5e+06 kW is not allowed. Allowed is 0.1 to 1000 kW."),
        ("export", -1, "-1 kW is not allowed. Allowed is 0 to 1000 kW."),
    ],
)
async def test_a_power_in_the_wrong_unit_is_named(form: Form, field: str, power: float, sentence: str) -> None:
    await form.open()
    again = await form.give(**{field: power})
    assert again["errors"].keys() == {field}
    text = TEXTS["config_subentries"]["trading"]["error"][again["errors"][field]]
    assert text.format(**again["description_placeholders"]) == sentence
    assert initial_values(again)[field] == power
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY


async def test_suggestions_are_the_settings_of_the_inverter(form: Form) -> None:
    site = form.entry.runtime_data
    power = round(
        site.identified_device.value("max_charge_current") * site.identified_device.value("battery_voltage") / 1000, 3
    )
    limit = site.identified_device.value("max_grid_power") / 1000
    assert power > 0
    assert limit > 0
    asked = initial_values(await form.open())
    more = asked.pop("more")
    assert asked == {"charge": power, "discharge": power, "import": limit, "export": limit}
    assert more == {**DEFAULTS, "soc_min": site.identified_device.value("soc_stop_discharge")}


async def test_what_the_inverter_does_not_limit_is_not_suggested(form: Form) -> None:
    site = form.entry.runtime_data
    await site.identified_device.async_write({"max_grid_power": 0})
    assert site.identified_device.value("max_grid_power") == 0
    assert initial_values(await form.open()).keys() == {"charge", "discharge", "more"}


async def test_without_readings_nothing_is_suggested(form: Form, simulator: Simulator, hasty: None) -> None:
    """As after a start at which the inverter did not answer."""
    simulator.stop()
    await form.hass.config_entries.async_reload(form.entry.entry_id)
    await form.hass.async_block_till_done(wait_background_tasks=True)
    assert initial_values(await form.open()) == {"more": DEFAULTS}


async def test_without_the_house_running_nothing_is_suggested(form: Form) -> None:
    await form.hass.config_entries.async_unload(form.entry.entry_id)
    asked = await form.open()
    assert initial_values(asked) == {"more": DEFAULTS}
    assert units_of(asked) == {"EUR", "EUR/kWh", "EUR/kW"}
    assert (await form.give())["type"] is FlowResultType.CREATE_ENTRY


def units_of(asked: Result) -> set[str]:
    """In which units money is asked for."""
    fields = asked["data_schema"].schema
    found = {str(marker): field for marker, field in (*fields.items(), *fields["more"].schema.schema.items())}
    return {found[name].config["unit_of_measurement"] for name in ("battery_price", "wear", "peak_price")}


async def test_money_is_in_the_currency_of_the_prices(
    hass: HomeAssistant, house_entry: MockConfigEntry, market: StandIn, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    market.behaviour.mode = "currency"
    add_prices(hass, house_entry, price_data(market.url, area="PL"))
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert units_of(await Form(hass, house_entry).open()) == {"PLN", "PLN/kWh", "PLN/kW"}
    assert await hass.config_entries.async_unload(house_entry.entry_id)


async def test_changes_are_traded_with_at_once(form: Form) -> None:
    await form.open()
    await form.give({"wear": 0.05, "soc_min": 20})
    before = form.trading
    asked = await form.change()
    assert (asked["step_id"], asked["errors"]) == ("reconfigure", {})
    assert initial_values(asked) == {**GIVEN, "more": {**DEFAULTS, "wear": 0.05, "soc_min": 20}}
    again = await form.give({"soc_min": 90, "soc_max": 80}, capacity=14)
    assert (again["step_id"], again["errors"]) == ("reconfigure", {"base": "no_room"})
    assert initial_values(again)["capacity"] == 14
    done = await form.give({"soc_min": 30}, capacity=14)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert form.data == {**GIVEN, "capacity": 14, **DEFAULTS, "soc_min": 30}, "wear was left empty"
    assert form.trading is not before
    assert (form.trading.settings.capacity, form.trading.settings.soc_min) == (14, 0.3)
    assert form.trading.settings.wear == pytest.approx(3000 / (2 * 14 * 6000))


async def test_an_address_left_empty_stays_and_is_not_asked(changer: Form, server: PostgresqlServer) -> None:
    """Whoever changes something else does not have to wait for a database that is away."""
    address = changer.data["ledger"]
    server.execute(f"ALTER DATABASE {name_of(address)} WITH ALLOW_CONNECTIONS false")
    assert "ledger" not in initial_values(await changer.change())["more"]
    done = await changer.give({"ledger": "  "}, capacity=14)
    assert done["reason"] == "reconfigure_successful"
    assert (changer.data["ledger"], changer.data["capacity"]) == (address, 14)


async def test_another_address_is_tried(changer: Form, server: PostgresqlServer) -> None:
    before = changer.data
    await changer.change()
    again = await changer.give({"ledger": server.url("nowhere")})
    assert (again["step_id"], again["errors"]) == ("reconfigure", {"base": "bad_ledger"})
    assert changer.data == before
    server.execute(f"CREATE DATABASE other_{name_of(before['ledger'])}")
    other = server.url(f"other_{name_of(before['ledger'])}")
    assert (await changer.give({"ledger": other}))["reason"] == "reconfigure_successful"
    assert changer.data["ledger"] == other
    assert changer.trading.settings.ledger == other


async def test_the_word_file_brings_the_books_back(changer: Form) -> None:
    await changer.change()
    assert (await changer.give({"ledger": "file"}))["reason"] == "reconfigure_successful"
    assert "ledger" not in changer.data
    await until(lambda: changer.trading.recorder.savings is not None)
    assert changer.has_file
