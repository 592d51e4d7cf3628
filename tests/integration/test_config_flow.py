"""Setting up on real ports: every kind of connection, every way it can fail, and success after each failure."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
import errno
import os
from pathlib import Path
import socket
import subprocess
import sys
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import serial

from custom_components.nattery.config_flow import _async_explain
from custom_components.nattery.const import DOMAIN
from custom_components.nattery.core.modbus import errors as modbus_errors
from custom_components.nattery.core.modbus.errors import ModbusError, NotConnectedError
from custom_components.nattery.core.simulator.faults import FaultKind, FaultPlan, LineFault
from custom_components.nattery.core.simulator.initial_state import serial_number
from custom_components.nattery.core.simulator.simulator import Simulator

from .conftest import HOST, SERIAL
from .texts import TEXTS, fields_of, placeholders_of

TCP_KINDS = {"tcp": "tcp", "rtu_over_tcp": "rtu"}
HOLD_PORT = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_program(port: str) -> Iterator[int]:
    """Let a program of its own own the port; gives its process id."""
    command = [sys.executable, "-c", HOLD_PORT, port]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid


@pytest.fixture
def terminal(serial_port: str) -> str:
    """The name that the system itself gives to the serial port."""
    return os.path.realpath(serial_port)


@pytest.fixture
def owning_group(terminal: str) -> str:
    """Whoever may open the serial port."""
    return Path(terminal).group()


@pytest.fixture
def setups() -> Iterator[Any]:
    """Leave the entry alone once it is made; what it does then is tested elsewhere."""
    with patch("custom_components.nattery.async_setup_entry", return_value=True) as setup:
        yield setup


@pytest.fixture
def start() -> Iterator[Callable[..., Simulator]]:
    """Start inverters that are gone at the end of the test."""
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(Simulator(turnaround=0.001, **more))


async def choose(hass: HomeAssistant, kind: str) -> ConfigFlowResult:
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["serial", "tcp", "rtu_over_tcp", "simulated"]
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": kind})


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> ConfigFlowResult:
    menu = await entry.start_reconfigure_flow(hass)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["serial", "tcp", "rtu_over_tcp"]
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": kind})


async def answer(hass: HomeAssistant, form: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
    assert form["type"] is FlowResultType.FORM
    return await hass.config_entries.flow.async_configure(form["flow_id"], {"more": {}, **fields})


def told(form: ConfigFlowResult) -> str:
    """The error of a form, as the user reads it."""
    assert form["type"] is FlowResultType.FORM
    key = form["errors"]["base"]
    placeholders = form["description_placeholders"]
    text: str = TEXTS["config"]["error"][key]
    assert placeholders_of(text) <= placeholders.keys(), key
    return text.format(**placeholders)


# Success


async def test_serial(hass: HomeAssistant, serial_port: str, setups: Any) -> None:
    form = await choose(hass, "serial")
    assert form["errors"] == {}
    done = await answer(hass, form, name="Cellar", device=serial_port)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Cellar"
    assert done["data"] == {"type": "serial", "device": serial_port, "unit": 1}
    assert done["result"].unique_id == SERIAL
    assert len(setups.mock_calls) == 1


@pytest.mark.parametrize("kind", TCP_KINDS)
@pytest.mark.usefixtures("setups")
async def test_gateways(hass: HomeAssistant, start: Callable[..., Simulator], kind: str, socket_enabled) -> None:
    port = start(unit=17).serve_tcp(HOST, framing=TCP_KINDS[kind])
    done = await answer(hass, await choose(hass, kind), name="", host=f" {HOST} ", port=port)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Battery"
    assert done["data"] == {"type": kind, "host": HOST, "port": port, "unit": 17}


@pytest.mark.usefixtures("setups", "hasty")
async def test_a_given_unit_is_the_only_one_asked(
    hass: HomeAssistant, start: Callable[..., Simulator], socket_enabled: None
) -> None:
    port = start(unit=17).serve_tcp(HOST)
    form = await answer(hass, await choose(hass, "tcp"), name="House", host=HOST, port=port, more={"unit": 18})
    assert "No inverter responds" in told(form)
    done = await answer(hass, form, name="House", host=HOST, port=port, more={"unit": 17})
    assert done["data"]["unit"] == 17


async def test_simulated(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, hass_storage: dict[str, Any], socket_enabled: None
) -> None:
    """From the first click to values on the screen, nothing patched."""
    form = await choose(hass, "simulated")
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {"name": ""})
    assert done["title"] == "Simulated battery"
    assert done["data"]["type"] == "simulated"
    await hass.async_block_till_done()
    entry = done["result"]
    assert entry.state is ConfigEntryState.LOADED
    soc = entity_registry.async_get_entity_id("sensor", DOMAIN, f"{SERIAL}_battery_soc")
    assert 0 <= float(hass.states.get(soc).state) <= 100
    again = await hass.config_entries.flow.async_configure((await choose(hass, "simulated"))["flow_id"], {"name": "B"})
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert await hass.config_entries.async_unload(entry.entry_id)


# Failure, each time with success after it


@pytest.mark.usefixtures("setups")
async def test_no_port(hass: HomeAssistant, serial_port: str) -> None:
    form = await answer(hass, await choose(hass, "serial"), name="B", device="/dev/ttyNOWHERE")
    assert told(form) == (
        "/dev/ttyNOWHERE does not exist. Check that the adapter is plugged in and that the path is correct."
    )
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups")
async def test_no_serial_port(hass: HomeAssistant, serial_port: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no port")
    form = await answer(hass, await choose(hass, "serial"), name="B", device=str(file))
    assert told(form) == f"{file} is not a serial port. Choose the port of the RS485 adapter."
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups")
async def test_nothing_chosen(hass: HomeAssistant, serial_port: str, port: int) -> None:
    form = await answer(hass, await choose(hass, "serial"), name="B", device=" ")
    assert form["errors"] == {"device": "missing"}
    await succeeds(hass, form, device=serial_port)
    form = await answer(hass, await choose(hass, "tcp"), name="B", host="", port=port)
    assert form["errors"] == {"host": "missing"}
    assert (await answer(hass, form, name="B", host=HOST, port=port))["reason"] == "already_configured"


@pytest.mark.usefixtures("setups")
async def test_no_permission(hass: HomeAssistant, serial_port: str, owning_group: str) -> None:
    """Permissions do not hold for the administrator, so here, and only here, the system's answer is made up."""
    form = await choose(hass, "serial")
    refusal = PermissionError(errno.EACCES, "Permission denied")
    with patch("serial.serialposix.os.open", side_effect=refusal):
        form = await answer(hass, form, name="B", device=serial_port)
    assert told(form) == (
        f"Home Assistant is not allowed to open {serial_port}. "
        f"Add the user that runs Home Assistant to the group {owning_group}, then restart Home Assistant."
    )
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups")
async def test_in_use_by_another_program(hass: HomeAssistant, serial_port: str) -> None:
    form = await choose(hass, "serial")
    with held_by_another_program(serial_port) as holder:
        form = await answer(hass, form, name="B", device=serial_port)
    assert f"{serial_port} is in use by " in told(form)
    assert f"(PID {holder})" in told(form)
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups")
async def test_in_use_by_another_entry(hass: HomeAssistant, serial_port: str, terminal: str) -> None:
    """Whatever name of the port that entry knows."""
    other = MockConfigEntry(domain=DOMAIN, title="Garage", data={"type": "serial", "device": terminal})
    other.add_to_hass(hass)
    other.mock_state(hass, ConfigEntryState.LOADED)
    form = await choose(hass, "serial")
    with serial.Serial(serial_port, exclusive=True):
        form = await answer(hass, form, name="B", device=serial_port)
    assert f"{serial_port} is in use by Garage." in told(form)
    other.mock_state(hass, ConfigEntryState.NOT_LOADED)
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups")
async def test_in_use_by_ourselves(hass: HomeAssistant, serial_port: str) -> None:
    await succeeds(hass, await choose(hass, "serial"), device=serial_port)
    again = await answer(hass, await choose(hass, "serial"), name="B", device=serial_port)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.usefixtures("setups")
