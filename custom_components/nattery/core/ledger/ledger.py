"""The ledger in a database: an SQLite file or PostgreSQL. It blocks: use it in an executor.

This module imports SQLAlchemy: import it in an executor too. Each call opens a connection and closes it again. So no
connection becomes stale, threads share none, and between calls an SQLite file is complete and can be copied.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from itertools import batched
from pathlib import Path
import sqlite3
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Integer,
    NullPool,
    Select,
    Table,
    and_,
    column,
    create_engine,
    event,
    false,
    func,
    select,
    update,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError, StatementError

from .entry import QUARTER, QUARTER_HOURS, Energies, EntryMoney, LedgerEntry, quarter_start
from .errors import LedgerError, MissingDriverError, WrongUrlError, database_error
from .migrations import is_current, migrate
from .reports import Period, Report, Savings, this_month, today
from .tables import ENTRIES_TABLE, SITES_TABLE, QuarterNumber, entry_to_row, row_to_entry

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 10
_BATCH = 1000  # rows or periods per statement; a period has three variables, and SQLite allows 32766
_IS_WRITING = "nattery_writing"  # execution option
_PRICE_TOLERANCE = 1.5e-6  # prices are stored in millionths
_ENERGIES = ("import", "export", "charge", "discharge", "pv", "load")
_MONEY = ("cost", "wear", "no_battery", "self_consumption", "self_consumption_wear")


class Ledger:
    """A ledger of any number of named sites. Every method is one transaction and may raise LedgerError."""

    def __init__(self, location: Path | str) -> None:
        """Open the file at a path or the database at a URL; create or migrate the tables."""
        url = _url(location)
        self.location = _location_without_password(url)
        secrets = (url.password, url.query.get("password"), url.query.get("sslpassword"))
        self._secrets = tuple(secret for secret in secrets if secret and isinstance(secret, str))
        self._engine = _engine(url)
        if not self._run(lambda connection: is_current(connection, self.location)):
            self._run(lambda connection: migrate(connection, self.location), writing=True)

    def check(self) -> None:
        """Raise LedgerError if entries cannot be written; opening has shown that they can be read."""
        no_change = update(ENTRIES_TABLE).where(false()).values(covered=ENTRIES_TABLE.c.covered)
        self._run(lambda connection: connection.execute(no_change), writing=True)

    def write(self, site: str, entries: Iterable[LedgerEntry]) -> None:
        """Write all entries or none; writing an entry again has no effect.

        An existing entry is replaced unless the new one has less coverage: after a restart, a partly measured
        quarter-hour must not replace the complete one.
        """
        entries = tuple(entries)

        def task(connection: Connection) -> None:
            site_id = _get_or_create_site_id(connection, site)
            for batch in batched((entry_to_row(site_id, entry) for entry in entries), _BATCH, strict=False):
                connection.execute(_upsert(connection), list(batch))

        self._run(task, writing=True)

    def read(self, site: str, start: datetime, end: datetime) -> tuple[LedgerEntry, ...]:
        """Return the entries of quarter-hours that begin in [start, end), in order; gaps have no entries."""
        return self._entries(_within(_entries_of(site), start, end).order_by(ENTRIES_TABLE.c.start))

    def sites(self) -> tuple[str, ...]:
        """Return the names of all sites, sorted."""
        query = select(SITES_TABLE.c.name).order_by(SITES_TABLE.c.name)
        return self._run(lambda connection: tuple(connection.execute(query).scalars()))

    def previous(self, site: str, before: datetime) -> LedgerEntry | None:
        """Return the last entry that begins before a time, or None."""
        query = _entries_of(site).where(ENTRIES_TABLE.c.start < before).order_by(ENTRIES_TABLE.c.start.desc()).limit(1)
        return next(iter(self._entries(query)), None)

    def mispriced(self, site: str, currency: str, spots: Mapping[datetime, float]) -> tuple[LedgerEntry, ...]:
        """Return the entries that have another spot price than `spots` (by start), another currency or no price."""
        if not spots:
            return ()
        query = _within(_entries_of(site), min(spots), max(spots) + QUARTER)
        query = query.with_only_columns(ENTRIES_TABLE.c.start, ENTRIES_TABLE.c.currency, ENTRIES_TABLE.c.spot_price)
        booked = self._run(lambda connection: connection.execute(query).all())
        starts = {
            start
            for start, booked_currency, spot in booked
            if start in spots
            and (booked_currency != currency or spot is None or abs(spot - spots[start]) > _PRICE_TOLERANCE)
        }
        if not starts:
            return ()
        return tuple(entry for entry in self.read(site, min(starts), max(starts) + QUARTER) if entry.start in starts)

    def peak_import_kw(self, site: str, period: Period) -> float:
        """Return the highest mean import power (kW) of a quarter-hour in a period; 0 without entries."""
        query = _within(_entries_of(site), period.start, period.end).with_only_columns(
            func.max(ENTRIES_TABLE.c["import"])
        )
        kwh: float = self._run(lambda connection: connection.execute(query).scalar()) or 0.0
        return kwh / QUARTER_HOURS

    def reports(
        self, site: str, periods: Sequence[Period], currency: str, terminal_value_per_kwh: float
    ) -> tuple[Report, ...]:
        """Return a report for each period; entries in another currency count as entries without prices."""

        def task(connection: Connection) -> list[Sequence[float | None]]:
            queries = [_sums(site, batch, currency) for batch in batched(periods, _BATCH, strict=False)]
            return [tuple(row) for query in queries for row in connection.execute(query)]

        reports = []
        for period, row in zip(periods, self._run(task), strict=True):
            # In SQL, the sum of no rows is null.
            covered, priced, stored, baseline, *sums = (value or 0.0 for value in row)
            energies, money = Energies(*sums[: len(_ENERGIES)]), EntryMoney(*sums[len(_ENERGIES) :])
            reports.append(
                Report(period, currency, terminal_value_per_kwh, covered, priced, energies, money, stored, baseline)
            )
        return tuple(reports)

    def savings(self, site: str, now: datetime, zone: tzinfo, currency: str, terminal_value_per_kwh: float) -> Savings:
        """Return the reports of today, this month and the whole ledger, up to the last quarter-hour that has ended."""
        first = self._entries(_entries_of(site).order_by(ENTRIES_TABLE.c.start).limit(1))
        total = Period(first[0].start if first else quarter_start(now), quarter_start(now))
        periods = (today(now, zone), this_month(now, zone), total)
        return Savings(*self.reports(site, periods, currency, terminal_value_per_kwh))

    def _entries(self, query: Select[Any]) -> tuple[LedgerEntry, ...]:
        return self._run(lambda connection: tuple(map(row_to_entry, connection.execute(query))))

    def _run[T](self, task: Callable[[Connection], T], *, writing: bool = False) -> T:
        """Run a task in its own transaction; raise LedgerError."""
        try:
            with self._engine.connect().execution_options(**{_IS_WRITING: writing}) as connection, connection.begin():
                return task(connection)
        except (SQLAlchemyError, ValueError) as error:
            cause = error.orig if isinstance(error, StatementError) and error.orig else error
            failure: LedgerError = database_error(cause, self.location, self._secrets)
        # Raised outside of the except block: a traceback must not show the driver's message, which may hold a password.
        raise failure


def _url(location: Path | str) -> URL:
    if isinstance(location, Path):
        return URL.create("sqlite", database=str(location))
    try:
        url = make_url(location)
    except ArgumentError, ValueError:
        pass
    else:
        if url.drivername in ("sqlite", "sqlite+pysqlite") and url.database not in (None, "", ":memory:"):
            return url.set(drivername="sqlite")
        if url.drivername in ("postgresql", "postgresql+psycopg2") and url.database:
            # The driver is explicit, since SQLAlchemy's default changes in 2.1.
            return url.set(drivername="postgresql+psycopg2")
    raise WrongUrlError


def _location_without_password(url: URL) -> str:
    if url.drivername == "sqlite":
        return str(url.database)
    return f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}/{url.database}"


def _engine(url: URL) -> Engine:
    is_sqlite = url.drivername == "sqlite"
    # Options in the URL take precedence.
    timeouts = {"timeout": _BUSY_SECONDS} if is_sqlite else {"connect_timeout": _CONNECT_SECONDS}
    arguments = {name: seconds for name, seconds in timeouts.items() if name not in url.query}
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    except ImportError:
        raise MissingDriverError from None
    if is_sqlite:
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_transaction)
    return engine


def _configure_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Configure SQLite so that committed entries survive a power failure.

    The write-ahead log lets readers read during a write. With synchronous = FULL, each commit waits until the log is on
    the disk. NORMAL would save four waits an hour, but could lose the last entries in a power failure.
    """
    connection.isolation_level = None  # _begin_transaction begins transactions; the driver would leave out DDL
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        # Fails while another connection is open. A later connection will do it, since the mode is stored in the file.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_transaction(connection: Connection) -> None:
    """Begin a transaction; a writer takes the write lock at once, so that it cannot fail halfway."""
    writing = connection.get_execution_options().get(_IS_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _entries_of(site: str) -> Select[Any]:
    return select(ENTRIES_TABLE).join(SITES_TABLE).where(SITES_TABLE.c.name == site)


def _within(query: Select[Any], start: datetime, end: datetime) -> Select[Any]:
    return query.where(ENTRIES_TABLE.c.start >= start, ENTRIES_TABLE.c.start < end)


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return the INSERT statement of the database's dialect, which supports ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _get_or_create_site_id(connection: Connection, name: str) -> int:
    """Return the id of a site, which is created with its first entry."""
    query = select(SITES_TABLE.c.id).where(SITES_TABLE.c.name == name)
    site_id = connection.execute(query).scalar_one_or_none()
    if site_id is None:
        # Another process may create it at the same time.
        connection.execute(_insert(connection, SITES_TABLE).values(name=name).on_conflict_do_nothing())
        site_id = connection.execute(query).scalar_one()
    return int(site_id)


def _upsert(connection: Connection) -> postgresql.Insert | sqlite.Insert:
    statement = _insert(connection, ENTRIES_TABLE)
    replaced = {field.name: statement.excluded[field.name] for field in ENTRIES_TABLE.columns if not field.primary_key}
    return statement.on_conflict_do_update(
        index_elements=ENTRIES_TABLE.primary_key.columns,
        set_=replaced,
        where=statement.excluded.covered >= ENTRIES_TABLE.c.covered,
    )


def _sums(site: str, periods: Sequence[Period], currency: str) -> Select[Any]:
    """Return a query for one row of sums per period, in order; the sums of a period without entries are null."""
    requested = (
        values(
            column("number", Integer), column("begins", QuarterNumber), column("ends", QuarterNumber), name="requested"
        )
        .data([(number, period.start, period.end) for number, period in enumerate(periods)])
        .cte("requested")
    )
    site_id = select(SITES_TABLE.c.id).where(SITES_TABLE.c.name == site).scalar_subquery()
    is_inside = and_(
        ENTRIES_TABLE.c.site == site_id,
        ENTRIES_TABLE.c.start >= requested.c.begins,
        ENTRIES_TABLE.c.start < requested.c.ends,
    )
    is_priced = ENTRIES_TABLE.c.currency == currency
    return (
        select(
            func.sum(ENTRIES_TABLE.c.covered),
            func.sum(ENTRIES_TABLE.c.covered).filter(is_priced),
            *(
                func.sum(ENTRIES_TABLE.c[name]).filter(is_priced)
                for name in ("stored_change", "baseline_stored_change")
            ),
            *(func.sum(ENTRIES_TABLE.c[name]) for name in _ENERGIES),
            *(func.sum(ENTRIES_TABLE.c[name]).filter(is_priced) for name in _MONEY),
        )
        .select_from(requested.outerjoin(ENTRIES_TABLE, is_inside))
        .group_by(requested.c.number)
        .order_by(requested.c.number)
    )
