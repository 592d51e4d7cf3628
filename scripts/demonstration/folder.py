"""The folder in which a demo lives, and what is written there for Home Assistant before it starts."""

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
LOOPBACK = "127.0.0.1"
_MARKER = "nattery-demo.json"
SEED = 42  # not the one of the integration's own simulated inverter, which somebody may want to add beside this one
# The simulated sun stands at 45 degrees north.
_CONFIGURATION = """# Written by scripts/demo at every start.
homeassistant:
  name: Home
  latitude: 45.0
  longitude: 7.7
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
class Folder:
    """Where everything of one demo is; nothing of it is anywhere else."""

    path: Path

    @property
    def config(self) -> Path:
        """Home Assistant's own folder."""
        return self.path / "config"

    @property
    def link(self) -> Path:
        """The serial port of the simulated inverter."""
        return self.path / "inverter"

    @property
    def state(self) -> Path:
        """The life of the simulated inverter between runs."""
        return self.path / "inverter.json"

    def log(self, name: str) -> Path:
        """What a program said in this run."""
        return self.path / f"{name}.log"

    def remembered(self) -> dict[str, str]:
        """What earlier runs did, as `remember` got it."""
        try:
            remembered: dict[str, str] = json.loads((self.path / _MARKER).read_text("utf-8"))
        except ValueError:
            return {}
        return remembered

    def remember(self, **facts: str) -> None:
        """Keep what was done, for later runs."""
        (self.path / _MARKER).write_text(json.dumps(self.remembered() | facts, indent=1), "utf-8")


@contextmanager
def occupied(path: Path, *, fresh: bool) -> Iterator[Folder]:
    """The folder, for this demo alone, emptied when `fresh`; one that a demo did not make is left alone."""
    marker = path / _MARKER
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not marker.exists() and any(path.iterdir()):
            raise BadInputError(f"The demo cannot live in {path}: allowed is a new or empty folder.")
        file = marker.open("a+", encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"The demo cannot live in {path}: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"A demo is already running in {path}: stop it first.") from error
        if fresh:
            _empty(path)
        yield Folder(path)


def _empty(path: Path) -> None:
    for thing in path.iterdir():
        if thing.is_dir() and not thing.is_symlink():
            shutil.rmtree(thing)
        elif thing.name != _MARKER:
            thing.unlink()
    (path / _MARKER).write_text("", "utf-8")


def prepare(folder: Folder, port: int) -> None:
    """Write what Home Assistant reads when it starts, before anybody can talk to it."""
    custom = folder.config / "custom_components"
    custom.mkdir(parents=True, exist_ok=True)
    (folder.config / "configuration.yaml").write_text(_CONFIGURATION.format(zone=time_zone()), "utf-8")
    link = custom / "nattery"
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT / "custom_components" / "nattery", target_is_directory=True)
    storage = folder.config / ".storage"
    storage.mkdir(exist_ok=True)
    _store(storage, "http", 3, _web_server(port))
    if not (storage / "onboarding").exists():
        # Only the account is left to be made: the other steps would look for services on the internet.
        _store(storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})


def _web_server(port: int) -> dict[str, Any]:
    """Its settings; a password that everybody knows is for this machine alone."""
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


def _store(storage: Path, key: str, version: int, data: dict[str, Any]) -> None:
    content = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content, indent=2), "utf-8")


def time_zone() -> str:
    """The name of this machine's time zone, which the simulated inverter's clock keeps too."""
    zones = available_timezones()
    local = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return next((name for name in (os.environ.get("TZ", "").lstrip(":"), local) if name in zones), "UTC")