async def test_refused(hass: HomeAssistant, port: int) -> None:
    with socket.socket() as closed:
        closed.bind((HOST, 0))
        nobody = closed.getsockname()[1]
    form = await answer(hass, await choose(hass, "tcp"), name="B", host=HOST, port=nobody)
    assert f"{HOST}:{nobody} refused the connection." in told(form)
    await succeeds(hass, form, host=HOST, port=port)


@pytest.mark.usefixtures("setups")
async def test_unreachable(hass: HomeAssistant, port: int) -> None:
    form = await choose(hass, "tcp")
    with patch("socket.create_connection", side_effect=OSError(errno.EHOSTUNREACH, "No route to host")):
        form = await answer(hass, form, name="B", host="10.9.8.7", port=port)
    assert told(form).startswith(f"10.9.8.7:{port} cannot be reached (No route to host).")
    await succeeds(hass, form, host=HOST, port=port)


@pytest.mark.usefixtures("setups", "hasty")
async def test_nobody_answers(hass: HomeAssistant, serial_port: str) -> None:
    """Swapped wires, no power: a port with nothing behind it."""
    master, slave = os.openpty()
    try:
        form = await answer(hass, await choose(hass, "serial"), name="B", device=os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)
    assert told(form).startswith("No inverter responds. Check that it has power, that wires A and B are not swapped")
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups", "hasty")
async def test_wrong_baud(
    hass: HomeAssistant, start: Callable[..., Simulator], serial_port: str, tmp_path: Path
) -> None:
    fast = start(baud=19200, seed=2).serve_pty(tmp_path / "fast")
    form = await answer(hass, await choose(hass, "serial"), name="B", device=fast)
    assert "that the line runs at 9600 baud" in told(form)
    await succeeds(hass, form, device=serial_port)


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (LineFault(FaultKind.CRC), "bad_frame", "garbled"),
        (LineFault(FaultKind.TRUNCATED), "bad_frame", "garbled"),
        (LineFault(FaultKind.EXCEPTION, code=11), "gateway", "cannot reach an inverter (Modbus exception 11)"),
        (LineFault(FaultKind.EXCEPTION, code=6), "device_busy", "busy"),
        (LineFault(FaultKind.EXCEPTION, code=4), "device_failure", "an internal failure"),
        (LineFault(FaultKind.EXCEPTION, code=2), "wrong_device", "not an inverter of this family"),
        (LineFault(FaultKind.EXCEPTION, code=99), "exception", "unknown Modbus exception 99"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
@pytest.mark.usefixtures("setups", "hasty")
async def test_a_line_that_fails(
    hass: HomeAssistant,
    start: Callable[..., Simulator],
    serial_port: str,
    tmp_path: Path,
    fault: LineFault,
    error: str,
    says: str,
) -> None:
    bad = start(faults=FaultPlan(script=dict.fromkeys(range(1, 50), fault))).serve_pty(tmp_path / "bad")
    form = await answer(hass, await choose(hass, "serial"), name="B", device=bad)
    assert form["errors"] == {"base": error}
    assert says in told(form)
    await succeeds(hass, form, device=serial_port)


@pytest.mark.usefixtures("setups")
async def test_another_kind_of_device(
    hass: HomeAssistant, start: Callable[..., Simulator], serial_port: str, tmp_path: Path
) -> None:
    """A heat meter, say: it answers the same address with another protocol version."""
    meter = start(seed=2)
    meter.device.memory.put_words({"ProtocolVer": [0x0305]})
    form = await answer(hass, await choose(hass, "serial"), name="B", device=meter.serve_pty(tmp_path / "meter"))
    assert form["errors"] == {"base": "wrong_device"}
    await succeeds(hass, form, device=serial_port)


async def succeeds(hass: HomeAssistant, form: ConfigFlowResult, **fields: Any) -> None:
    done = await answer(hass, form, name="Battery", **fields)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["result"].unique_id == SERIAL


async def test_every_error_of_the_line_has_its_text(hass: HomeAssistant) -> None:
    """Whatever the line may raise while an inverter is looked for."""
    errors: list[ModbusError] = [NotConnectedError("place", reason, "detail") for reason in modbus_errors._REASONS]
    errors += [modbus_errors.exception_response(code, "a question") for code in (*modbus_errors.EXCEPTIONS, 99)]
    errors += [modbus_errors.BadFrameError("crc", "text"), modbus_errors.NoResponseError(), ModbusError("text")]
    errors += [modbus_errors.InvalidRequestError(part, 9, 1, 5) for part in modbus_errors._PARTS]
    with patch("custom_components.nattery.config_flow._async_claimant", return_value=None):
        for error in errors:
            key, placeholders = await _async_explain(hass, error)
            assert placeholders_of(TEXTS["config"]["error"][key]) <= placeholders.keys(), key


# An inverter that has an entry


async def test_set_up_again_elsewhere_updates_the_entry(
    hass: HomeAssistant, house: MockConfigEntry, serial_port: str
) -> None:
    again = await answer(hass, await choose(hass, "serial"), name="B", device=serial_port)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")
    await hass.async_block_till_done()
    assert house.data == {"type": "serial", "device": serial_port, "unit": 1}
    assert house.state is ConfigEntryState.LOADED
    assert house.runtime_data.connection.bus.endpoint == serial_port


async def test_reconfigured(hass: HomeAssistant, house: MockConfigEntry, serial_port: str) -> None:
    form = await reconfigure(hass, house, "serial")
    assert "name" not in {str(key) for key in form["data_schema"].schema}
    done = await answer(hass, form, device=serial_port)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    assert house.data == {"type": "serial", "device": serial_port, "unit": 1}
    assert house.state is ConfigEntryState.LOADED


async def test_reconfiguring_never_opens_a_port_twice(
    hass: HomeAssistant, house_entry: MockConfigEntry, serial_port: str
) -> None:
    """The same port, which only one may open, is probed and then owned by the entry again."""
    hass.config_entries.async_update_entry(house_entry, data={"type": "serial", "device": serial_port, "unit": 1})
    assert await hass.config_entries.async_setup(house_entry.entry_id)
    form = await reconfigure(hass, house_entry, "serial")
    suggested = {str(key): (key.description or {}).get("suggested_value") for key in form["data_schema"].schema}
    assert suggested["device"] == serial_port
    done = await answer(hass, form, device=serial_port, more={"unit": 1})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert house_entry.state is ConfigEntryState.LOADED


async def test_reconfiguring_to_nowhere_goes_on_as_before(
    hass: HomeAssistant, house: MockConfigEntry, simulator: Simulator, port: int
) -> None:
    before = dict(house.data)
    form = await answer(hass, await reconfigure(hass, house, "serial"), device="/dev/ttyNOWHERE")
    assert form["errors"] == {"base": "link_not_found"}
    assert house.data == before
    assert house.state is ConfigEntryState.LOADED
    assert house.runtime_data.identified_device.readings.last_update_success
    rtu = simulator.serve_tcp(HOST, framing="rtu")
    menu = await reconfigure(hass, house, "rtu_over_tcp")
    assert (await answer(hass, menu, host=HOST, port=rtu))["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert house.data == {"type": "rtu_over_tcp", "host": HOST, "port": rtu, "unit": 1}


async def test_reconfiguring_to_another_inverter_is_refused(
    hass: HomeAssistant, house: MockConfigEntry, port: int, start: Callable[..., Simulator]
) -> None:
    other = start(seed=2).serve_tcp(HOST)
    before = dict(house.data)
    form = await answer(hass, await reconfigure(hass, house, "tcp"), host=HOST, port=other)
    assert told(form).startswith(f"The inverter that responds has the serial number {serial_number(2)}")
    assert house.data == before
    assert house.state is ConfigEntryState.LOADED
    assert (await answer(hass, form, host=HOST, port=port))["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert house.state is ConfigEntryState.LOADED


async def test_reconfiguring_one_that_never_started(
    hass: HomeAssistant, house_entry: MockConfigEntry, port: int
) -> None:
    form = await answer(hass, await reconfigure(hass, house_entry, "tcp"), host=HOST, port=1)
    assert form["errors"] == {"base": "link_refused"}
    assert not hasattr(house_entry, "runtime_data")
    assert (await answer(hass, form, host=HOST, port=port))["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert house_entry.state is ConfigEntryState.LOADED


async def test_a_simulated_inverter_has_nothing_to_reconfigure(
    hass: HomeAssistant, simulated_entry: MockConfigEntry
) -> None:
    done = await simulated_entry.start_reconfigure_flow(hass)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "simulated")


# Options


async def test_options(hass: HomeAssistant, house: MockConfigEntry) -> None:
    form = await hass.config_entries.options.async_init(house.entry_id)
    assert form["type"] is FlowResultType.FORM
    chosen = {"readings_interval": 2, "settings_interval": 30, "groups": ["histories"], "sync_clock": False}
    done = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert house.options == chosen
    assert house.state is ConfigEntryState.LOADED
    site = house.runtime_data
    assert site.identified_device.readings.update_interval.total_seconds() == 2
    assert site.identified_device.settings.update_interval.total_seconds() == 30
    assert "load_energy_history" in site.identified_device.statistics.data.values
    again = await hass.config_entries.options.async_init(house.entry_id)
    suggested = {str(key): key.description["suggested_value"] for key in again["data_schema"].schema}
    assert suggested == chosen


@pytest.mark.parametrize(
    "wrong",
    [{"readings_interval": 1}, {"settings_interval": 901}, {"groups": ["everything"]}, {"readings_interval": "x"}],
)
async def test_options_out_of_bounds(hass: HomeAssistant, house: MockConfigEntry, wrong: dict[str, Any]) -> None:
    form = await hass.config_entries.options.async_init(house.entry_id)
    chosen = {"readings_interval": 2, "settings_interval": 30, "groups": [], "sync_clock": True}
    with pytest.raises(Exception, match=next(iter(wrong))):
        await hass.config_entries.options.async_configure(form["flow_id"], chosen | wrong)
    done = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


# Texts


@pytest.mark.parametrize("kind", ["serial", "tcp", "rtu_over_tcp", "simulated"])
async def test_every_field_is_described(hass: HomeAssistant, kind: str) -> None:
    form = await choose(hass, kind)
    step = TEXTS["config"]["step"][kind]
    assert fields_of(form["data_schema"]) == step["data"].keys() | step.get("sections", {}).keys()
    assert step["data"].keys() == step["data_description"].keys()
    for section in step.get("sections", {}).values():
        assert section["data"].keys() == section["data_description"].keys() == {"unit"}


async def test_every_option_is_described(hass: HomeAssistant, house: MockConfigEntry) -> None:
    form = await hass.config_entries.options.async_init(house.entry_id)
    step = TEXTS["options"]["step"]["init"]
    assert fields_of(form["data_schema"]) == step["data"].keys() == step["data_description"].keys()
    hass.config_entries.options.async_abort(form["flow_id"])
