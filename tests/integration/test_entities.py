"""Which entities there are, what they are called, and what they show."""

import json
from pathlib import Path

from homeassistant.components.number import DOMAIN as NUMBER
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.nattery.const import CONF_GROUPS, DOMAIN, PLATFORMS
from custom_components.nattery.core.inverter.derived import DERIVED
from custom_components.nattery.core.inverter.registers import BY_KEY, REGISTERS
from custom_components.nattery.core.inverter.table import RegisterGroup, RegisterKind, Risk
from custom_components.nattery.descriptions import SPECIAL, platform_of

from .books import TRADING_ENTITIES
from .conftest import SERIAL
from .market import PRICE_ENTITIES

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "nattery"
TEXTS = json.loads((INTEGRATION / "translations" / "en.json").read_text())["entity"]
ICONS = json.loads((INTEGRATION / "icons.json").read_text())["entity"]
CONTROLS = {Platform.NUMBER, Platform.SELECT, Platform.SWITCH, Platform.TIME, Platform.BUTTON}

# Registers that no entity shows, and why.
UNSHOWN = {
    "power_command": "risky command: administrators' action only",
    "restart_command": "risky command: administrators' action only",
    "set_soc_command": "risky command: administrators' action only",
    "recovery_command": "destroys; not offered at all",
    "user_password": "secret",
    "password_setting": "secret",
    "manufacturer": "on the device's page",
    "serial_number": "on the device's page",
    "custom_serial_number": "the maker's, not the owner's",
}
# Registers whose entity has a key of its own.
NAMED_APART = {
    "alarm_flags": "alarm",
    "clear_alarms_command": "clear_alarms",
    "clock": "sync_clock",
    "fault_log": "faults",
    "stop_charging_command": "stop_charging",
}
# Not settings of the inverter: their state or options come from nowhere else.
MORE = {
    "binary_sensor": {"connected"},
    "sensor": {
        *DERIVED,
        "active_alarms",
        "clock_drift",
        "communication_errors",
        "last_fault",
        "turnaround_p50",
        "turnaround_p99",
        "values_held",
        "wire_share",
        "writes_today",
    },
    "switch": {f"{action}_window_{number}" for action in ("charge", "discharge") for number in (1, 2, 3)},
}

type Entries = list[er.RegistryEntry]


@pytest.fixture
def every_group(hass: HomeAssistant, house_entry, everything_enabled):
    """Ask for every optional group, and switch every entity on."""
    hass.config_entries.async_update_entry(house_entry, options={CONF_GROUPS: list(RegisterGroup)})


@pytest.fixture
def entries(entity_registry: er.EntityRegistry, every_group, house) -> Entries:
    """Everything there can be."""
    return er.async_entries_for_config_entry(entity_registry, house.entry_id)


def key_of(entry: er.RegistryEntry) -> str:
    return entry.unique_id.removeprefix(f"{SERIAL}_")


async def test_about_forty_are_enabled(hass, entity_registry, house, snapshot):
    entries = er.async_entries_for_config_entry(entity_registry, house.entry_id)
    enabled = [entry for entry in entries if not entry.disabled_by]
    assert 35 <= len(enabled) <= 45
    assert len(hass.states.async_all()) == len(enabled)
    assert sorted(entry.entity_id for entry in enabled) == snapshot


async def test_every_register_is_shown_or_has_a_reason(hass, entries):
    shown = {(entry.domain, key_of(entry)) for entry in entries}
    expected = set()
    for register in REGISTERS:
        platform = platform_of(register)
        if register.kind is RegisterKind.RESERVED or register.key in UNSHOWN:
            assert platform is None, register.key
        else:
            assert platform is not None, register.key
            expected.add((str(platform), NAMED_APART.get(register.key, register.key)))
    assert shown == expected | {(platform, key) for platform, keys in MORE.items() for key in keys}
    assert SPECIAL.keys() - {"alarm_details"} == NAMED_APART.keys()


async def test_every_entity_has_a_value(hass, entries):
    """All of them are there, and only what was not pressed, switched or fired yet is unknown."""
    states = {entry.entity_id: hass.states.get(entry.entity_id).state for entry in entries}
    unknown = {key_of(entry) for entry in entries if states[entry.entity_id] == "unknown"}
    assert "unavailable" not in states.values()
    assert unknown == {"clear_alarms", "sync_clock", "stop_charging", "faults"}


async def test_risky_settings_are_shown_and_cannot_be_changed(hass, entries):
    risky = [entry for entry in entries if (register := BY_KEY.get(key_of(entry))) and register.risk]
    assert len(risky) == sum(register.risk is Risk.RISKY and register.readable for register in REGISTERS)
    for entry in risky:
        assert entry.domain in {"sensor", "binary_sensor"}, entry.entity_id
        assert entry.entity_category == "diagnostic", entry.entity_id


async def test_what_was_not_asked_for_is_off(hass, entity_registry, house):
    for entry in er.async_entries_for_config_entry(entity_registry, house.entry_id):
        register = BY_KEY.get(key_of(entry))
        if register is not None:
            assert bool(entry.disabled_by) is not register.primary, entry.entity_id
            assert register.group is None, entry.entity_id


