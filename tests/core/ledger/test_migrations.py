"""From a ledger of an older schema to the present one, on both databases."""

from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from custom_components.nattery.core.ledger import migrations
from custom_components.nattery.core.ledger.book import Ledger
from custom_components.nattery.core.ledger.errors import DatabaseError, NewerSchemaError

from .lines import HOME, START, as_booked, line, lines

FIXTURES = Path(__file__).parents[1] / "fixtures"
END = START.replace(year=START.year + 1)
NEXT = len(migrations.MIGRATIONS) + 2


@pytest.fixture
def old(place, request):
    """Where a ledger is that the first schema made and filled."""
    if isinstance(place, Path):
        script = (FIXTURES / "ledger-1-sqlite.sql").read_text(encoding="utf-8")
        connection = sqlite3.connect(place)
        connection.executescript(script)
        connection.close()
    else:
        script = (FIXTURES / "ledger-1-postgresql.sql").read_text(encoding="utf-8")
        # A colon would be a parameter to SQLAlchemy.
        statements = [one.replace(":", r"\:") for one in script.split(";\n") if one.strip()]
        request.getfixturevalue("server").execute(*statements, database=place.rpartition("/")[2])
    return place


def first_book():
    written = lines(3)
    written[1] = as_booked(line(written[1].start, prices=None))
    return tuple(written)


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


def test_a_book_of_the_first_schema_is_read_whole(old) -> None:
    ledger = Ledger(old)
    assert ledger.read(HOME, START, END) == first_book()
    assert ledger.read("other", START, END) == tuple(lines(1, seed=2))
    ledger.write("other", lines(2, seed=2))
    assert len(ledger.read("other", START, END)) == 2


def test_a_book_brought_up_to_date_is_as_a_new_one(old, tmp_path, request) -> None:
    if isinstance(old, Path):
        new: Path | str = tmp_path / "new.db"
    else:
        server = request.getfixturevalue("server")
        server.execute("DROP DATABASE IF EXISTS new_one", "CREATE DATABASE new_one")
        new = server.url("new_one")
    assert columns(Ledger(old)) == columns(Ledger(new))
    assert version(Ledger(old)) == version(Ledger(new))


def test_steps_are_taken_once_and_in_order(old, monkeypatch) -> None:
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
    assert ledger.read(HOME, START, END) == first_book()


def test_a_step_that_fails_leaves_the_book_as_it_was(old, monkeypatch) -> None:
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
    assert ledger.read(HOME, START, END) == first_book()


def test_a_book_of_a_newer_schema_is_not_touched(old) -> None:
    ledger = Ledger(old)
    newer = text(f"UPDATE nattery_schema SET version = {NEXT}")
    ledger._run(lambda connection: connection.execute(newer), writing=True)
    with pytest.raises(NewerSchemaError) as caught:
        Ledger(old)
    assert (caught.value.found, caught.value.known) == (NEXT, NEXT - 1)
    assert str(caught.value) == (
        f"The ledger in {ledger.place} was written by a newer version of Nattery "
        f"(schema {NEXT}, and up to {NEXT - 1} is allowed)"
    )
    assert version(ledger) == NEXT


def test_the_tables_of_others_stay_as_they_are(place, request) -> None:
    """Such as those of Home Assistant's recorder, with which a database may be shared."""
    url = f"sqlite:///{place}" if isinstance(place, Path) else place.replace("postgresql:", "postgresql+psycopg2:", 1)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE states (state_id INTEGER PRIMARY KEY, state VARCHAR(255))"))
        connection.execute(text("INSERT INTO states VALUES (1, 'on')"))
    ledger = Ledger(place)
    ledger.write(HOME, lines(2))
    assert len(ledger.read(HOME, START, END)) == 2
    assert ledger._run(lambda connection: connection.execute(text("SELECT * FROM states")).one()) == (1, "on")
    others = set(columns(ledger)) - {"states"}
    assert others == {"nattery_schema", "nattery_sites", "nattery_quarters"}
