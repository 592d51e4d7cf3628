"""Schema migrations of the ledger's tables. Imports SQLAlchemy (tables.py)."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, inspect, select, text, update

from .errors import NewerSchemaError
from .tables import METADATA, SCHEMA_TABLE

type Migration = Callable[[Connection], None]


def _add_plan_and_forecast(connection: Connection) -> None:
    """Add what was planned and forecast; entries of the first schema have null there."""
    for name, kind in (
        ("expected_action", "VARCHAR(16)"),
        ("expected_power", "INTEGER"),
        ("forecast_pv", "INTEGER"),
        ("forecast_load", "INTEGER"),
    ):
        connection.execute(text(f"ALTER TABLE nattery_quarters ADD COLUMN {name} {kind}"))


# Item n leads from version n + 1 to n + 2. They use plain SQL, since tables.py changes later.
MIGRATIONS: tuple[Migration, ...] = (_add_plan_and_forecast,)
_LOCK = 0x6E617474657279  # an arbitrary lock id that other programs are unlikely to use: "nattery"


def schema_version(connection: Connection, place: str) -> int | None:
    """Return the schema version, or None if there are no tables; raise NewerSchemaError."""
    if not inspect(connection).has_table(SCHEMA_TABLE.name):
        return None
    found, newest = connection.execute(select(SCHEMA_TABLE.c.version)).scalar_one(), len(MIGRATIONS) + 1
    if found > newest:
        raise NewerSchemaError(place, found, newest)
    return int(found)


def is_current(connection: Connection, place: str) -> bool:
    """Return whether the schema is current; raise NewerSchemaError."""
    return schema_version(connection, place) == len(MIGRATIONS) + 1


def migrate(connection: Connection, place: str) -> None:
    """Create the tables or migrate them, within the connection's transaction."""
    if connection.dialect.name == "postgresql":  # SQLite has locked out other writers already
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = schema_version(connection, place)
    if version is None:
        METADATA.create_all(connection)
        connection.execute(insert(SCHEMA_TABLE).values(version=len(MIGRATIONS) + 1))
        return
    for migration in MIGRATIONS[version - 1 :]:
        migration(connection)
    connection.execute(update(SCHEMA_TABLE).values(version=len(MIGRATIONS) + 1))