async def test_a_group_that_is_dropped_leaves_nothing_behind(hass, entity_registry, entries, house):
    optional = {register.key for register in REGISTERS if register.group}
    assert optional <= {key_of(entry) for entry in entries}
    hass.config_entries.async_update_entry(house, options={CONF_GROUPS: [RegisterGroup.HISTORIES]})
    assert await hass.config_entries.async_reload(house.entry_id)
    left = {key_of(e) for e in er.async_entries_for_config_entry(entity_registry, house.entry_id)}
    assert optional & left == {register.key for register in REGISTERS if register.group is RegisterGroup.HISTORIES}


async def test_every_entity_is_translated(hass, entries):
    found = {(entry.domain, entry.translation_key) for entry in entries}
    assert (
        found
        == {(platform, key) for platform, texts in TEXTS.items() for key in texts} - PRICE_ENTITIES - TRADING_ENTITIES
    )
    for entry in entries:
        text = TEXTS[entry.domain][entry.translation_key]
        state = hass.states.get(entry.entity_id)
        assert state.name == f"Inverter {text['name']}", entry.entity_id
        assert text.get("state", {}).keys() == options_of(entry), entry.entity_id


def options_of(entry: er.RegistryEntry) -> set[str]:
    """Every state with a name of its own, those included that a select shows and does not offer."""
    register = BY_KEY.get(key_of(entry))
    return set(register.options.values()) if register else set()


async def test_names_are_told_apart(hass, entries):
    for platform, texts in TEXTS.items():
        names = [text["name"] for text in texts.values()]
        assert len(names) == len(set(names)), platform


async def test_attributes_are_translated(hass, entries):
    own = {"alarms", "alarm_bits", "code", "days", "details", "time", "values"}
    for entry in entries:
        named = TEXTS[entry.domain][entry.translation_key].get("state_attributes", {})
        shown = own & hass.states.get(entry.entity_id).attributes.keys()
        assert shown <= named.keys(), entry.entity_id


async def test_icons_belong_to_entities_and_fill_what_classes_leave(hass, entries):
    known = {(entry.domain, entry.translation_key) for entry in entries}
    others = PRICE_ENTITIES | TRADING_ENTITIES
    assert {(platform, key) for platform, icons in ICONS.items() for key in icons} - others <= known
    for entry in entries:
        if entry.original_device_class in {None, "enum"}:
            assert "default" in ICONS[entry.domain][entry.translation_key], entry.entity_id


async def test_units_have_their_classes(hass, entries):
    """Every number with a unit has a device class; a percentage has none but the battery's own."""
    for entry in entries:
        unit = entry.unit_of_measurement
        if entry.domain in {"sensor", NUMBER} and unit not in {None, "%"}:
            assert entry.original_device_class, entry.entity_id
        if unit == "%":
            assert entry.original_device_class == ("battery" if key_of(entry) == "battery_soc" else None)


async def test_numbers_keep_to_the_table(hass, entries):
    numbers = [entry for entry in entries if entry.domain == NUMBER]
    assert numbers
    for entry in numbers:
        register = BY_KEY[key_of(entry)]
        attributes = hass.states.get(entry.entity_id).attributes
        assert (attributes["min"], attributes["max"]) == (register.low, register.high), entry.entity_id
        assert attributes["step"] == register.scale, entry.entity_id


@pytest.mark.parametrize(
    "key",
    [
        "battery_charge_energy",
        "battery_discharge_energy",
        "pv_energy",
        "load_energy",
        "grid_import_energy",
        "grid_export_energy",
    ],
)
async def test_totals_suit_the_energy_dashboard(hass, entity_registry, house, key):
    entity_id = entity_registry.async_get_entity_id("sensor", DOMAIN, f"{SERIAL}_{key}")
    state = hass.states.get(entity_id)
    assert state.attributes["device_class"] == "energy"
    assert state.attributes["state_class"] == "total_increasing"
    assert state.attributes["unit_of_measurement"] == "kWh"
    assert float(state.state) > 1000


async def test_import_is_what_charged_the_battery_and_what_fed_the_house(hass, entries):
    def energy(name: str) -> float:
        return float(hass.states.get(f"sensor.inverter_{name}").state)

    parts = energy("grid_charge_energy") + energy("load_energy_from_grid")
    assert energy("grid_import_energy") == pytest.approx(parts, abs=0.01)


async def test_registry(hass, entries, snapshot: SnapshotAssertion):
    """What Home Assistant knows of each entity."""
    assert {entry.domain for entry in entries} == set(PLATFORMS) - {Platform.CALENDAR}  # which only trading has
    for entry in sorted(entries, key=lambda entry: entry.entity_id):
        assert entry == snapshot(name=entry.entity_id)


async def test_first_settings(hass, entries, snapshot: SnapshotAssertion):
    """The simulated inverter's settings, which time does not change."""
    settings = [entry.entity_id for entry in entries if entry.domain in CONTROLS - {Platform.BUTTON}]
    assert {entity_id: hass.states.get(entity_id).state for entity_id in sorted(settings)} == snapshot
