"""The actions: what they give, what they refuse, and whom."""

from datetime import datetime
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.inverter.registers import REGISTERS
from custom_components.nattery.core.inverter.table import Access, RegisterKind
from custom_components.nattery.core.inverter.write_counter import REFUSE_AT
from custom_components.nattery.core.simulator.simulator import Simulator
from custom_components.nattery.trading.backtest import BACKTEST
from custom_components.nattery.trading.ledger_services import GET_LEDGER
from custom_components.nattery.trading.reserve_services import CLEAR_RESERVE, RESERVE
from custom_components.nattery.trading.services import CLEAR_OVERRIDE, EXPLAIN_SLOT, GET_PLAN, OVERRIDE, REPLAN

from .conftest import HOST, SERIAL
from .market import PRICE_ACTIONS
from .texts import INTEGRATION

ACTIONS = {
    "read_registers": {"symbols": ["BattSoc"]},
    "write_register": {"symbol": "MaxChgCurrSet", "value": 60},
    "sync_clock": {},
}
TRADING_ACTIONS = (
    GET_PLAN,
    EXPLAIN_SLOT,
    REPLAN,
    OVERRIDE,
    CLEAR_OVERRIDE,
    RESERVE,
    CLEAR_RESERVE,
    GET_LEDGER,
    BACKTEST,
)
NOT_FOR_READING = [r for r in REGISTERS if r.secret or r.access is Access.WRITE]


async def act(hass: HomeAssistant, entry: MockConfigEntry, action: str, context: Context | None = None, **data: Any):
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": entry.entry_id, **data},
        blocking=True,
        return_response=action != "sync_clock",
        context=context,
    )


async def test_actions_are_there_without_an_entry(hass: HomeAssistant, house_entry: MockConfigEntry) -> None:
    """And say what is the matter when theirs is not loaded."""
    await hass.config_entries.async_setup(house_entry.entry_id)
    await hass.config_entries.async_unload(house_entry.entry_id)
    assert hass.services.async_services_for_domain(DOMAIN).keys() == {*ACTIONS, *PRICE_ACTIONS, *TRADING_ACTIONS}
    for action, data in ACTIONS.items():
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, house_entry, action, **data)
        assert caught.value.translation_key == "service_config_entry_not_loaded"
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(DOMAIN, "sync_clock", {"config_entry_id": "nonsense"}, blocking=True)
    assert caught.value.translation_key == "service_config_entry_not_found"


# Reading


async def test_read_symbols(hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator) -> None:
    simulator.device.memory.put_words({"ChargeStartTime1": [22 * 256 + 30], "OutPriority": [3]})
    symbols = ["BattSoc", "SourceSN", "chargestarttime1", "OutPriority", "LoadConsumLast7day", "PresentTime"]
    values = await act(hass, house, "read_registers", symbols=symbols)
    assert values["SourceSN"] == SERIAL
    assert values["ChargeStartTime1"] == "22:30"
    assert values["OutPriority"] == 3
    assert len(values["LoadConsumLast7day"]) == 7
    assert abs(datetime.fromisoformat(values["PresentTime"]) - dt_util.now().replace(tzinfo=None)).total_seconds() < 5
    assert isinstance(values["BattSoc"], int)
    assert list(values) == [
        "BattSoc",
        "SourceSN",
        "ChargeStartTime1",
        "OutPriority",
        "LoadConsumLast7day",
        "PresentTime",
    ]


async def test_read_faults(hass: HomeAssistant, house: MockConfigEntry) -> None:
    (fault, *_) = (await act(hass, house, "read_registers", symbols="FaultHistory"))["FaultHistory"]
    assert fault["code"] > 0
    assert datetime.fromisoformat(fault["time"])
    assert len(fault["values"]) == 12


@pytest.mark.parametrize("address", [0x7532, "0x7532", "30002"])
async def test_read_words(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, address: int | str
) -> None:
    simulator.device.memory.put_words({"LineFreq": [4998]})
    (soc,) = (await act(hass, house, "read_registers", address=address))["words"]
    assert 0 <= soc <= 100
    words = (await act(hass, house, "read_registers", address=0x756A, count=3))["words"]
    assert len(words) == 3
    assert words[2] in range(4900, 5100)


@pytest.mark.parametrize("register", NOT_FOR_READING, ids=lambda register: register.symbol)
async def test_secrets_and_commands_are_never_read(hass: HomeAssistant, house: MockConfigEntry, register) -> None:
    asked = house.runtime_data.connection.bus.statistics.snapshot().requests
    for question in ({"address": register.address}, {"symbols": [register.symbol]}):
        if register.kind is RegisterKind.RESERVED and "symbols" in question:
            continue
        if register.kind is RegisterKind.RESERVED:
            with pytest.raises(HomeAssistantError):
                await act(hass, house, "read_registers", **question)
            continue
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, house, "read_registers", **question)
        assert caught.value.translation_key == "not_offered"
        assert caught.value.translation_placeholders == {"register": register.symbol}
        assert house.runtime_data.connection.bus.statistics.snapshot().requests == asked


