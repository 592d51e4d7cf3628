from argparse import ArgumentParser
from collections.abc import Callable
import json
from pathlib import Path
import signal
import socket
import subprocess
import sys
from typing import IO

import pytest

from custom_components.nattery.core.simulator.command import add_arguments, run

COMMAND = [sys.executable, "-m", "nattery.simulator.command"]


def simulate(*options: str) -> int:
    parser = ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(options))


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_command_serves_until_a_stop_signal(tmp_path: Path, ending: signal.Signals) -> None:
    link, state = tmp_path / "inverter", tmp_path / "state.json"
    options = ["--link", str(link), "--tcp", "127.0.0.1:0", "--state", str(state), "--seed", "5", "--speed", "10"]
    serials = []
    for _ in range(2):
        with subprocess.Popen(
            [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            line = first_line(process.stdout)
            words = line.split()
            assert words[:2] == ["Simulated", "inverter"]
            assert words[3:5] == ["at", f"{link},"]
            serials.append(words[2])
            assert link.exists()
            host, _, port = words[5].rpartition(":")
            socket.create_connection((host, int(port)), timeout=2).close()
            process.send_signal(ending)
            rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")
        assert not link.is_symlink()
        saved = json.loads(state.read_text())
        assert saved["serial"] == words[2]
    assert serials[0] == serials[1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def write_file(place: Path) -> None:
    place.write_text("mine")


def write_list(place: Path) -> None:
    place.write_text("[]")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Say where to serve: --link PATH, --tcp HOST:PORT or --rtu-over-tcp HOST:PORT"),
        (["--link", "{here}/nowhere/inverter"], "there is no folder"),
        (["--link", "{here}/file"], "is not a link to a simulated inverter"),
        (["--tcp", "5020"], "allowed is HOST:PORT"),
        (["--tcp", "localhost:modbus"], "allowed is HOST:PORT"),
        (["--rtu-over-tcp", "localhost:70000"], "--rtu-over-tcp cannot be 'localhost:70000'"),
        (["--tcp", "h:1", "--speed", "0"], "--speed cannot be 0: allowed is a number above 0 to 10000"),
        (["--tcp", "h:1", "--speed", "nan"], "--speed cannot be nan"),
        (["--tcp", "h:1", "--speed", "fast"], "--speed cannot be 'fast'"),
        (["--tcp", "h:1", "--seed", "1.5"], "--seed cannot be '1.5': allowed is a whole number from 0"),
        (["--tcp", "h:1", "--unit", "255"], "--unit cannot be 255: allowed is a whole number from 1 to 254"),
        (["--tcp", "h:1", "--turnaround", "-1"], "--turnaround cannot be -1"),
        (["--tcp", "h:1", "--fault-rate", "1.1"], "--fault-rate cannot be 1.1: allowed is a number from 0 to 1"),
        (["--tcp", "h:1", "--state", "{here}/file"], "cannot be read as saved state"),
        (["--tcp", "h:1", "--state", "{here}/list"], "does not hold a saved state"),
        (["--tcp", "h:1", "--state", "{here}/old"], "The saved state has version 0: allowed is 1"),
        (["--tcp", "h:1", "--state", "{here}"], "cannot be read"),
        (["--tcp", "h:1", "--state", "{here}/nowhere/state"], "there is no folder"),
    ],
)
def test_invalid_input(options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents: dict[str, Callable[[Path], None]] = {"file": write_file, "list": write_list}
    for name, write in contents.items():
        write(tmp_path / name)
    (tmp_path / "old").write_text('{"version": 0}')
    assert simulate(*(option.replace("{here}", str(tmp_path)) for option in options)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert sentence in output.err
    assert output.err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert simulate("--tcp", f"127.0.0.1:{port}") == 1
    assert capsys.readouterr().err == f"Cannot listen on 127.0.0.1:{port}: Address already in use\n"
