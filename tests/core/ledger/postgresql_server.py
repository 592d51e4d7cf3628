"""A real PostgreSQL server for the tests, with its own cluster in a temporary folder and its own loopback port."""

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
PASSWORD = "4f1c7d2e:/@%?&"  # most characters must be quoted in a URL
MISSING = (
    "PostgreSQL's server is missing, so the ledger cannot be tested on it: install it (Debian and Ubuntu: "
    "sudo apt install postgresql)"
)
_ATTEMPTS = 5


@dataclass(frozen=True)
class PostgresqlServer:
    """A running PostgreSQL server."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements outside of a transaction, as CREATE DATABASE requires."""
        url = self.url(database).replace("postgresql:", "postgresql+psycopg2:", 1)
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


def programs() -> Path | None:
    """Return the folder of the newest version of initdb, pg_ctl and postgres, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    found = shutil.which("postgres")
    folders = [Path(found).parent, *folders] if found else folders
    return next((folder for folder in reversed(folders) if (folder / "postgres").exists()), None)


@contextmanager
def running(bin_folder: Path) -> Iterator[PostgresqlServer]:
    """Run a server until the end of the context."""
    # If the tests run as root, the server runs as another user, who cannot enter pytest's temporary folders.
    with tempfile.TemporaryDirectory(prefix="nattery-postgresql-", ignore_cleanup_errors=True) as name:
        folder, who = Path(name), _user_options(Path(name))
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
            yield PostgresqlServer(port)
        finally:
            _run(bin_folder / "pg_ctl", "stop", "--pgdata", data, "--mode", "immediate", who=who)


def _user_options(folder: Path) -> dict[str, Any]:
    """Return the options that run a process as another user than root, which PostgreSQL refuses."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _start(bin_folder: Path, folder: Path, who: Mapping[str, Any]) -> int:
    """Start the server on a random port and return it; try another port if it does not start."""
    for attempt in range(_ATTEMPTS):
        port = SystemRandom().randrange(20_000, 32_000)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        try:
            _run(
                bin_folder / "pg_ctl",
                *("start", "--wait", "--pgdata", folder / "data", "--log", folder / "log", "--options", options),
                who=who,
            )
        except RuntimeError:
            if attempt == _ATTEMPTS - 1:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8")) from None
        else:
            return port
    raise AssertionError("unreachable")


def _run(*command: Any, who: Mapping[str, Any]) -> None:
    # The output cannot be a pipe: the server started by pg_ctl would inherit it and keep it open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False, **who
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(output.read().decode())
