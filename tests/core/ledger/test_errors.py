"""Every failure has a one-sentence error, which never contains the password."""

from concurrent.futures import ThreadPoolExecutor
import logging
import socket
import sqlite3
import sys
import traceback

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

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
from custom_components.nattery.core.ledger.ledger import Ledger

from .entries import HOME, START, make_entries
from .postgresql_server import PASSWORD, USER

PASSWORD_PREFIX = PASSWORD[:8]  # quoting does not change this part


def full_report_of(error: BaseException) -> str:
    """Return all that a log or a crash report could show of an error, its causes and its contexts."""
    texts, pending = [], [error]
    while pending:
        current = pending.pop()
        texts += [
            str(current),
            repr(current),
            repr(vars(current)),
            *traceback.format_exception(current),
        ]
        pending += [related for related in (current.__cause__, current.__context__) if related]
    return "\n".join(texts)


def rejected(kind: type[LedgerError], action) -> str:
    with pytest.raises(kind) as caught:
        action()
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert PASSWORD_PREFIX not in full_report_of(caught.value)
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
def test_an_unsupported_url(url) -> None:
    message = rejected(WrongUrlError, lambda: Ledger(url))
    assert "sqlite:////folder/file.db and postgresql://user:password@host/database are allowed" in message


def test_a_missing_folder(tmp_path) -> None:
    message = rejected(CannotOpenError, lambda: Ledger(tmp_path / "nowhere" / "ledger.db"))
    assert message == f"The ledger in {tmp_path}/nowhere/ledger.db cannot be opened: unable to open database file"


