"""The websocket commands that set, undo and compare overrides, as the screen uses them."""

from datetime import timedelta
from itertools import count
from typing import Any

from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.nattery.core.action import ActionKind
from custom_components.nattery.trading.coordinator import TradingCoordinator

from .books import BookedHouse, berlin
from .test_ledger_actions import set_up as set_up_trading
from .test_trading_permissions import entity_id
from .texts import TEXTS

PLANNING = timedelta(seconds=2)
HOUR_S = 3600
HOLD = {"action": "hold", "duration_s": HOUR_S}


class Screen:
    """A websocket connection of one user to one home."""

    def __init__(self, house: BookedHouse, client: MockHAClientWebSocket) -> None:
        self.house, self.client = house, client
        self._numbers = count(1)

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        message = {"id": next(self._numbers), "type": f"nattery/{kind}", "entry_id": self.house.entry.entry_id}
        await self.client.send_json(message | fields)
        answer: dict[str, Any] = await self.client.receive_json()
        return answer

    async def result(self, kind: str, **fields: Any) -> Any:
        answer = await self.ask(kind, **fields)
        assert answer["success"], answer
        return answer["result"]

    async def refusal(self, kind: str, **fields: Any) -> tuple[str, str]:
        """Return the key and the sentence of the error, and check that nothing has changed."""
        before = trading_of(self.house).controller.as_dict()
        error = (await self.ask(kind, **fields))["error"]
        assert trading_of(self.house).controller.as_dict() == before
        text = TEXTS["exceptions"][error["translation_key"]]["message"]
        return error["translation_key"], text.format(**error["translation_placeholders"] or {})


def trading_of(house: BookedHouse) -> TradingCoordinator:
    assert house.site.trading is not None
    return house.site.trading


@pytest.fixture
async def house(booked: BookedHouse) -> BookedHouse:
    await set_up_trading(booked)
    await booked.walk(PLANNING)
    await trading_of(booked).async_set_automatic(on=True)
    return booked


@pytest.fixture
async def screen(house: BookedHouse, hass_ws_client: WebSocketGenerator) -> Screen:
    return Screen(house, await hass_ws_client(house.hass))


async def test_several_slots_are_set_replaced_and_undone(screen: Screen) -> None:
    trading = trading_of(screen.house)
    first = await screen.result(
        "override",
        set=[
            {"action": "charge", "power_w": 2000, "duration_s": HOUR_S},
            {"action": "hold", "start": "2026-11-20 20:00:00", "end": "2026-11-20 21:00:00"},
        ],
    )
    charge, hold = first["set"]
    assert (charge["action"], charge["power_w"], hold["start"]) == ("charge", 2000, berlin("20:00").isoformat())
    assert charge["user"]
    assert first["undo"] == {"set": [], "clear": [charge["id"], hold["id"]]}
    planned = [slot for slot in trading.data.plan or () if slot.override]
    assert {slot.override for slot in planned} == {charge["id"], hold["id"]}
    assert trading.data.decision is not None
    assert trading.data.decision.reason.key == "control_override"

    second = await screen.result("override", set=[HOLD], clear=[charge["id"]])
    assert second["cleared"] == 1
    assert [one.kind for one in trading.controller.overrides] == [ActionKind.HOLD, ActionKind.HOLD]

    await screen.result("override", **second["undo"])
    assert {(one.kind, one.power) for one in trading.controller.overrides} == {
        (ActionKind.CHARGE, 2000.0),
        (ActionKind.HOLD, 0.0),
    }
    assert (await screen.result("override", clear="all"))["cleared"] == 2
    assert trading.controller.overrides == ()
    assert not [slot for slot in trading.data.plan or () if slot.override]


async def test_a_change_is_tried_out_and_nothing_is_changed(screen: Screen) -> None:
    trading = trading_of(screen.house)
    before, plan = trading.controller.as_dict(), trading.data.plan
    same = await screen.result("what_if")
    assert same["difference"] == 0
    sold = await screen.result("what_if", overrides=[{"action": "discharge", "duration_s": 2 * HOUR_S}])
    assert sold["difference"] > 0.01
    assert sold["difference"] == pytest.approx(sold["cost_then"] - sold["cost_now"], abs=2e-4)
    assert sold["action"][:4] == ["discharge"] * 4
    assert len(sold["soc"]) == len(sold["start"]) == len(sold["action"])
    assert sold["start"][1] % 900 == 0
    assert dt_util.parse_datetime(sold["until"])
    reserve = await screen.result("what_if", reserve=0.9)
    assert reserve["difference"] > 0
    assert trading.controller.as_dict() == before
    assert trading.data.plan is plan


async def test_an_override_costs_what_was_said_before(screen: Screen) -> None:
    """The plan with the override is the one that was compared."""
    asked = [{"action": "discharge", "power_w": 3000, "duration_s": HOUR_S}]
    said = await screen.result("what_if", overrides=asked)
    (override,) = (await screen.result("override", set=asked))["set"]
    back = await screen.result("what_if", clear=[override["id"]])
    assert back["cost_now"] == pytest.approx(said["cost_then"], abs=1e-3)
    assert back["cost_then"] == pytest.approx(said["cost_now"], abs=1e-3)


