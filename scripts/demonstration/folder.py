"""The folder of a demo, and the files written there before Home Assistant starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
import fcntl
import json
import os
from pathlib import Path
import shutil
from typing import Any
from zoneinfo import available_timezones

from .errors import BadInputError, DemoError

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "custom_components" / "nattery" / "core"
LOOPBACK = "127.0.0.1"
_MARKER = "nattery-demo.json"
LATITUDE, LONGITUDE = 45.0, 7.7  # the simulated sun shines at this latitude
PRICE_SEED = 1
PRICE_SPREAD = 2.5  # gives every day something worth trading on
SEED = 42  # differs from that of the integration's own simulated inverter, which may be added beside this one
_CONFIGURATION = """# Written by scripts/demo at every start.
homeassistant:
  name: Home
  latitude: {latitude}
  longitude: {longitude}
  elevation: 240
  unit_system: metric
  currency: EUR
  country: IT
  language: en
  time_zone: {zone}
frontend:
history:
logbook:
energy:
recorder:
  commit_interval: 1
"""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The folder that contains all files of a demo."""

    path: Path

    @property
    def config(self) -> Path:
        """Home Assistant's configuration folder."""
        return self.path / "config"

    @property
    def link(self) -> Path:
        """The serial port of the simulated inverter."""
        return self.path / "inverter"

    @property
    def state(self) -> Path:
        """The state of the simulated inverter between runs."""
        return self.path / "inverter.json"

    @property
    def past(self) -> Path:
        """The past that a new demo gets, until Home Assistant has it."""
        return self.path / "past"

    def log(self, name: str) -> Path:
        """Return the path of a program's log of this run."""
        return self.path / f"{name}.log"

    def saved_facts(self) -> dict[str, str]:
        """Return the facts saved by earlier runs."""
        try:
            facts: dict[str, str] = json.loads((self.path / _MARKER).read_text("utf-8"))
        except ValueError:
            return {}
        return facts

    def save_facts(self, **facts: str) -> None:
        """Save facts for later runs."""
        (self.path / _MARKER).write_text(json.dumps(self.saved_facts() | facts, indent=1), "utf-8")


@contextmanager
def locked_folder(path: Path, *, fresh: bool) -> Iterator[DemoFolder]:
    """Lock the folder for this demo, and empty it if `fresh`; raise DemoError.

    A folder that was not created by a demo is rejected unless it is empty.
    """
    marker = path / _MARKER
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not marker.exists() and any(path.iterdir()):
            raise BadInputError(f"The demo cannot use {path}: allowed is a new or empty folder.")
        file = marker.open("a+", encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"The demo cannot use {path}: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"A demo is already running in {path}: stop it first.") from error
        if fresh:
            _empty(path)
        yield DemoFolder(path)


def _empty(path: Path) -> None:
    for item in path.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item.name != _MARKER:
            item.unlink()
    (path / _MARKER).write_text("", "utf-8")


def prepare(folder: DemoFolder, port: int) -> None:
    """Write the configuration that Home Assistant reads when it starts."""
    custom = folder.config / "custom_components"
    custom.mkdir(parents=True, exist_ok=True)
    (folder.config / "configuration.yaml").write_text(
        _CONFIGURATION.format(zone=time_zone(), latitude=LATITUDE, longitude=LONGITUDE), "utf-8"
    )
    link = custom / "nattery"
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT / "custom_components" / "nattery", target_is_directory=True)
    storage = folder.config / ".storage"
    storage.mkdir(exist_ok=True)
    write_store(storage, "http", 3, _web_server(port))
    if not (storage / "onboarding").exists():
        # Leaves only the account to be created: the other onboarding steps would need the internet.
        write_store(storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})


def _web_server(port: int) -> dict[str, Any]:
    """Return the settings of the web server; it listens on the loopback only, since the password is public."""
    stable = {
        "server_host": [LOOPBACK],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern_v6",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}


def write_store(storage: Path, key: str, version: int, data: dict[str, Any]) -> None:
    """Write a file of Home Assistant's storage."""
    content = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content, indent=2), "utf-8")


def time_zone() -> str:
    """Return the name of this machine's time zone, which the simulated inverter uses too."""
    zones = available_timezones()
    local = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return next((name for name in (os.environ.get("TZ", "").lstrip(":"), local) if name in zones), "UTC")
