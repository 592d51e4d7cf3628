"""The ledger in a database: SQLite in a file, or PostgreSQL by its address. Blocks, so it is used in an executor.

Importing this module imports SQLAlchemy, which is to happen in an executor too. A connection lives as long as one call:
nothing goes stale, threads share nothing, and between calls the file of SQLite is whole and alone, good to be copied.
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
from .tables import QUARTERS, SITES, QuarterNumber, to_quarter, to_row

_BUSY_SECONDS = 30
_CONNECT_SECONDS = 10
_BATCH = 1000  # periods in one statement, three variables each, of which SQLite allows 32766; and rows at once
_WRITING = "nattery_writing"
_SAME_PRICE = 1.5e-6  # they are kept in millionths
_ENERGIES = ("import", "export", "charge", "discharge", "pv", "load")
_MONEY = ("cost", "wear", "no_battery", "self_consumption", "self_consumption_wear")


class Ledger:
    """One ledger, of any number of sites (a name each). Every method is one transaction and raises LedgerError."""

    def __init__(self, place: Path | str) -> None:
        """Open the file at a path or the database at a URL; makes the tables or brings them up to date."""
        url = _url(place)
        self.place = _shown(url)
        secrets = (url.password, url.query.get("password"), url.query.get("sslpassword"))
        self._secrets = tuple(secret for secret in secrets if secret and isinstance(secret, str))
        self._engine = _engine(url)
        if not self._run(lambda connection: is_current(connection, self.place)):
            self._run(lambda connection: migrate(connection, self.place), writing=True)

    def check(self) -> None:
        """See that quarters could be written as well; opening it has shown that they can be read."""
        nothing = update(QUARTERS).where(false()).values(covered=QUARTERS.c.covered)
        self._run(lambda connection: connection.execute(nothing), writing=True)

    def write(self, site: str, quarters: Iterable[LedgerEntry]) -> None:
        """Book quarters, all of them or none; writing twice is writing once.

        One that is in the book already is replaced, unless less of it was seen: what a restart has left of a quarter
        never takes the place of the whole one.
        """
        lines = tuple(quarters)

        def task(connection: Connection) -> None:
            number = _site(connection, site)
            for batch in batched((to_row(number, quarter) for quarter in lines), _BATCH, strict=False):
                connection.execute(_upsert(connection), list(batch))

        self._run(task, writing=True)

    def read(self, site: str, start: datetime, end: datetime) -> tuple[LedgerEntry, ...]:
        """The quarters that begin in [start, end), in order; those that nobody saw are not there."""
        return self._quarters(_within(_of(site), start, end).order_by(QUARTERS.c.start))

    def sites(self) -> tuple[str, ...]:
        """The names of all sites, in order."""
        query = select(SITES.c.name).order_by(SITES.c.name)
        return self._run(lambda connection: tuple(connection.execute(query).scalars()))

    def previous(self, site: str, before: datetime) -> LedgerEntry | None:
        """The last quarter that begins before a moment, from which the next one goes on."""
        query = _of(site).where(QUARTERS.c.start < before).order_by(QUARTERS.c.start.desc()).limit(1)
        return next(iter(self._quarters(query)), None)

    def mispriced(self, site: str, currency: str, spots: Mapping[datetime, float]) -> tuple[LedgerEntry, ...]:
        """Of the quarters that begin at the keys of `spots` those that are booked at another spot price or at none."""
        if not spots:
            return ()
        query = _within(_of(site), min(spots), max(spots) + QUARTER)
        columns = query.with_only_columns(QUARTERS.c.start, QUARTERS.c.currency, QUARTERS.c.spot_price)
        booked = self._run(lambda connection: connection.execute(columns).all())
        off = {
            start
            for start, unit, spot in booked
            if start in spots and (unit != currency or spot is None or abs(spot - spots[start]) > _SAME_PRICE)
        }
        if not off:
            return ()
        return tuple(line for line in self.read(site, min(off), max(off) + QUARTER) if line.start in off)

    def peak(self, site: str, period: Period) -> float:
        """The highest import of a quarter in a period, kW; 0 where nothing is booked."""
        query = _within(_of(site), period.start, period.end).with_only_columns(func.max(QUARTERS.c["import"]))
        highest: float = self._run(lambda connection: connection.execute(query).scalar()) or 0.0
        return highest / QUARTER_HOURS

    def reports(
        self, site: str, periods: Sequence[Period], currency: str, terminal_value_per_kwh: float
    ) -> tuple[Report, ...]:
        """A report for each period; quarters that are booked in another currency count as without a price."""

        def task(connection: Connection) -> list[Sequence[float | None]]:
            queries = [_sums(site, batch, currency) for batch in batched(periods, _BATCH, strict=False)]
            return [tuple(row) for query in queries for row in connection.execute(query)]

        reports = []
        for period, row in zip(periods, self._run(task), strict=True):
            # Nothing booked is no sum at all in SQL.
            seen, priced, stored, baseline, *sums = (value or 0.0 for value in row)
            energies, money = Energies(*sums[: len(_ENERGIES)]), EntryMoney(*sums[len(_ENERGIES) :])
            reports.append(
                Report(period, currency, terminal_value_per_kwh, seen, priced, energies, money, stored, baseline)
            )
        return tuple(reports)

    def savings(self, site: str, now: datetime, zone: tzinfo, currency: str, terminal_value_per_kwh: float) -> Savings:
        """The reports of today, this month and all the time, each up to the last quarter that has ended."""
        first = self._quarters(_of(site).order_by(QUARTERS.c.start).limit(1))
        total = Period(first[0].start if first else quarter_start(now), quarter_start(now))
        periods = (today(now, zone), this_month(now, zone), total)
        return Savings(*self.reports(site, periods, currency, terminal_value_per_kwh))

    def _quarters(self, query: Select[Any]) -> tuple[LedgerEntry, ...]:
        return self._run(lambda connection: tuple(map(to_quarter, connection.execute(query))))

    def _run[T](self, task: Callable[[Connection], T], *, writing: bool = False) -> T:
        """Do a task in a transaction of its own, or say in one sentence why not."""
        try:
            with self._engine.connect().execution_options(**{_WRITING: writing}) as connection, connection.begin():
                return task(connection)
        except (SQLAlchemyError, ValueError) as error:
            cause = error.orig if isinstance(error, StatementError) and error.orig else error
            failure: LedgerError = database_error(cause, self.place, self._secrets)
        # Raised out here, so that no report of it follows its context to the driver's own words.
        raise failure


def _url(place: Path | str) -> URL:
    if isinstance(place, Path):
        return URL.create("sqlite", database=str(place))
    try:
        url = make_url(place)
    except ArgumentError, ValueError:
        pass
    else:
        if url.drivername in ("sqlite", "sqlite+pysqlite") and url.database not in (None, "", ":memory:"):
            return url.set(drivername="sqlite")
        if url.drivername in ("postgresql", "postgresql+psycopg2") and url.database:
            # Said outright, since SQLAlchemy's own choice is another one from 2.1 on.
            return url.set(drivername="postgresql+psycopg2")
    raise WrongUrlError


def _shown(url: URL) -> str:
    if url.drivername == "sqlite":
        return str(url.database)
    return f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}/{url.database}"


def _engine(url: URL) -> Engine:
    is_sqlite = url.drivername == "sqlite"
    # What the URL itself asks for holds.
    patience = {"timeout": _BUSY_SECONDS} if is_sqlite else {"connect_timeout": _CONNECT_SECONDS}
    arguments = {name: seconds for name, seconds in patience.items() if name not in url.query}
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    except ImportError:
        raise MissingDriverError from None
    if is_sqlite:
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begun)
    return engine


def _connected(connection: DBAPIConnection, _record: object) -> None:
    """How SQLite is to keep what it was told, whatever happens.

    The write-ahead log lets readers read while a quarter is written. FULL waits at every commit until the log is on the
    disk: NORMAL would lose the last quarters with the power, to save four waits an hour.
    """
    connection.isolation_level = None  # transactions are begun below, not by the driver, which would leave out DDL
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        # Where somebody else has it open in this moment, the next connection does it: the mode is kept in the file.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begun(connection: Connection) -> None:
    """A writer locks other writers out from its beginning, so that none is refused halfway."""
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _of(site: str) -> Select[Any]:
    return select(QUARTERS).join(SITES).where(SITES.c.name == site)


def _within(query: Select[Any], start: datetime, end: datetime) -> Select[Any]:
    return query.where(QUARTERS.c.start >= start, QUARTERS.c.start < end)


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The INSERT of this database, which knows what to do with a row that is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _site(connection: Connection, name: str) -> int:
    """The number of a site, given at its first quarter."""
    query = select(SITES.c.id).where(SITES.c.name == name)
    number = connection.execute(query).scalar_one_or_none()
    if number is None:
        # Somebody else may give it in this very moment.
        connection.execute(_insert(connection, SITES).values(name=name).on_conflict_do_nothing())
        number = connection.execute(query).scalar_one()
    return int(number)


def _upsert(connection: Connection) -> postgresql.Insert | sqlite.Insert:
    statement = _insert(connection, QUARTERS)
    replaced = {each.name: statement.excluded[each.name] for each in QUARTERS.columns if not each.primary_key}
    return statement.on_conflict_do_update(
        index_elements=QUARTERS.primary_key.columns,
        set_=replaced,
        where=statement.excluded.covered >= QUARTERS.c.covered,
    )


def _sums(site: str, periods: Sequence[Period], currency: str) -> Select[Any]:
    """One row of sums for every period, in order, also where nothing is booked."""
    asked = (
        values(column("number", Integer), column("begins", QuarterNumber), column("ends", QuarterNumber), name="asked")
        .data([(number, period.start, period.end) for number, period in enumerate(periods)])
        .cte("asked")
    )
    number = select(SITES.c.id).where(SITES.c.name == site).scalar_subquery()
    inside = and_(QUARTERS.c.site == number, QUARTERS.c.start >= asked.c.begins, QUARTERS.c.start < asked.c.ends)
    priced = QUARTERS.c.currency == currency
    return (
        select(
            func.sum(QUARTERS.c.covered),
            func.sum(QUARTERS.c.covered).filter(priced),
            *(func.sum(QUARTERS.c[name]).filter(priced) for name in ("stored_change", "baseline_stored_change")),
            *(func.sum(QUARTERS.c[name]) for name in _ENERGIES),
            *(func.sum(QUARTERS.c[name]).filter(priced) for name in _MONEY),
        )
        .select_from(asked.outerjoin(QUARTERS, inside))
        .group_by(asked.c.number)
        .order_by(asked.c.number)
    )