REFUSED: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("override", {"set": [{}]}, "field_missing"),
    ("override", {"set": [{"action": 5, "duration_s": 60}]}, "field_not_a_choice"),
    ("override", {"set": [{"action": "hold"}]}, "override_end"),
    ("override", {"set": [{**HOLD, "end": "2026-11-20 21:00:00"}]}, "override_end"),
    ("override", {"set": [{"action": "hold", "end": "soon"}]}, "bad_time"),
    ("override", {"set": [{"action": "hold", "end": "2026-11-20 10:00:00"}]}, "bad_override"),
    ("override", {"set": [{"action": "hold", "duration_s": "long"}]}, "bad_period"),
    ("override", {"set": [{"action": "charge", "power_w": 4.5, "duration_s": 60}]}, "power_in_kw"),
    ("override", {"set": [{"action": "charge", "power_w": "x", "duration_s": 60}]}, "bad_power"),
    ("override", {"set": [{**HOLD, "colour": "red"}]}, "field_unknown"),
    ("override", {"set": "hold"}, "bad_list"),
    ("override", {"set": [HOLD, 7]}, "bad_list"),
    ("override", {"set": [HOLD] * 201}, "bad_list"),
    ("override", {"set": [HOLD, {"action": "hold", "duration_s": 0}]}, "bad_override"),
    ("override", {"clear": 5}, "bad_list"),
    ("override", {"clear": ["99"]}, "unknown_override"),
    ("override", {"clear": [{}]}, "unknown_override"),
    ("what_if", {"overrides": [{"action": "hold", "duration_s": 0}]}, "bad_override"),
    ("what_if", {"strategy": "get_rich"}, "field_not_a_choice"),
    ("what_if", {"reserve": 20}, "bad_reserve"),
    ("what_if", {"reserve": True}, "bad_reserve"),
)


async def test_nonsense_is_refused_in_one_sentence(screen: Screen) -> None:
    for kind, fields, key in REFUSED:
        found, sentence = await screen.refusal(kind, **fields)
        assert found == key, fields
        assert sentence.endswith((".", "?"))
    assert await screen.refusal("override", set=[{"action": "charge", "power_w": 4.5, "duration_s": 60}]) == (
        "power_in_kw",
        "4.5 W is very little. Powers are in watts: did you mean 4500?",
    )


async def test_without_a_plan_nothing_can_be_compared(screen: Screen) -> None:
    await screen.house.hass.config_entries.async_unload(screen.house.entry.entry_id)
    error = (await screen.ask("what_if"))["error"]
    assert error["translation_key"] == "entry_not_loaded"
    error = (await screen.ask("what_if", entry_id="nothing"))["error"]
    assert error["translation_key"] == "unknown_entry"


async def test_while_the_inverter_is_silent_nothing_can_be_compared(screen: Screen) -> None:
    readings = screen.house.site.identified_device.readings
    readings.async_set_update_error(TimeoutError("silent"))
    found, _ = await screen.refusal("what_if")
    assert found == "no_plan"


@pytest.mark.parametrize(
    ("group", "kind", "is_allowed"),
    [
        (GROUP_ID_READ_ONLY, "override", False),
        (GROUP_ID_READ_ONLY, "resume", False),
        (GROUP_ID_READ_ONLY, "what_if", True),
        (GROUP_ID_USER, "override", True),
        (GROUP_ID_USER, "resume", True),
    ],
)
async def test_who_may(house: BookedHouse, hass_ws_client: WebSocketGenerator, group, kind, is_allowed) -> None:
    hass: HomeAssistant = house.hass
    user = await hass.auth.async_create_user("Somebody", group_ids=[group])
    token = hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user, CLIENT_ID))
    screen = Screen(house, await hass_ws_client(hass, token))
    answer = await screen.ask(kind)
    assert answer["success"] is is_allowed
    if not is_allowed:
        assert answer["error"]["code"] == "unauthorized"


async def test_another_integration_is_no_home(screen: Screen) -> None:
    other = MockConfigEntry(domain="sun")
    other.add_to_hass(screen.house.hass)
    error = (await screen.ask("override", entry_id=other.entry_id))["error"]
    assert error["translation_key"] == "unknown_entry"


async def test_the_next_change_is_the_end_of_the_override(screen: Screen) -> None:
    """At its exact time, which need not be the start of a slot."""
    (override,) = (await screen.result("override", set=[{"action": "hold", "end": "2026-11-20 12:07:00"}]))["set"]
    state = screen.house.hass.states.get(entity_id(screen.house, "sensor", "next_action_change"))
    assert state is not None
    assert dt_util.parse_datetime(state.state) == berlin("12:07") == dt_util.parse_datetime(override["end"])
