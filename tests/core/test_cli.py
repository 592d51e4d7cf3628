"""The command line, run as a program with a simulated inverter on a pseudo terminal."""

from datetime import datetime
import json
import os
from pathlib import Path
import pty
import signal
import subprocess
import sys
import time
import tty

import pytest

from custom_components.nattery.core.inverter.registers import BY_SYMBOL
from custom_components.nattery.core.inverter.table import Tier

NATTERY = Path(sys.executable).with_name("nattery")


def run(*arguments: str, timeout: float = 30) -> tuple[int, str, str]:
    done = subprocess.run([NATTERY, *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def inverter(simulator_pty):
    simulator, path = simulator_pty(unit=5)
    return simulator, ("--serial", path)


def test_probe_prints_the_identity(inverter) -> None:
    simulator, connection = inverter
    status, out, err = run("probe", *connection)
    assert (status, err) == (0, "")
    lines = dict(
        line.split(maxsplit=1)
        for line in out.replace("serial number", "serial").replace("unit id", "unit").splitlines()
    )
    assert lines["serial"] == simulator.device.serial
    assert (lines["unit"], lines["protocol"], lines["model"]) == ("5", "1.5", "Nattery single phase")
    assert lines["turnaround"].endswith("ms")


def test_dump_as_json_has_every_readable_register(inverter) -> None:
    simulator, connection = inverter
    status, out, _ = run("dump", "--json", *connection)
    values = json.loads(out)
    assert status == 0
    expected = {symbol for symbol, register in BY_SYMBOL.items() if register.readable or register.secret}
    assert values.keys() == expected
    assert {symbol for symbol, value in values.items() if value is None} == {"UserPassWord", "PassWordSet"}
    assert values["SourceSN"] == simulator.device.serial
    assert values["BattSoc"] == simulator.device.read(0x7532, 1)[0]
    assert abs((datetime.fromisoformat(values["PresentTime"]) - datetime.now()).total_seconds()) < 10
    assert values["ChargeStartTime1"] == "00:00"
    assert len(values["LoadConsumLast7day"]) == 7
    assert len(values["AlarmDetail"]) == 128
    assert set(values["FaultHistory"][0]) == {"code", "time", "values"}


def test_dump_as_text_has_units_and_names_of_choices(inverter) -> None:
    _, connection = inverter
    _, out, _ = run("dump", *connection)
    assert "0xA028  OutPriority                  solar_first (0)" in out
    assert "(secret, never read)" in out
    assert " V\n" in out


def test_watch_prints_one_json_line_per_poll(inverter) -> None:
    simulator, connection = inverter
    status, out, _ = run("watch", "--json", "--seconds", "1", "--interval", "0.5", *connection)
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert len(lines) == 3
    fast = {symbol for symbol, register in BY_SYMBOL.items() if register.tier is Tier.FAST}
    assert all(line.keys() == fast for line in lines)
    assert all(line["BattSoc"] == simulator.device.read(0x7532, 1)[0] for line in lines)


def test_watch_prints_one_line_of_text_per_poll(inverter) -> None:
    _, connection = inverter
    status, out, err = run("watch", "--seconds", "0.1", "--interval", "0.5", *connection)
    assert (status, err) == (0, "")
    (line,) = out.splitlines()
    for name in ("SOC", "battery", "pv", "grid", "load"):
        assert name in line


@pytest.mark.parametrize("end", ["interrupt", "closed output"])
def test_watch_ends_in_silence(inverter, end) -> None:
    _, connection = inverter
    command = [NATTERY, "watch", "--interval", "0.5", *connection]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "SOC" in process.stdout.readline()
        if end == "interrupt":
            process.send_signal(signal.SIGINT)
        else:
            process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""


def test_watch_continues_with_nulls_during_an_outage(inverter) -> None:
    simulator, connection = inverter
    process = subprocess.Popen(
        [NATTERY, "watch", "--json", "--interval", "0.3", *connection], stdout=subprocess.PIPE, text=True
    )
    try:
        assert json.loads(process.stdout.readline())["BattSoc"] is not None
        simulator.stop()
        while json.loads(process.stdout.readline())["BattSoc"] is not None:
            pass
        simulator.serve_pty(connection[1])
        while json.loads(process.stdout.readline())["BattSoc"] is None:
            pass
    finally:
        process.terminate()
        process.communicate()


def test_set_prints_the_change(inverter) -> None:
    simulator, connection = inverter
    assert run("set", *connection, "MaxChgCurrSet", "60")[:2] == (0, "MaxChgCurrSet: 100.0 A -> 60.0 A\n")
    assert run("set", *connection, "MaxChgCurrSet", "60")[:2] == (0, "MaxChgCurrSet: unchanged (60.0 A)\n")
    assert run("set", *connection, "outpriority", "hybrid")[:2] == (0, "OutPriority: solar_first (0) -> hybrid (3)\n")
    assert run("set", "OnGridReactivePowerSet", "-200", *connection)[:2] == (
        0,
        "OnGridReactivePowerSet: 0 var -> -200 var\n",
    )
    assert run("set", *connection, "ChargeEndTime1", "05:15")[:2] == (0, "ChargeEndTime1: 00:00 -> 05:15\n")
    assert run("set", *connection, "AlarmClearCtrl", "1")[:2] == (0, "AlarmClearCtrl: sent on\n")
    assert run("set", *connection, "CommIdSet", "6", "--confirm")[:2] == (0, "CommIdSet: 5 -> 6\n")
    assert simulator.device.writes["MaxChgCurrSet"] == 1
    assert simulator.device.unit == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("MaxChgCurrSet", "301"), "MaxChgCurrSet cannot be '301': allowed is 0 to 300 A\n"),
        (("MaxChgCurrSet", "-1"), "MaxChgCurrSet cannot be '-1': allowed is 0 to 300 A\n"),
        (("MaxChgCurrSet", "lots"), "MaxChgCurrSet cannot be 'lots': allowed is 0 to 300 A\n"),
        (("MaxChgCurrSet", "nan"), "MaxChgCurrSet cannot be 'nan': allowed is 0 to 300 A\n"),
        (("MaxChgCurSet", "1"), "MaxChgCurSet is no register of this inverter; did you mean MaxChgCurrSet?\n"),
        (("BattSoc", "1"), "BattSoc is not offered for writing\n"),
        (("RecoveryCtrl", "170"), "RecoveryCtrl is not offered for writing\n"),
        (("CommIdSet", "2"), "CommIdSet is risky: confirm explicitly that it should be written (add --confirm)\n"),
    ],
)
def test_set_rejects_invalid_values(inverter, arguments, message) -> None:
    simulator, connection = inverter
    assert run("set", *connection, *arguments) == (2, "", message)
    assert simulator.traffic.counters.requests == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "COMMAND"),
        (("sing",), "invalid choice"),
        (("probe",), "one of the arguments --serial --tcp --rtu-over-tcp is required"),
        (("probe", "--tcp", "nowhere"), "'nowhere' is not HOST:PORT"),
        (("probe", "--tcp", "host:99999"), "is not HOST:PORT"),
        (("probe", "--serial", "x", "--tcp", "a:1"), "not allowed with"),
        (("probe", "--serial", "x", "--unit", "256"), "'256' is not allowed: a whole number from 1 to 255 is"),
        (("watch", "--serial", "x", "--interval", "nan"), "'nan' is not allowed: a number from 0.1 to 3600 is"),
    ],
)
def test_invalid_arguments_exit_with_2_and_one_sentence(arguments, message) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_missing_serial_port(tmp_path: Path) -> None:
    status, _, err = run("probe", "--serial", str(tmp_path / "ttyUSB9"))
    assert (status, err.count("\n")) == (1, 1)
    assert "does not exist: is the adapter plugged in" in err


