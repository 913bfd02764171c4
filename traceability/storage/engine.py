"""Databases: one engine that writes and one that only reads (DESIGN §4).

The URL says which: ``sqlite:///file`` or ``postgresql://user@host/name``. Everything that is
peculiar to a database system is here, in ``traceability.storage.dialect`` and beside it.

SQLite runs in WAL mode with ``synchronous=FULL``, which is set on *each* connection, since it is a
property of the connection and a lesser default would make answered records vanish with the power.
Writers begin with ``BEGIN IMMEDIATE``: a transaction that reads first and then wants to write would
otherwise fail where it could have waited. Readers have connections of their own that cannot write.

PostgreSQL writes under READ COMMITTED, since all is judged under the lock of the head row; readers
see one state (REPEATABLE READ, READ ONLY), and may be served by a standby. A process has at most
``WRITERS`` and twice ``READERS`` connections: many processes must not exhaust the server's. Nobody
waits for a server that says nothing (``traceability.storage.patience``) but those who asked for
something that takes long.

A database that is locked, full or gone leaves ``reading`` and ``writing`` as a ``LedgerError``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from traceability.core.errors import LedgerError
from traceability.storage.dialect import Dialect
from traceability.storage.sqlite import SqliteDialect

BUSY_MS: Final = 5_000  #: how long a writer waits for another's lock before it gives up
SILENT_SECONDS: Final = 20.0  #: how long the server may say nothing, whatever it was asked
READERS: Final = 4  #: connections for reading that are kept open; as many again may join them
WRITERS: Final = 2  #: the ledger's writer has one; the other is for accounts
_SQLITE_LEAST: Final = (3, 37, 0)  # STRICT tables
_STATEMENTS: Final = 512  # prepared statements kept by a connection

#: Set on every connection. Small pages: an append touches many, a little of each.
_SQLITE: Final = (
    "PRAGMA page_size = 4096",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA journal_size_limit = 67108864",
)


#: A connection whose other end is gone is given up within seconds, not after TCP's two hours.
_POSTGRES: Final = {
    "application_name": "goc",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


class Database:
    """The engines over one database, and the ``dialect`` to speak to it."""

    def __init__(
        self, url: str, busy_ms: int = BUSY_MS, silent_seconds: float = SILENT_SECONDS
    ) -> None:
        """Open the database at a SQLAlchemy URL; nothing is connected to before first use.

        ``busy_ms``: how long to wait for another's lock; ``silent_seconds``: for a sign of life.
        Raises ``LedgerError("settings.database")`` for a URL that is none, or of another system;
        at first use, for one with an option that there is not, and ``settings.encoding`` for a
        database that does not keep texts as UTF-8.
        """
        parsed = parse_url(url)
        self.url = url
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.dialect: Dialect
        if self.is_sqlite:
            self.dialect = SqliteDialect()
            self.write_engine = _sqlite_engine(url, busy_ms, write=True)
            self.read_engine = _sqlite_engine(url, busy_ms, write=False)
        else:
            from traceability.storage.postgres import PostgresDialect

            self.dialect = PostgresDialect(silent_seconds)
            self.write_engine = _postgres_engine(parsed, busy_ms, write=True)
            self.read_engine = _postgres_engine(parsed, busy_ms, write=False)

    @contextmanager
    def reading(self, takes_long: bool = False) -> Iterator[Connection]:
        """A transaction that sees one state of the database and cannot change it.

        ``takes_long``: a statement may take whatever time it takes. Raises ``LedgerError``:
        ``ledger.locked``, ``ledger.unreachable``, ``ledger.storage``; and what the driver does for
        a mistake of ours.
        """
        with self._faults(), self.read_engine.connect() as connection:
            self.dialect.bound(connection.connection, takes_long)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self, takes_long: bool = False) -> Iterator[Connection]:
        """A transaction that commits at the end, or rolls back when an error leaves it.

        For accounts and migrations: the ledger itself is written by its writer alone. Raises as
        ``reading``; an error of the commit leaves it open whether it took place.
        """
        with self._faults(), self.write_engine.connect() as connection:
            self.dialect.bound(connection.connection, takes_long)
            with connection.begin():
                yield connection

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeoutError as error:
            raise LedgerError("ledger.locked") from error
        except DBAPIError as error:
            if not isinstance(error.orig, Exception):
                raise
            fault = self.dialect.fault(error.orig)
            if fault.code == "ledger.fault":  # what the driver says of it says more
                raise
            raise fault from error
        except self.dialect.errors as error:
            raise self.dialect.fault(error) from error

    def cursor(self, connection: Connection) -> Any:
        """A driver's cursor in the transaction of a connection, for the dialect's statements."""
        return self.dialect.cursor(connection.connection)

    def alone(self, connection: Connection, table: Table) -> None:
        """Keep others from changing a table until the transaction of a connection ends, so that
        what is not there now will not be there but by us. On SQLite whoever writes is alone."""
        if not self.is_sqlite:
            connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")

    def close(self) -> None:
        """Close all connections."""
        self.write_engine.dispose()
        self.read_engine.dispose()


def parse_url(url: str) -> URL:
    """The URL of a database, with the driver that we use. Raises as ``Database``."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number, as in a list of hosts
        raise LedgerError("settings.database") from None  # the URL may hold a password
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed
    raise LedgerError("settings.database")


def _postgres_engine(url: URL, busy_ms: int, write: bool) -> Engine:
    from psycopg import ProgrammingError

    from traceability.storage.patience import PatientConnection
    from traceability.storage.postgres import prepare

    engine = create_engine(
        url,
        pool_size=WRITERS if write else READERS,
        max_overflow=0 if write else READERS,
        pool_timeout=busy_ms / 1000,
        pool_pre_ping=True,  # the server may have been restarted since
        connect_args={name: each for name, each in _POSTGRES.items() if name not in url.query},
    )

    def connect(_: Any, __: Any, words: Any, named: Any) -> Any:
        try:
            connection = PatientConnection.connect(*words, **named)
        except ProgrammingError:  # an option that libpq does not know
            raise LedgerError("settings.database") from None
        encoding = connection.info.parameter_status("server_encoding")
        if encoding not in ("UTF8", None):  # it would lose letters, or the order of texts
            connection.close()
            raise LedgerError("settings.encoding", encoding=encoding)
        return connection

    def connected(connection: Any, _: Any) -> None:
        prepare(connection, write, busy_ms)

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", connected)
    return engine


def _sqlite_engine(url: str, busy_ms: int, write: bool) -> Engine:
    if sqlite3.sqlite_version_info < _SQLITE_LEAST:
        least = ".".join(map(str, _SQLITE_LEAST))
        raise RuntimeError(f"SQLite {least} or later is needed, not {sqlite3.sqlite_version}")
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=WRITERS if write else READERS,
        max_overflow=0 if write else READERS,
        connect_args={
            "timeout": busy_ms / 1000,
            "check_same_thread": False,
            "cached_statements": _STATEMENTS,
            # The driver begins nothing by itself: `begin` below does.
            "isolation_level": None,
        },
    )

    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in _SQLITE:
            cursor.execute(pragma)
        if not write:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begin)
    return engine
