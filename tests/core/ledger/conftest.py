"""Fixtures of both databases: a new SQLite file, or a new database on a PostgreSQL server started for the tests."""

from pathlib import Path

import pytest

from custom_components.nattery.core.ledger.ledger import Ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Return the location of a new ledger on either database."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql")
        return url
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(place: Path | str) -> Ledger:
    """Return a new ledger at that location."""
    return Ledger(place)