def test_a_read_only_file_can_be_read(tmp_path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).write(HOME, make_entries(2))
    ledger = Ledger(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert len(ledger.read(HOME, START, START.replace(year=2027))) == 2
    message = rejected(ReadOnlyError, lambda: ledger.write(HOME, make_entries(3)))
    assert "cannot be written: attempt to write a readonly database" in message


@pytest.fixture
def full_disk():
    """Make SQLite files unable to grow, which causes the same error as a full disk."""

    def bound(connection, _record) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # not less than the current number

    event.listen(Engine, "connect", bound)
    yield
    event.remove(Engine, "connect", bound)


def test_a_full_disk_keeps_existing_entries(tmp_path, request) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.write(HOME, make_entries(5))
    request.getfixturevalue("full_disk")
    message = rejected(FullError, lambda: ledger.write(HOME, make_entries(2000)))
    assert message.endswith("cannot grow, its disk is full: database or disk is full")
    assert ledger.read(HOME, START, START.replace(year=2027)) == tuple(make_entries(5))


def test_a_file_locked_by_another_writer(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("custom_components.nattery.core.ledger.ledger._BUSY_SECONDS", 0.1)
    ledger = Ledger(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "is busy: database is locked" in rejected(DatabaseBusyError, lambda: ledger.write(HOME, make_entries(1)))
    assert ledger.read(HOME, START, START.replace(year=2027)) == ()
    other.close()
    ledger.write(HOME, make_entries(1))


def test_a_wrong_password_and_a_missing_database(server, postgresql) -> None:
    message = rejected(WrongPasswordError, lambda: Ledger(server.url("postgres", PASSWORD + "!")))
    assert message == (
        f"The ledger in 127.0.0.1:{server.port}/postgres does not accept the user or the password: "
        f'password authentication failed for user "{USER}"'
    )
    message = rejected(NoDatabaseError, lambda: Ledger(server.url("nowhere")))
    assert message == f'The ledger in 127.0.0.1:{server.port}/nowhere does not exist: database "nowhere" does not exist'
    nobody = f"postgresql://{USER}@127.0.0.1:{server.port}/postgres"
    assert "no password supplied" in rejected(WrongPasswordError, lambda: Ledger(nobody))
    inside = f"postgresql://127.0.0.1:{server.port}/postgres?user={USER}&password=4f1c7d2e"
    assert "authentication failed" in rejected(WrongPasswordError, lambda: Ledger(inside))


def test_a_secret_in_the_message_of_the_driver_is_removed(server) -> None:
    url = f"postgresql://{USER}:4f1c7d2e@127.0.0.1:{server.port}/4f1c7d2e?4f1c7d2e=1"
    with pytest.raises(DatabaseError) as caught:
        Ledger(url)
    assert "***" in caught.value.why
    assert PASSWORD_PREFIX not in caught.value.why


def test_a_server_that_is_not_running() -> None:
    message = rejected(
        DatabaseUnreachableError, lambda: Ledger(f"postgresql://{USER}:{PASSWORD_PREFIX}@127.0.0.1:1/ledger")
    )
    assert message == "The ledger in 127.0.0.1:1/ledger cannot be reached: Connection refused"
    message = rejected(
        DatabaseUnreachableError, lambda: Ledger(f"postgresql://{USER}:{PASSWORD_PREFIX}@no..host/ledger")
    )
    assert "could not translate host name" in message


def test_of_several_addresses_the_most_specific_error_is_reported(server) -> None:
    hosts = f"postgresql://{USER}:wrong@/postgres?host=127.0.0.1:1&host=127.0.0.1:{server.port}"
    assert "authentication failed" in rejected(WrongPasswordError, lambda: Ledger(hosts))


def test_a_server_that_does_not_respond() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://{USER}:{PASSWORD_PREFIX}@127.0.0.1:{silent.getsockname()[1]}/ledger?connect_timeout=2"
        assert "timeout expired" in rejected(DatabaseUnreachableError, lambda: Ledger(address))


def test_a_server_with_another_protocol() -> None:
    """Another program uses that port."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(100)

        with ThreadPoolExecutor() as threads:
            threads.submit(answer)
            address = f"postgresql://{USER}:{PASSWORD_PREFIX}@127.0.0.1:{other.getsockname()[1]}/ledger"
            assert "invalid response" in rejected(CannotOpenError, lambda: Ledger(address))


def test_a_ledger_that_cannot_be_written(server, postgresql) -> None:
    Ledger(postgresql).check()
    name = postgresql.rpartition("/")[2]
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    ledger = Ledger(postgresql)
    assert ledger.read(HOME, START, START) == ()
    assert "cannot execute UPDATE in a read-only transaction" in rejected(ReadOnlyError, ledger.check)


def test_a_database_without_permission_to_create_tables(server, postgresql) -> None:
    name = postgresql.rpartition("/")[2]
    guest = postgresql.replace(f"//{USER}:", "//guest:")
    server.execute(
        "DROP ROLE IF EXISTS guest",
        f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'".replace(":", r"\:"),
        database=name,
    )
    server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=name)
    assert "permission denied for schema public" in rejected(CannotOpenError, lambda: Ledger(guest))
    Ledger(postgresql).write(HOME, make_entries(1))
    assert "permission denied" in rejected(CannotOpenError, lambda: Ledger(guest).read(HOME, START, START))


def test_a_read_only_server(server, postgresql) -> None:
    ledger = Ledger(postgresql)
    server.execute(f"ALTER DATABASE {postgresql.rpartition('/')[2]} SET default_transaction_read_only = on")
    message = rejected(ReadOnlyError, lambda: ledger.write(HOME, make_entries(1)))
    assert "cannot be written: cannot execute INSERT in a read-only transaction" in message


def test_a_server_with_a_full_disk(server, postgresql) -> None:
    """The server raises the error code of a full disk itself, since filling a real disk would affect other programs."""
    ledger = Ledger(postgresql)
    server.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON nattery_quarters EXECUTE FUNCTION full_disk()",
        database=postgresql.rpartition("/")[2],
    )
    assert "cannot grow, its disk is full: could not extend file" in rejected(
        FullError, lambda: ledger.write(HOME, make_entries(1))
    )


def test_postgresql_without_its_driver(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    message = rejected(MissingDriverError, lambda: Ledger(f"postgresql://{USER}:{PASSWORD_PREFIX}@127.0.0.1/ledger"))
    assert message == "PostgreSQL needs the Python package psycopg2, which is not installed"


def test_the_representation_and_the_log_do_not_contain_the_password(postgresql, caplog) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy.engine")
    ledger = Ledger(postgresql)
    ledger.write(HOME, make_entries(1))
    assert PASSWORD_PREFIX not in caplog.text
    assert "nattery_quarters" in caplog.text
    assert ledger.location == postgresql.rpartition("@")[2]
    assert PASSWORD_PREFIX not in f"{ledger!r} {ledger.location} {ledger._engine!r}"


def test_each_error_class_has_its_own_kind() -> None:
    def family(kind: type[LedgerError]) -> list[type[LedgerError]]:
        return [kind, *(member for sub in kind.__subclasses__() for member in family(sub))]

    kinds = [member.kind for member in family(LedgerError)]
    assert len(kinds) == len(set(kinds)) == 15
