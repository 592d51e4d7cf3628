"""For all tests.

The test plugin carries a package `custom_components` of its own, and the one imported first is the one that
Home Assistant finds: so ours is imported here, before any test starts.
"""

from collections.abc import Iterator
from itertools import count
import os
from subprocess import Popen
from typing import Any

import pytest

import custom_components  # noqa: F401
from custom_components.nattery.core.process import worker_process

from .core.ledger.postgresql_server import MISSING, PostgresqlServer, programs, running

_NUMBERS = count()


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    """The one PostgreSQL server of the run."""
    folder = programs()
    if folder is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    with running(folder) as one:
        yield one


@pytest.fixture
def postgresql(server: PostgresqlServer) -> str:
    """The URL of an empty database on it."""
    name = f"ledger_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Popen[bytes]]:
    """The processes that work, or have worked, in this test; one that has a return code is gone for good."""
    processes: list[Popen[bytes]] = []

    def start(*arguments: Any, **options: Any) -> Popen[bytes]:
        processes.append(Popen(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(worker_process, "Popen", start)
    return processes
