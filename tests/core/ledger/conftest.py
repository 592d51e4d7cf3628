"""Both databases, real ones: a fresh SQLite file, or a fresh database on a PostgreSQL server started for the tests."""

from collections.abc import Iterator
from itertools import count
import os
from pathlib import Path

import pytest

from custom_components.nattery.core.ledger.book import Ledger

from .server import MISSING, Server, programs, running

_NUMBERS = count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The one PostgreSQL server of the run."""
    folder = programs()
    if folder is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    with running(folder) as one:
        yield one


@pytest.fixture
def postgresql(server: Server) -> str:
    """The URL of an empty database on it."""
    name = f"ledger_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a new ledger may be made, on either database."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql")
        return url
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(place: Path | str) -> Ledger:
    """A new ledger there."""
    return Ledger(place)
