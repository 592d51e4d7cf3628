"""What can keep the ledger from working, each kind its own type, so that nobody above has to read texts.

Every text is one sentence for people; none holds a password or the address of a database server with one in it.
"""

from collections.abc import Iterable
import re
from typing import ClassVar


class LedgerError(Exception):
    """Anything wrong with the ledger; `kind` is the name under which it is translated."""

    kind: ClassVar[str] = "ledger"


class WrongUrlError(LedgerError):
    """The address of the database is none, or one of a kind that is not supported."""

    kind = "wrong_url"

    def __init__(self) -> None:
        """Say what is allowed, and never what was given: it may hold a password."""
        super().__init__(
            "This is no address of a ledger: sqlite:////folder/file.db and "
            "postgresql://user:password@host/database are allowed"
        )


class MissingDriverError(LedgerError):
    """PostgreSQL is asked for, but nothing here speaks it."""

    kind = "missing_driver"

    def __init__(self) -> None:
        """Name what to install."""
        super().__init__("PostgreSQL needs the Python package psycopg2, which is not installed")


class DatabaseError(LedgerError):
    """The database did not do what it was asked; `why` is its own reason, in one line."""

    kind = "database"
    says: ClassVar[str] = "failed"

    def __init__(self, place: str, why: str) -> None:
        """Name the place without a password: the path of a file, or host/database."""
        self.place, self.why = place, why
        super().__init__(f"The ledger in {place} {self.says}{f': {why}' if why else ''}")


class CannotOpenError(DatabaseError):
    """No such file or folder, no right to enter, or something else under that name."""

    kind, says = "cannot_open", "cannot be opened"


class DatabaseUnreachableError(CannotOpenError):
    """No such server, or none that answers."""

    kind, says = "unreachable", "cannot be reached"


class WrongPasswordError(CannotOpenError):
    """The server lets this user with this password in nowhere."""

    kind, says = "wrong_password", "does not accept the user or the password"


class NoDatabaseError(CannotOpenError):
    """The server has no database of this name."""

    kind, says = "no_database", "does not exist"


class DatabaseBusyError(DatabaseError):
    """Somebody else has been writing for too long; nothing was lost, and another try may work."""

    kind, says = "busy", "is busy"


class ReadOnlyError(DatabaseError):
    """It may be read and not be written."""

    kind, says = "read_only", "cannot be written"


class FullError(DatabaseError):
    """The disk is full; what was booked before is safe."""

    kind, says = "full", "cannot grow, its disk is full"


class DamagedError(DatabaseError):
    """The file is damaged: only a backup helps."""

    kind, says = "damaged", "is damaged"


class DatabaseTimeoutError(LedgerError):
    """The database has not answered for longer than whoever asks can wait."""

    kind = "silent"

    def __init__(self, seconds: float) -> None:
        """Say how long it was waited for."""
        self.why = f"{seconds:g} s"
        super().__init__(f"The database of the ledger did not answer within {seconds:g} seconds")


class NewerSchemaError(LedgerError):
    """A newer version of this software has written it; the older one must not touch it."""

    kind = "newer_schema"

    def __init__(self, place: str, found: int, known: int) -> None:
        """Keep both versions of the schema."""
        self.place, self.found, self.known = place, found, known
        super().__init__(
            f"The ledger in {place} was written by a newer version of Nattery "
            f"(schema {found}, and up to {known} is allowed)"
        )


class MeterStateError(LedgerError):
    """What was saved of an unfinished quarter cannot be read."""

    kind = "meter_state"

    def __init__(self, detail: str) -> None:
        """Say what is wrong with it."""
        super().__init__(f"The saved state of the meter cannot be used: {detail}")


# SQLite's and PostgreSQL's own names of what went wrong: the beginning of the first, the class or code of the second.
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
# All that psycopg2 tells of a server that it did not get into is text: libpq's own is English, since psycopg2 brings no
# translations, and what a server adds in another language counts as CannotOpenError.
_CONNECTION = re.compile(r"connection to server .*? failed: (?:FATAL: +)?")
_NOT_IN: tuple[tuple[re.Pattern[str], type[DatabaseError]], ...] = (
    (re.compile(r"authentication failed|no password supplied|role \".*\" does not exist"), WrongPasswordError),
    (re.compile(r"database \".*\" does not exist"), NoDatabaseError),
    (
        re.compile(r"could not translate host|refused|timeout expired|timed out|unreachable|No route"),
        DatabaseUnreachableError,
    ),
)


def database_error(error: BaseException, place: str, secrets: Iterable[str]) -> DatabaseError:
    """The error for what a driver (sqlite3 or psycopg2) raised, without its traceback and without any secret."""
    kind, line = _told(error)
    why = " ".join(line.split())
    for secret in secrets:
        why = why.replace(secret, "***")
    return kind(place, why)


def _told(error: BaseException) -> tuple[type[DatabaseError], str]:
    """What sort of error it is, and the line of its text that says so; a host with several addresses gives several."""
    lines = str(error).splitlines() or [""]
    for attribute, kinds in (("sqlite_errorname", _SQLITE), ("pgcode", _POSTGRESQL)):
        name = getattr(error, attribute, None)
        if isinstance(name, str):
            return next((kind for code, kind in kinds if name.startswith(code)), DatabaseError), lines[0]
    # psycopg2 has no code for an error without a server, and OperationalError is what it raises then.
    if type(error).__name__ != "OperationalError":
        return DatabaseError, lines[0]
    found = ((kind, line) for pattern, kind in _NOT_IN for line in lines if pattern.search(line))
    kind, line = next(found, (CannotOpenError, lines[0]))
    return kind, _CONNECTION.sub("", line)
