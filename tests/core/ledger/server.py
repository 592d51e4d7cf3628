"""A real PostgreSQL server for the tests: a cluster of its own in a temporary folder, on a loopback port of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import pwd
from random import SystemRandom
import shutil
import subprocess
import tempfile
from typing import Any
from urllib.parse import quote

from sqlalchemy import NullPool, create_engine, text

USER = "nattery"
PASSWORD = "4f1c7d2e:/@%?&"  # most of it has to be quoted in a URL
MISSING = (
    "PostgreSQL's server is missing, so the ledger cannot be tested on it: install it (Debian and Ubuntu: "
    "sudo apt install postgresql)"
)
_TRIES = 5


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements outside of any transaction, as CREATE DATABASE wants it."""
        url = self.url(database).replace("postgresql:", "postgresql+psycopg2:", 1)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


def programs() -> Path | None:
    """The folder of initdb, pg_ctl and postgres, of the newest version there is."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = shutil.which("postgres")
    folders = [Path(found).parent, *folders] if found else folders
    return next((folder for folder in reversed(folders) if (folder / "postgres").exists()), None)


@contextmanager
def running(bin_folder: Path) -> Iterator[Server]:
    """A server until the end of the context."""
    # pytest's own temporary folders are closed to the user that the server has to run as, when this is root.
    with tempfile.TemporaryDirectory(prefix="nattery-postgresql-", ignore_cleanup_errors=True) as name:
        folder, who = Path(name), _somebody(Path(name))
        password, data = folder / "password", folder / "data"
        password.write_text(PASSWORD, encoding="utf-8")
        _run(
            bin_folder / "initdb",
            *("--pgdata", data, "--username", USER, "--pwfile", password, "--auth", "scram-sha-256"),
            *("--locale", "C", "--encoding", "UTF8", "--no-sync"),
            who=who,
        )
        port = _start(bin_folder, folder, who)
        try:
            yield Server(port)
        finally:
            _run(bin_folder / "pg_ctl", "stop", "--pgdata", data, "--mode", "immediate", who=who)


def _somebody(folder: Path) -> dict[str, Any]:
    """Whom to run it as: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _start(bin_folder: Path, folder: Path, who: Mapping[str, Any]) -> int:
    """Start on a port that is free; one that is taken shows when the server does not come up."""
    for attempt in range(_TRIES):
        port = SystemRandom().randrange(20_000, 32_000)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        try:
            _run(
                bin_folder / "pg_ctl",
                *("start", "--wait", "--pgdata", folder / "data", "--log", folder / "log", "--options", options),
                who=who,
            )
        except RuntimeError:
            if attempt == _TRIES - 1:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8")) from None
        else:
            return port
    raise AssertionError("unreachable")


def _run(*command: Any, who: Mapping[str, Any]) -> None:
    # pg_ctl's server keeps what it inherits open, so its output cannot be a pipe.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False, **who
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(output.read().decode())
