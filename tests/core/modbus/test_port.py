"""Why a serial port cannot be opened."""

import errno
import os
import pty

import pytest

from custom_components.nattery.core.modbus import port
from custom_components.nattery.core.modbus.port import open_error, port_owners


@pytest.fixture
def path():
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_this_process_owns_a_port_that_it_has_open(path) -> None:
    assert any(owner.endswith(f"(PID {os.getpid()})") for owner in port_owners(path))


def test_a_process_that_cannot_be_looked_at_is_left_out(path, tmp_path, monkeypatch) -> None:
    (tmp_path / "1").mkdir()  # without the folder fd, like a process that has just ended
    monkeypatch.setattr(port, "_PROCESSES", tmp_path)
    assert port_owners(path) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EBUSY, "busy"), "in_use"),
        (OSError(errno.ENOTTY, "no terminal"), "not_a_port"),
        (OSError(errno.EIO, "broken"), "unreachable"),
    ],
)
def test_the_reason_follows_from_the_error(path, tmp_path, monkeypatch, error, reason) -> None:
    monkeypatch.setattr(port, "_PROCESSES", tmp_path)
    assert open_error(path, error).reason == reason


def test_a_url_is_unreachable() -> None:
    error = open_error("socket://127.0.0.1:1", OSError(errno.ECONNREFUSED, "Connection refused"))
    assert (error.reason, error.detail) == ("unreachable", "Connection refused")


def test_the_group_of_a_missing_port_is_a_guess(tmp_path) -> None:
    assert port._owner_group(str(tmp_path / "missing")) == "dialout"
