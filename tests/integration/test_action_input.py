"""Every action with nothing, with nonsense and by everybody: one translated sentence, and nothing is changed."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nattery.const import DOMAIN

from .books import BookedHouse
from .texts import INTEGRATION

ACTIONS: dict[str, Any] = load_yaml_dict(str(INTEGRATION / "services.yaml"))
NONSENSE: tuple[object, ...] = ("nonsense", -1, 1e99, float("nan"), None, [], {}, [[1]], "x" * 500, True)
ADMINISTRATORS_ONLY = {"read_registers", "write_register", "sync_clock"}
GROUPS = {"administrator": GROUP_ID_ADMIN, "user": GROUP_ID_USER, "viewer": GROUP_ID_READ_ONLY}
# What an action says when it is called with nothing; the others need nothing.
NOTHING = {
    "read_registers": "One of these fields is missing: symbols, address.",
    "write_register": "The field symbol is missing.",
    "find_window": "The field duration is missing.",
    "override": "The field action is missing.",
    "reserve": "Say how much to keep in reserve: a state of charge (soc) from 0 to 100 %, for example 60.",
}


async def sentence(hass: HomeAssistant, name: str, data: dict[str, Any], context: Context) -> str | None:
    """What the caller is answer; None if the action is done."""
    answers = hass.services.supports_response(DOMAIN, name) is not SupportsResponse.NONE
    try:
        await hass.services.async_call(DOMAIN, name, data, blocking=True, return_response=answers, context=context)
    except Unauthorized:
        return "Unauthorized"
    except HomeAssistantError as error:
        return await text_of(hass, error)
    return None


async def text_of(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """The translated text of an error, of this integration or of Home Assistant."""
    domain, placeholders = error.translation_domain, error.translation_placeholders or {}
    assert domain
    texts = await async_get_translations(hass, "en", "exceptions", {domain})
    text = texts[f"component.{domain}.exceptions.{error.translation_key}.message"].format(**placeholders)
    assert domain != DOMAIN or text.endswith((".", "?"))
    return text


async def callers(hass: HomeAssistant) -> dict[str, Context]:
    users = {name: await hass.auth.async_create_user(name, group_ids=[group]) for name, group in GROUPS.items()}
    return {name: Context(user_id=user.id) for name, user in users.items()} | {"automation": Context()}


async def test_an_action_with_nothing(dry: BookedHouse) -> None:
    hass = dry.hass
    for caller, context in (await callers(hass)).items():
        for name in ACTIONS.keys() - {"sync_clock", "refresh_prices", "backtest"}:
            answer = await sentence(hass, name, {}, context)
            if name in NOTHING:
                assert answer in {NOTHING[name], "Unauthorized" if caller == "viewer" else None}, (caller, name)
            elif caller != "viewer":
                assert answer is None, (caller, name)


async def test_an_action_with_nonsense_in_a_field(dry: BookedHouse) -> None:
    hass, trading = dry.hass, dry.site.trading
    assert trading is not None
    before, writes = trading.controller.as_dict(), dry.simulator.device.writes.total()
    right = {"write_register": {"symbol": "MaxChgCurrSet"}, "find_window": {"duration": "01:00"}}
    for caller, context in (await callers(hass)).items():
        for name, action in ACTIONS.items():
            for field in action["fields"]:
                for nonsense in NONSENSE:
                    data = {**right.get(name, {}), field: nonsense}
                    if name == "backtest" and field != "config_entry_id":  # else it would run
                        data |= {"start": "2026-11-20 12:00:00", "end": "2026-11-20 11:00:00"} | {field: nonsense}
                    answer = await sentence(hass, name, data, context)
                    if name in ADMINISTRATORS_ONLY and caller in {"user", "viewer"}:
                        assert answer is not None, (caller, name, field)
    assert trading.controller.as_dict() == before
    assert dry.simulator.device.writes.total() == writes


async def test_a_field_that_is_not_there(dry: BookedHouse) -> None:
    for context in (await callers(dry.hass)).values():
        for name in ACTIONS:
            given = {"symbols": ["BattSoc"]} if name == "read_registers" else {}
            answer = await sentence(dry.hass, name, {**given, "fortune": 1}, context)
            assert answer == "There is no field fortune. Check its spelling." or answer == NOTHING.get(name)


@pytest.mark.parametrize(
    ("name", "data", "answer"),
    [
        ("override", {"action": "hold"}, "One of these fields is missing: until, duration."),
        (
            "override",
            {"action": "hold", "until": "2026-11-20 14:00", "duration": "01:00"},
            "Give only one of the fields until, duration.",
        ),
        (
            "override",
            {"action": "explode", "duration": "01:00"},
            (
                "The value explode of the field action is not allowed. "
                "Choose one of: charge, discharge, hold, self_consume."
            ),
        ),
        (
            "get_ledger",
            {"period": "year"},
            "The value year of the field period is not allowed. Choose one of: day, month, quarter.",
        ),
        ("backtest", {"wear": 1, "battery_price": 1}, "Give only one of the fields wear, battery_price."),
        ("backtest", {"capacity": "big"}, "The value big of the field capacity is not allowed."),
        (
            "get_prices",
            {"kind": "x" * 99},
            f"The value {'x' * 60}... of the field kind is not allowed. Choose one of: export, import, spot.",
        ),
        ("read_registers", {"symbols": ["BattSoc"], "address": 1}, "Give only one of the fields symbols, address."),
    ],
)
async def test_the_sentence_names_field_and_choices(
    dry: BookedHouse,
    name: str,
    data: dict[str, Any],
    answer: str,
) -> None:
    assert await sentence(dry.hass, name, data, Context()) == answer


# --- the config entry


async def test_the_only_entry_may_be_left_out(dry: BookedHouse) -> None:
    other = MockConfigEntry(domain=DOMAIN, title="Garage", data=dict(dry.entry.data), unique_id="other")
    other.add_to_hass(dry.hass)
    assert await sentence(dry.hass, "get_plan", {}, Context()) is None, "the other one has no trading"
    assert await sentence(dry.hass, "get_prices", {}, Context()) is None
    several = "There are several: Garage, Inverter. Name one of them in the field config_entry_id."
    assert await sentence(dry.hass, "read_registers", {"symbols": ["BattSoc"]}, Context()) == several


async def test_without_any_entry(dry: BookedHouse) -> None:
    await dry.hass.config_entries.async_remove(dry.entry.entry_id)
    answer = await sentence(dry.hass, "get_plan", {}, Context())
    assert answer == "Nattery is not set up. Add it under Devices & services."
