"""From the tables of an older version to those of the present one, a step at a time. Imports SQLAlchemy (tables.py)."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, inspect, select, text, update

from .errors import NewerSchemaError
from .tables import METADATA, SCHEMA

type Migration = Callable[[Connection], None]

MIGRATIONS: tuple[Migration, ...] = ()  # from version n + 1 to n + 2; each in plain SQL, since tables.py moves on
_LOCK = 0x6E617474657279  # any number that nobody else locks: "nattery"


def version_of(connection: Connection, place: str) -> int | None:
    """The version of the tables, None where there are none; raises NewerSchemaError."""
    if not inspect(connection).has_table(SCHEMA.name):
        return None
    found, newest = connection.execute(select(SCHEMA.c.version)).scalar_one(), len(MIGRATIONS) + 1
    if found > newest:
        raise NewerSchemaError(place, found, newest)
    return int(found)


def is_current(connection: Connection, place: str) -> bool:
    """Whether nothing has to be done; raises NewerSchemaError."""
    return version_of(connection, place) == len(MIGRATIONS) + 1


def migrate(connection: Connection, place: str) -> None:
    """Make the tables, or bring them up to date, all in the connection's one transaction."""
    if connection.dialect.name == "postgresql":  # SQLite has locked all writers out by now
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = version_of(connection, place)
    if version is None:
        METADATA.create_all(connection)
        connection.execute(insert(SCHEMA).values(version=len(MIGRATIONS) + 1))
        return
    for step in MIGRATIONS[version - 1 :]:
        step(connection)
    connection.execute(update(SCHEMA).values(version=len(MIGRATIONS) + 1))
