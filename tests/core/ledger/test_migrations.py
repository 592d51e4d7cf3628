"""Migrations from older schemas, on both databases."""

from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from custom_components.nattery.core.ledger import migrations
from custom_components.nattery.core.ledger.entry import LedgerEntry
from custom_components.nattery.core.ledger.errors import DatabaseError, NewerSchemaError
from custom_components.nattery.core.ledger.ledger import Ledger

from .entries import HOME, START, as_stored, make_entries, make_entry

FIXTURES = Path(__file__).parents[1] / "fixtures"
END = START.replace(year=START.year + 1)
NEXT = len(migrations.MIGRATIONS) + 2


@pytest.fixture
def old(place, request):
    """Return the location of a ledger with entries in the first schema."""
    if isinstance(place, Path):
        script = (FIXTURES / "ledger-1-sqlite.sql").read_text(encoding="utf-8")
        connection = sqlite3.connect(place)
        connection.executescript(script)
        connection.close()
    else:
        script = (FIXTURES / "ledger-1-postgresql.sql").read_text(encoding="utf-8")
        # SQLAlchemy would take a colon for a parameter.
        statements = [one.replace(":", r"\:") for one in script.split(";\n") if one.strip()]
        request.getfixturevalue("server").execute(*statements, database=place.rpartition("/")[2])
    return place


def of_first_schema(entry: LedgerEntry) -> LedgerEntry:
    """Return an entry without what the first schema could not store."""
    assert entry.expected
    return replace(entry, expected=replace(entry.expected, action=None, power_kw=None), forecast=None)


def first_schema_rows():
    written = make_entries(3)
    written[1] = as_stored(make_entry(written[1].start, prices=None))
    return tuple(map(of_first_schema, written))


def version(ledger: Ledger):
    return ledger._run(lambda connection: connection.execute(text("SELECT version FROM nattery_schema")).scalar_one())


def columns(ledger: Ledger):
    def task(connection):
        found = inspect(connection)
        return {
            name: [(one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(name)]
            + [found.get_pk_constraint(name)["constrained_columns"]]
            for name in found.get_table_names()
        }

    return ledger._run(task)


def test_a_ledger_of_the_first_schema_is_read_completely(old) -> None:
    ledger = Ledger(old)
    assert ledger.read(HOME, START, END) == first_schema_rows()
    assert ledger.read("other", START, END) == tuple(map(of_first_schema, make_entries(1, seed=2)))
    ledger.write("other", make_entries(2, seed=2))
    assert ledger.read("other", START, END) == tuple(make_entries(2, seed=2))


def test_a_migrated_ledger_has_the_tables_of_a_new_one(old, tmp_path, request) -> None:
    if isinstance(old, Path):
        new: Path | str = tmp_path / "new.db"
    else:
        server = request.getfixturevalue("server")
        server.execute("DROP DATABASE IF EXISTS new_one", "CREATE DATABASE new_one")
        new = server.url("new_one")
    assert columns(Ledger(old)) == columns(Ledger(new))
    assert version(Ledger(old)) == version(Ledger(new))


def test_migrations_run_once_and_in_order(old, monkeypatch) -> None:
    Ledger(old)
    taken = []

    def first(connection) -> None:
        taken.append("first")
        connection.execute(text("ALTER TABLE nattery_quarters ADD COLUMN peak INTEGER"))

    def second(connection) -> None:
        taken.append("second")
        connection.execute(text("UPDATE nattery_quarters SET peak = import * 4"))

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, first))
    assert version(Ledger(old)) == NEXT
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, second))
    assert version(Ledger(old)) == NEXT + 1
    ledger = Ledger(old)
    assert taken == ["first", "second"]
    query = text("SELECT count(*) FROM nattery_quarters WHERE peak = import * 4")
    assert ledger._run(lambda connection: connection.execute(query).scalar_one()) == 4
    assert ledger.read(HOME, START, END) == first_schema_rows()


def test_a_failed_migration_changes_nothing(old, monkeypatch) -> None:
    before = columns(Ledger(old))

    def half(connection) -> None:
        connection.execute(text("ALTER TABLE nattery_quarters ADD COLUMN peak INTEGER"))
        connection.execute(text("DELETE FROM nattery_quarters"))
        connection.execute(text("UPDATE nattery_quarters SET nothing = 1"))

    with monkeypatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, half))
        with pytest.raises(DatabaseError, match="nothing"):
            Ledger(old)
    ledger = Ledger(old)
    assert columns(ledger) == before
    assert ledger.read(HOME, START, END) == first_schema_rows()


def test_a_ledger_of_a_newer_schema_is_not_changed(old) -> None:
    ledger = Ledger(old)
    newer = text(f"UPDATE nattery_schema SET version = {NEXT}")
    ledger._run(lambda connection: connection.execute(newer), writing=True)
    with pytest.raises(NewerSchemaError) as caught:
        Ledger(old)
    assert (caught.value.found, caught.value.known) == (NEXT, NEXT - 1)
    assert str(caught.value) == (
        f"The ledger in {ledger.location} was written by a newer version of Nattery "
        f"(schema {NEXT}, and up to {NEXT - 1} is allowed)"
    )
    assert version(ledger) == NEXT


def test_other_tables_are_not_changed(place, request) -> None:
    """Such as those of Home Assistant's recorder, which may share the database."""
    url = f"sqlite:///{place}" if isinstance(place, Path) else place.replace("postgresql:", "postgresql+psycopg2:", 1)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE states (state_id INTEGER PRIMARY KEY, state VARCHAR(255))"))
        connection.execute(text("INSERT INTO states VALUES (1, 'on')"))
    ledger = Ledger(place)
    ledger.write(HOME, make_entries(2))
    assert len(ledger.read(HOME, START, END)) == 2
    assert ledger._run(lambda connection: connection.execute(text("SELECT * FROM states")).one()) == (1, "on")
    others = set(columns(ledger)) - {"states"}
    assert others == {"nattery_schema", "nattery_sites", "nattery_quarters"}
