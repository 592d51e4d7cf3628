"""Whatever goes wrong is told in one sentence, and never with the password."""

from concurrent.futures import ThreadPoolExecutor
import logging
import socket
import sqlite3
import sys
import traceback

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from custom_components.nattery.core.ledger.book import Ledger
from custom_components.nattery.core.ledger.errors import (
    CannotOpenError,
    DatabaseBusyError,
    DatabaseError,
    DatabaseUnreachableError,
    FullError,
    LedgerError,
    MissingDriverError,
    NoDatabaseError,
    ReadOnlyError,
    WrongPasswordError,
    WrongUrlError,
)

from .lines import HOME, START, lines
from .server import PASSWORD, USER

FEATHER = PASSWORD[:8]  # the part of the password that no quoting changes


def everything_about(error: BaseException) -> str:
    """All that a log or a crash report shows of an error, and of those behind it whether it says so or not."""
    told, pending = [], [error]
    while pending:
        one = pending.pop()
        told += [str(one), repr(one), repr(vars(one)), *traceback.format_exception(one)]
        pending += [behind for behind in (one.__cause__, one.__context__) if behind]
    return "\n".join(told)


def refused(kind: type[LedgerError], action) -> str:
    with pytest.raises(kind) as caught:
        action()
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert FEATHER not in everything_about(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://user:4f1c7d2e@host/db",
        "postgres://user:4f1c7d2e@host/db",
        "postgresql://user:4f1c7d2e@host",
        "postgresql+asyncpg://user:4f1c7d2e@host/db",
        "postgresql://user:4f1c7d2e@host:port/db",
        "postgresql//user:4f1c7d2e@host/db",
        "nothing://4f1c7d2e",
    ],
)
def test_an_address_of_no_ledger(url) -> None:
    said = refused(WrongUrlError, lambda: Ledger(url))
    assert "sqlite:////folder/file.db and postgresql://user:password@host/database are allowed" in said


def test_a_folder_that_is_not_there(tmp_path) -> None:
    said = refused(CannotOpenError, lambda: Ledger(tmp_path / "nowhere" / "ledger.db"))
    assert said == f"The ledger in {tmp_path}/nowhere/ledger.db cannot be opened: unable to open database file"


