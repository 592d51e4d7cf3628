"""For all tests.

The test plugin carries a package `custom_components` of its own, and the one imported first is the one that
Home Assistant finds: so ours is imported here, before any test starts.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
import logging
import os
from subprocess import Popen
from typing import Any

from homeassistant.util import executor
from hypothesis import settings
import pytest

import custom_components  # noqa: F401
from custom_components.nattery.core.process import worker_process
from custom_components.nattery.core.simulator import environment

from .core.ledger.postgresql_server import MISSING, PostgresqlServer, programs, running

_NUMBERS = count()
_LONGEST_ID = 30  # characters of one parameter

# The test plugin has Home Assistant's log written to stderr, and every statement of the ledger with it: thousands of
# lines for every test that fails. A test that asks for the log (caplog) gets it all the same.
logging.getLogger().handlers.clear()
for name in ("", "sqlalchemy.engine"):
    logging.getLogger(name).setLevel(logging.WARNING)

# Threads that a busy machine lets wait are interrupted after a tenth of this, and then others are never told to end.
executor.EXECUTOR_SHUTDOWN_TIMEOUT = 100

# A new simulated inverter lives through a week, and the weather of that week is the same in most tests.
environment._random_share = lru_cache(2**17)(environment._random_share)

# How long an example takes says more about the machine than about the code.
settings.register_profile("patient", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Show no more than warnings of the log, also where a test asks for all of it."""
    if (plugin := session.config.pluginmanager.get_plugin("logging-plugin")) is not None:
        plugin.report_handler.setLevel(logging.WARNING)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start long tests first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run the tests with `-n auto`: two for each processor, as tests wait half the time."""
    return 2 * (os.process_cpu_count() or 1)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Shorten the id of a long text; pytest numbers ids that are the same."""
    if isinstance(val, bytes) and len(val) > _LONGEST_ID:
        return f"{len(val)} bytes"
    if isinstance(val, str) and len(val) > _LONGEST_ID:
        return f"{ascii(val[:_LONGEST_ID])[1:-1]}..."
    return None


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave asyncio's debug mode to `--asyncio-debug`.

    The test plugin switches it on in every test. It takes a quarter of the time of all tests, since every callback
    keeps its traceback, so one slow job of continuous integration does it for all.
    """


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