async def test_a_misspelt_symbol_names_its_likes(hass: HomeAssistant, house: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError, match=r"no register MaxChargeCurrSet.*MaxChgCurrSet") as caught:
        await act(hass, house, "read_registers", symbols=["MaxChargeCurrSet"])
    assert caught.value.translation_key == "unknown_symbol_similar"
    with pytest.raises(ServiceValidationError, match=r"This inverter has no register qqqq"):
        await act(hass, house, "write_register", symbol="qqqq", value=1)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"symbols": []},
        {"symbols": ["BattSoc"], "address": 1},
        {"address": "here"},
        {"address": None},
        {"address": 0x10000},
        {"address": -1},
        {"address": 1, "count": 0},
        {"address": 1, "count": 33},
    ],
    ids=str,
)
async def test_impossible_questions(hass: HomeAssistant, house: MockConfigEntry, question: dict[str, Any]) -> None:
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await act(hass, house, "read_registers", **question)


async def test_read_past_the_end(hass: HomeAssistant, house: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, house, "read_registers", address=0xFFFF, count=2)
    assert caught.value.translation_key == "refused_address"


async def test_read_what_is_not_there(hass: HomeAssistant, house: MockConfigEntry) -> None:
    with pytest.raises(HomeAssistantError, match="The inverter does not have this register") as caught:
        await act(hass, house, "read_registers", address=0x0001)
    assert caught.value.translation_key == "illegal_address"


async def test_read_from_a_dead_line(hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator) -> None:
    """Each way of asking says that the gateway is gone; nothing is made up."""
    simulator.stop()
    for question in ({"address": 0x7532}, {"symbols": ["BattSoc"]}):
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, house, "read_registers", **question)
        assert caught.value.translation_key == "link_refused"
        assert caught.value.translation_placeholders is not None
        assert caught.value.translation_placeholders["place"].startswith(HOST)


# Writing


async def test_write(hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator) -> None:
    simulator.device.memory.put_words({"MaxChgCurrSet": [800]})
    first = await act(hass, house, "write_register", symbol="MaxChgCurrSet", value="60.5")
    assert first == {"symbol": "MaxChgCurrSet", "old": 80.0, "new": 60.5, "changed": True}
    assert simulator.device.memory.get("MaxChgCurrSet") == [605]
    again = await act(hass, house, "write_register", symbol="maxchgcurrset", value=60.5)
    assert again == {"symbol": "MaxChgCurrSet", "old": 60.5, "new": 60.5, "changed": False}


@pytest.mark.parametrize(
    ("symbol", "value", "raw"),
    [
        ("OutPriority", "hybrid", [3]),
        ("ChargeStartTime2", "23:45", [23 * 256 + 45]),
        ("OnTimeDischgEn", True, [1]),
    ],
)
async def test_write_of_every_kind(
    hass: HomeAssistant,
    house: MockConfigEntry,
    simulator: Simulator,
    symbol: str,
    value: Any,
    raw: list[int],
) -> None:
    done = await act(hass, house, "write_register", symbol=symbol, value=value)
    assert done["changed"]
    assert simulator.device.memory.get(symbol) == raw


@pytest.mark.parametrize(
    ("symbol", "value", "key", "says"),
    [
        ("MaxChgCurrSet", "lots", "value_not_a_number", "MaxChgCurrSet cannot be lots: that is not a number."),
        ("MaxChgCurrSet", "nan", "value_out_of_range", "MaxChgCurrSet cannot be nan. Allowed: 0 to 300 A."),
        ("MaxChgCurrSet", 301, "value_out_of_range", "MaxChgCurrSet cannot be 301. Allowed: 0 to 300 A."),
        (
            "MaxChgCurrSet",
            0.05,
            "value_not_a_step",
            "MaxChgCurrSet cannot be 0.05. Allowed: 0 to 300 A in steps of 0.1 A.",
        ),
        ("OutPriority", 2.5, "value_not_a_choice", "OutPriority cannot be 2.5. Allowed: 0, 1, 2, 3."),
        ("OutPriority", 4, "value_out_of_range", "OutPriority cannot be 4. Allowed: 0 to 3."),
        (
            "ChargeStartTime1",
            "25:00",
            "value_not_a_time",
            "ChargeStartTime1 cannot be 25:00. Enter a time from 00:00 to 23:59 as HH:MM.",
        ),
        (
            "PresentTime",
            "soon",
            "value_not_a_stamp",
            "PresentTime cannot be soon. Enter a local date and time as YYYY-MM-DDTHH:MM:SS.",
        ),
        ("BattSoc", 50, "not_offered", None),
        ("RecoveryCtrl", 1, "not_offered", None),
        ("UserPassWord", 1, "not_offered", None),
        (
            "BatType",
            6,
            "not_confirmed",
            "BatType is a risky setting. If you are sure, confirm the write explicitly.",
        ),
    ],
)
async def test_impossible_writes_never_reach_the_wire(
    hass: HomeAssistant, house: MockConfigEntry, symbol: str, value: Any, key: str, says: str | None
) -> None:
    asked = house.runtime_data.connection.bus.statistics.snapshot().requests
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, house, "write_register", symbol=symbol, value=value)
    assert caught.value.translation_key == key
    assert says is None or f"{caught.value}." == says  # Home Assistant takes the full stop away
    assert house.runtime_data.connection.bus.statistics.snapshot().requests == asked


