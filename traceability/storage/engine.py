"""Databases: one engine that writes and one that only reads (DESIGN §4).

SQLite runs in WAL mode with ``synchronous=FULL``, which is set on *each* connection, since it is a
property of the connection and a lesser default would make answered records vanish with the power.
Writers begin with ``BEGIN IMMEDIATE``: a transaction that reads first and then wants to write would
otherwise fail where it could have waited. Readers have connections of their own that cannot write.

Everything that is peculiar to a database system is here and in ``traceability.storage.dialect``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

BUSY_MS: Final = 5_000  #: how long a writer waits for another's lock before it gives up
READERS: Final = 4  #: connections for reading that are kept open; as many again may join them
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


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


class Database:
    """The engines over one database. ``write_engine`` has one connection, for the one writer."""

    def __init__(self, url: str, busy_ms: int = BUSY_MS) -> None:
        """Open the database at a SQLAlchemy URL; nothing is connected to before first use."""
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.write_engine = _sqlite_engine(url, busy_ms, write=True)
            self.read_engine = _sqlite_engine(url, busy_ms, write=False)
        else:
            self.write_engine = create_engine(url, pool_size=1, max_overflow=1)
            self.read_engine = create_engine(url, pool_size=READERS, max_overflow=READERS)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and cannot change it."""
        with self.read_engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or rolls back when an error leaves it.

        For accounts and migrations: the ledger itself is written by its writer alone.
        """
        with self.write_engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.write_engine.dispose()
        self.read_engine.dispose()


def _sqlite_engine(url: str, busy_ms: int, write: bool) -> Engine:
    if sqlite3.sqlite_version_info < _SQLITE_LEAST:
        least = ".".join(map(str, _SQLITE_LEAST))
        raise RuntimeError(f"SQLite {least} or later is needed, not {sqlite3.sqlite_version}")
    engine = create_engine(
        url,
        poolclass=QueuePool,
        # A second writing connection is for accounts, while the ledger's writer keeps the first.
        pool_size=2 if write else READERS,
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