def test_a_file_that_is_not_a_serial_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, err = run("probe", "--serial", str(tmp_path / "file"))
    assert (status, err) == (1, f"{tmp_path}/file is no serial port\n")


def test_a_port_in_use_names_the_process(inverter) -> None:
    _, connection = inverter
    with subprocess.Popen([NATTERY, "watch", *connection], stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        status, _, err = run("probe", *connection)
        process.terminate()
    assert status == 1
    assert err.endswith(": only one program may own the port\n")
    users = err.partition(" is in use by ")[2].partition(":")[0].split(", ")
    # This process simulates the inverter and has the port open too. Process ids are not in order of start.
    ours = Path("/proc/self/comm").read_text().strip()
    assert sorted(users) == sorted([f"nattery (PID {process.pid})", f"{ours} (PID {os.getpid()})"])


def test_a_port_without_permission() -> None:
    # Root needs to drop the capabilities that override permissions.
    unprivileged = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] if os.geteuid() == 0 else []
    master, slave = pty.openpty()
    try:
        os.fchmod(slave, 0o000)
        command = [*unprivileged, str(NATTERY), "probe", "--serial", os.ttyname(slave)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 1
    assert "may not be opened by this user: add it to the group that owns the port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_response() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        status, _, err = run("probe", "--serial", os.ttyname(slave), "--unit", "1", timeout=60)
    finally:
        os.close(master)
        os.close(slave)
    assert status == 1
    assert err.count("\n") == 1
    assert "check the wiring (A and B), the baud rate and the unit id" in err


def test_a_wrong_baud_rate(inverter) -> None:
    simulator, connection = inverter
    status, _, err = run("probe", *connection, "--unit", "5", "--baud", "19200", timeout=60)
    assert status == 1
    assert "the baud rate" in err
    assert simulator.traffic.counters.wrong_baud_bytes > 0


def test_a_gateway_that_is_not_running() -> None:
    status, _, err = run("probe", "--tcp", "127.0.0.1:1")
    assert (status, err) == (1, "127.0.0.1:1 refused the connection: is the gateway's port right?\n")


@pytest.mark.parametrize(("option", "framing"), [("--tcp", "tcp"), ("--rtu-over-tcp", "rtu")])
def test_probe_over_a_gateway(start_simulator, option: str, framing: str) -> None:
    simulator = start_simulator()
    status, out, _ = run("probe", option, f"127.0.0.1:{simulator.serve_tcp(framing=framing)}")
    assert status == 0
    assert simulator.device.serial in out


def test_the_simulator_creates_its_link(tmp_path: Path) -> None:
    link = tmp_path / "inverter"
    with subprocess.Popen([NATTERY, "simulate", "--link", str(link)], stdout=subprocess.PIPE, text=True) as process:
        assert str(link) in process.stdout.readline()
        started = time.monotonic()
        assert run("probe", "--serial", str(link))[0] == 0
        assert time.monotonic() - started < 10
        process.terminate()
        assert process.wait(10) == 0
    assert not link.exists()
