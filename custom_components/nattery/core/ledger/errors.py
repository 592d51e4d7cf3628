"""The reasons why the ledger does not work, each kind a type of its own, so that no caller has to read texts.

No text contains a password, or the address of a database server with a password.
"""

from collections.abc import Iterable
import re
from typing import ClassVar

from ..errors import NatteryError


class LedgerError(NatteryError):
    """A reason why the ledger does not work."""

    kind = "ledger"
    key_prefix = "ledger_"


class WrongUrlError(LedgerError):
    """The address of the database is invalid, or of a kind that is not supported."""

    kind = "wrong_url"

    def __init__(self) -> None:
        """Take no arguments: the address that was given may contain a password."""
        super().__init__(
            "This is no address of a ledger: sqlite:////folder/file.db and "
            "postgresql://user:password@host/database are allowed"
        )


class MissingDriverError(LedgerError):
    """The driver for PostgreSQL is not installed."""

    kind = "missing_driver"

    def __init__(self) -> None:
        """Take no arguments."""
        super().__init__("PostgreSQL needs the Python package psycopg2, which is not installed")


class DatabaseError(LedgerError):
    """The database failed; `why` is the database's own reason, on one line."""

    kind = "database"
    placeholder_names = ("place", "why")
    says: ClassVar[str] = "failed"

    def __init__(self, place: str, why: str) -> None:
        """Keep the place without a password: the path of a file, or host/database."""
        self.place, self.why = place, why
        super().__init__(f"The ledger in {place} {self.says}{f': {why}' if why else ''}")


class CannotOpenError(DatabaseError):
    """There is no such file or folder, no permission to open it, or something else has that name."""

    kind, says = "cannot_open", "cannot be opened"


class DatabaseUnreachableError(CannotOpenError):
    """There is no such server, or it does not respond."""

    kind, says = "unreachable", "cannot be reached"


class WrongPasswordError(CannotOpenError):
    """The server does not accept the user or the password."""

    kind, says = "wrong_password", "does not accept the user or the password"


class NoDatabaseError(CannotOpenError):
    """The server has no database of this name."""

    kind, says = "no_database", "does not exist"


class DatabaseBusyError(DatabaseError):
    """Another connection has been writing for too long; nothing is lost, and another try may work."""

    kind, says = "busy", "is busy"


class ReadOnlyError(DatabaseError):
    """The database can be read, but not be written."""

    kind, says = "read_only", "cannot be written"


class FullError(DatabaseError):
    """The disk is full; what was written before is safe."""

    kind, says = "full", "cannot grow, its disk is full"


class DamagedError(DatabaseError):
    """The file is damaged: only a backup helps."""

    kind, says = "damaged", "is damaged"


class DatabaseTimeoutError(LedgerError):
    """The database did not respond in time."""

    kind = "silent"
    placeholder_names = ("seconds",)

    def __init__(self, seconds: float) -> None:
        """Keep the time limit."""
        self.seconds = seconds
        super().__init__(f"The database of the ledger did not answer within {seconds:g} seconds")


class NewerSchemaError(LedgerError):
    """A later version of this software has written the database; an earlier version must not change it."""

    kind = "newer_schema"
    placeholder_names = ("place",)

    def __init__(self, place: str, found: int, known: int) -> None:
        """Keep both versions of the schema."""
        self.place, self.found, self.known = place, found, known
        super().__init__(
            f"The ledger in {place} was written by a newer version of Nattery "
            f"(schema {found}, and up to {known} is allowed)"
        )


class MeterStateError(LedgerError):
    """The saved state of an unfinished quarter-hour cannot be read."""

    kind = "meter_state"

    def __init__(self, detail: str) -> None:
        """Keep the detail for logs."""
        super().__init__(f"The saved state of the meter cannot be used: {detail}")


# How SQLite's names and PostgreSQL's codes of an error begin.
_SQLITE: tuple[tuple[str, type[DatabaseError]], ...] = (
    ("SQLITE_FULL", FullError),
    ("SQLITE_READONLY", ReadOnlyError),
    ("SQLITE_CANTOPEN", CannotOpenError),
    ("SQLITE_NOTADB", CannotOpenError),
    ("SQLITE_BUSY", DatabaseBusyError),
    ("SQLITE_CORRUPT", DamagedError),
)
_POSTGRESQL: tuple[tuple[str, type[DatabaseError]], ...] = (
    ("53100", FullError),
    ("25006", ReadOnlyError),
    ("42501", CannotOpenError),  # no right to the tables, or to make them
    ("55P03", DatabaseBusyError),
    ("57014", DatabaseBusyError),
    ("XX001", DamagedError),
    ("XX002", DamagedError),
)
# psycopg2 describes a failed connection by text only. libpq's part is in English, since psycopg2 ships no translations;
# a server's part in another language counts as CannotOpenError.
_PREFIX = re.compile(r"connection to server .*? failed: (?:FATAL: +)?")
_NO_CONNECTION: tuple[tuple[re.Pattern[str], type[DatabaseError]], ...] = (
    (re.compile(r"authentication failed|no password supplied|role \".*\" does not exist"), WrongPasswordError),
    (re.compile(r"database \".*\" does not exist"), NoDatabaseError),
    (
        re.compile(r"could not translate host|refused|timeout expired|timed out|unreachable|No route"),
        DatabaseUnreachableError,
    ),
)


def database_error(error: BaseException, place: str, secrets: Iterable[str]) -> DatabaseError:
    """Return the error for one that a driver (sqlite3 or psycopg2) raised, without traceback and secrets."""
    kind, line = _classify(error)
    why = " ".join(line.split()) or type(error).__name__
    for secret in secrets:
        why = why.replace(secret, "***")
    return kind(place, why)


def _classify(error: BaseException) -> tuple[type[DatabaseError], str]:
    """Return the type of an error, and the line of its text that tells it; each address of a host gives a line."""
    lines = str(error).splitlines() or [""]
    for attribute, kinds in (("sqlite_errorname", _SQLITE), ("pgcode", _POSTGRESQL)):
        name = getattr(error, attribute, None)
        if isinstance(name, str):
            return next((kind for code, kind in kinds if name.startswith(code)), DatabaseError), lines[0]
    # psycopg2 has no code for an error without a server, and OperationalError is what it raises then.
    if type(error).__name__ != "OperationalError":
        return DatabaseError, lines[0]
    found = ((kind, line) for pattern, kind in _NO_CONNECTION for line in lines if pattern.search(line))
    kind, line = next(found, (CannotOpenError, lines[0]))
    return kind, _PREFIX.sub("", line)
