"""Both databases, real ones: a fresh SQLite file, or a fresh database on a PostgreSQL server started for the tests."""

from pathlib import Path

import pytest

from custom_components.nattery.core.ledger.book import Ledger


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