def test_a_file_that_may_only_be_read_can_be_read(tmp_path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).write(HOME, lines(2))
    ledger = Ledger(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert len(ledger.read(HOME, START, START.replace(year=2027))) == 2
    said = refused(ReadOnlyError, lambda: ledger.write(HOME, lines(3)))
    assert "cannot be written: attempt to write a readonly database" in said


@pytest.fixture
def full_disk():
    """SQLite files that may not grow: what it says then is what it says of a full disk."""

    def bound(connection, _record) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # no less than what is there already

    event.listen(Engine, "connect", bound)
    yield
    event.remove(Engine, "connect", bound)


def test_a_full_disk_keeps_what_was_booked(tmp_path, request) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.write(HOME, lines(5))
    request.getfixturevalue("full_disk")
    said = refused(FullError, lambda: ledger.write(HOME, lines(2000)))
    assert said.endswith("cannot grow, its disk is full: database or disk is full")
    assert ledger.read(HOME, START, START.replace(year=2027)) == tuple(lines(5))


def test_a_file_that_somebody_else_keeps_writing_to(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("custom_components.nattery.core.ledger.book._BUSY_SECONDS", 0.1)
    ledger = Ledger(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "is busy: database is locked" in refused(DatabaseBusyError, lambda: ledger.write(HOME, lines(1)))
    assert ledger.read(HOME, START, START.replace(year=2027)) == ()
    other.close()
    ledger.write(HOME, lines(1))


def test_a_wrong_password_and_a_wrong_database(server, postgresql) -> None:
    said = refused(WrongPasswordError, lambda: Ledger(server.url("postgres", PASSWORD + "!")))
    assert said == (
        f"The ledger in 127.0.0.1:{server.port}/postgres does not accept the user or the password: "
        f'password authentication failed for user "{USER}"'
    )
    said = refused(NoDatabaseError, lambda: Ledger(server.url("nowhere")))
    assert said == f'The ledger in 127.0.0.1:{server.port}/nowhere does not exist: database "nowhere" does not exist'
    nobody = f"postgresql://{USER}@127.0.0.1:{server.port}/postgres"
    assert "no password supplied" in refused(WrongPasswordError, lambda: Ledger(nobody))
    inside = f"postgresql://127.0.0.1:{server.port}/postgres?user={USER}&password=4f1c7d2e"
    assert "authentication failed" in refused(WrongPasswordError, lambda: Ledger(inside))


def test_a_secret_in_the_driver_s_own_words_is_blotted_out(server) -> None:
    url = f"postgresql://{USER}:4f1c7d2e@127.0.0.1:{server.port}/4f1c7d2e?4f1c7d2e=1"
    with pytest.raises(DatabaseError) as caught:
        Ledger(url)
    assert "***" in caught.value.why
    assert FEATHER not in caught.value.why


def test_a_server_that_is_not_there() -> None:
    said = refused(DatabaseUnreachableError, lambda: Ledger(f"postgresql://{USER}:{FEATHER}@127.0.0.1:1/ledger"))
    assert said == "The ledger in 127.0.0.1:1/ledger cannot be reached: Connection refused"
    said = refused(DatabaseUnreachableError, lambda: Ledger(f"postgresql://{USER}:{FEATHER}@no..host/ledger"))
    assert "could not translate host name" in said


def test_of_several_addresses_the_one_that_says_more_is_told(server) -> None:
    hosts = f"postgresql://{USER}:wrong@/postgres?host=127.0.0.1:1&host=127.0.0.1:{server.port}"
    assert "authentication failed" in refused(WrongPasswordError, lambda: Ledger(hosts))


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://{USER}:{FEATHER}@127.0.0.1:{silent.getsockname()[1]}/ledger?connect_timeout=2"
        assert "timeout expired" in refused(DatabaseUnreachableError, lambda: Ledger(address))


def test_a_server_that_speaks_of_something_else() -> None:
    """Another program at that port, which sends what PostgreSQL never would."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(100)

        with ThreadPoolExecutor() as threads:
            threads.submit(answer)
            address = f"postgresql://{USER}:{FEATHER}@127.0.0.1:{other.getsockname()[1]}/ledger"
            assert "invalid response" in refused(CannotOpenError, lambda: Ledger(address))


def test_what_can_be_read_and_not_written(server, postgresql) -> None:
    Ledger(postgresql).check()
    name = postgresql.rpartition("/")[2]
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    ledger = Ledger(postgresql)
    assert ledger.read(HOME, START, START) == ()
    assert "cannot execute UPDATE in a read-only transaction" in refused(ReadOnlyError, ledger.check)


def test_a_database_without_the_right_to_make_tables(server, postgresql) -> None:
    name = postgresql.rpartition("/")[2]
    guest = postgresql.replace(f"//{USER}:", "//guest:")
    server.execute(
        "DROP ROLE IF EXISTS guest",
        f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'".replace(":", r"\:"),
        database=name,
    )
    server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=name)
    assert "permission denied for schema public" in refused(CannotOpenError, lambda: Ledger(guest))
    Ledger(postgresql).write(HOME, lines(1))
    assert "permission denied" in refused(CannotOpenError, lambda: Ledger(guest).read(HOME, START, START))


def test_a_server_that_may_only_be_read(server, postgresql) -> None:
    ledger = Ledger(postgresql)
    server.execute(f"ALTER DATABASE {postgresql.rpartition('/')[2]} SET default_transaction_read_only = on")
    said = refused(ReadOnlyError, lambda: ledger.write(HOME, lines(1)))
    assert "cannot be written: cannot execute INSERT in a read-only transaction" in said


def test_a_server_whose_disk_is_full(server, postgresql) -> None:
    """The server itself says so, with the code that it has for this; filling a disk for it would harm others."""
    ledger = Ledger(postgresql)
    server.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON nattery_quarters EXECUTE FUNCTION full_disk()",
        database=postgresql.rpartition("/")[2],
    )
    assert "cannot grow, its disk is full: could not extend file" in refused(
        FullError, lambda: ledger.write(HOME, lines(1))
    )


def test_postgresql_without_its_driver(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    said = refused(MissingDriverError, lambda: Ledger(f"postgresql://{USER}:{FEATHER}@127.0.0.1/ledger"))
    assert said == "PostgreSQL needs the Python package psycopg2, which is not installed"


def test_what_a_ledger_shows_of_itself_and_lets_be_logged_has_no_password(postgresql, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    ledger = Ledger(postgresql)
    ledger.write(HOME, lines(1))
    assert FEATHER not in caplog.text
    assert "nattery_quarters" in caplog.text
    assert ledger.place == postgresql.rpartition("@")[2]
    assert FEATHER not in f"{ledger!r} {ledger.place} {ledger._engine!r}"


def test_each_kind_of_error_has_a_name_of_its_own() -> None:
    def family(kind: type[LedgerError]) -> list[type[LedgerError]]:
        return [kind, *(one for sub in kind.__subclasses__() for one in family(sub))]

    kinds = [one.kind for one in family(LedgerError)]
    assert len(kinds) == len(set(kinds)) == 15
