"""Reading the ledger: what one transaction sees of it; and writing to the accounts beside it.

Every question (lots, holdings, lineage, closures) is put to a ``Reading``, so that answers that
belong together come from one state of the ledger. Nothing here waits for the writer.

    with reading(database) as now:
        now.rows("SELECT idx FROM lot WHERE maker = ?", party)
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from traceability.core.merkle import HashAt
from traceability.core.tiles import tile_hash_at
from traceability.storage.dialect import Dialect, Row
from traceability.storage.edge import entries
from traceability.storage.engine import Database, parse_url
from traceability.storage.head import Head, read_head
from traceability.storage.log_tiles import LogTiles
from traceability.storage.published import remembered, require_extension
from traceability.storage.reader import SqlReader


class Reading:
    """One read transaction. ``reader`` answers as the rules ask (``core.state.Reader``)."""

    __slots__ = ("_cursor", "_dialect", "reader")

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self.reader = SqlReader(cursor, dialect)

    def rows(self, statement: str, *parameters: Any) -> list[Row]:
        """All rows of a query with ``?`` for each parameter. Raises ``LedgerError``."""
        try:
            found: list[Row] = self._cursor.execute(statement, parameters).fetchall()
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error
        return found

    def among(self, *columns: str) -> str:
        """A condition with one parameter: ``columns`` are one of those that ``pack`` packs."""
        return self._dialect.among(*columns)

    def pack(self, keys: Iterable[Any]) -> Any:
        """Keys (or tuples of them, for several columns) as one parameter."""
        return self._dialect.pack(keys)

    def head(self) -> Head:
        """Where the log stands; ``LedgerError("ledger.none")`` where there is none."""
        return read_head(self._cursor)

    @property
    def once_published(self) -> int:
        """As ``storage.published.remembered``."""
        return remembered(self._cursor)

    def hash_at(self, size: int) -> HashAt:
        """The hashes of the log's tree of ``size`` leaves, for proofs."""
        return tile_hash_at(LogTiles(self._cursor, size).read, size)

    def require_extension(self, size: int, root: bytes) -> None:
        """Refuse a log that does not begin with the tree of ``size`` leaves under ``root``.
        ``LedgerError``: ``ledger.rolled-back``, ``ledger.forked``."""
        require_extension(self.head(), self._cursor, size, root)

    def leaves(self, start: int, end: int) -> list[bytes]:
        """The leaf entries from ``start`` to ``end`` (excluded), 41 bytes each."""
        return list(entries(self._cursor, start, end))


def is_there(url: str) -> bool:
    """Whether there can be a ledger at a database URL: to look into a SQLite file that is not there
    would make it."""
    parsed = parse_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").exists()


@contextmanager
def reading(database: Database) -> Iterator[Reading]:
    """A transaction that sees one state of the ledger and changes nothing.

    Raises ``LedgerError`` as ``Database.reading`` does.
    """
    with database.reading() as connection:
        yield Reading(database.cursor(connection), database.dialect)


@contextmanager
def accounts(database: Database) -> Iterator[Connection]:
    """A transaction that writes to the accounts (keyring, tokens, idempotency), and commits at the
    end. Raises as ``reading`` does; then nothing was written."""
    with database.writing() as connection:
        yield connection


@contextmanager
def looking(database: Database) -> Iterator[Connection]:
    """A transaction that reads the accounts. Raises as ``reading`` does."""
    with database.reading() as connection:
        yield connection