async def test_a_new_unit_id_is_followed_beyond_a_reload(
    hass: HomeAssistant, simulator: Simulator, house: MockConfigEntry
) -> None:
    await act(hass, house, "write_register", symbol="CommIdSet", value=9, confirm=True)
    assert simulator.device.unit == 9
    assert house.data["unit"] == 9
    assert await hass.config_entries.async_reload(house.entry_id)
    assert house.runtime_data.identified_device.inverter.unit == 9


async def test_risky_writes_need_confirmation(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator
) -> None:
    done = await act(hass, house, "write_register", symbol="BatType", value=6, confirm=True)
    assert done["new"] == 6
    assert simulator.device.memory.get("BatType") == [6]


async def test_automations_stop_where_the_memory_wears_and_people_do_not(
    hass: HomeAssistant, house: MockConfigEntry, hass_admin_user: User
) -> None:
    wear = house.runtime_data.identified_device.inverter.write_counter
    for _ in range(REFUSE_AT):
        wear.record("max_charge_current", house.runtime_data.identified_device.today)
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, house, "write_register", symbol="MaxChgCurrSet", value=33)
    assert caught.value.translation_key == "worn"
    person = Context(user_id=hass_admin_user.id)
    done = await act(hass, house, "write_register", person, symbol="MaxChgCurrSet", value=33)
    assert done["changed"]


async def test_sync_clock(hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator) -> None:
    await act(hass, house, "write_register", symbol="PresentTime", value="2020-01-02T03:04:05")
    await act(hass, house, "sync_clock")
    shown = (await act(hass, house, "read_registers", symbols=["PresentTime"]))["PresentTime"]
    assert abs((datetime.fromisoformat(shown) - dt_util.now().replace(tzinfo=None)).total_seconds()) < 5


# Who may


@pytest.mark.parametrize("action", ACTIONS)
async def test_users_who_may_only_look_may_not_act(
    hass: HomeAssistant, house: MockConfigEntry, hass_read_only_user: User, action: str
) -> None:
    await refuses(hass, house, action, hass_read_only_user)


@pytest.mark.parametrize("action", ACTIONS)
async def test_users_who_may_switch_lights_may_not_act(
    hass: HomeAssistant, house: MockConfigEntry, hass_admin_user: User, action: str
) -> None:
    user = await hass.auth.async_create_user("Anna", group_ids=["system-users"])
    assert user.permissions.check_entity("number.anything", POLICY_CONTROL)
    await refuses(hass, house, action, user)


async def refuses(hass: HomeAssistant, entry: MockConfigEntry, action: str, user: User) -> None:
    asked = entry.runtime_data.connection.bus.statistics.snapshot().requests
    with pytest.raises(Unauthorized):
        await act(hass, entry, action, Context(user_id=user.id), **ACTIONS[action])
    assert entry.runtime_data.connection.bus.statistics.snapshot().requests == asked


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_read_only_token_is_refused_by_the_websocket(
    hass: HomeAssistant,
    house: MockConfigEntry,
    simulator: Simulator,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    action: str,
) -> None:
    before = simulator.device.memory.get("MaxChgCurrSet")
    client = await hass_ws_client(hass, hass_read_only_access_token)
    await client.send_json_auto_id(
        {
            "type": "call_service",
            "domain": DOMAIN,
            "service": action,
            "service_data": {"config_entry_id": house.entry_id, **ACTIONS[action]},
            "return_response": action != "sync_clock",
        }
    )
    message = await client.receive_json()
    assert not message["success"]
    assert message["error"]["message"] == "Unauthorized"
    assert simulator.device.memory.get("MaxChgCurrSet") == before


@pytest.mark.parametrize("platform", ["number", "select", "switch", "time", "button"])
async def test_a_read_only_user_can_change_nothing_by_entity(
    hass: HomeAssistant,
    house: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    hass_read_only_user: User,
    platform: str,
) -> None:
    data = {
        "number": ("set_value", {"value": 1}),
        "select": ("select_option", {"option": "hybrid"}),
        "switch": ("turn_on", {}),
        "time": ("set_value", {"time": "01:00:00"}),
        "button": ("press", {}),
    }
    action, values = data[platform]
    entities = [
        entity.entity_id
        for entity in er.async_entries_for_config_entry(entity_registry, house.entry_id)
        if entity.domain == platform and not entity.disabled
    ]
    assert entities
    for entity_id in entities:
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                platform,
                action,
                {"entity_id": entity_id, **values},
                blocking=True,
                context=Context(user_id=hass_read_only_user.id),
            )


def test_services_yaml_knows_every_action() -> None:
    assert load_yaml_dict(str(INTEGRATION / "services.yaml")).keys() == {*ACTIONS, *PRICE_ACTIONS, *TRADING_ACTIONS}
