"""The log in the database, as whoever publishes it reads it: the head, and tiles by the dozen.

Nothing of a log that was committed ever changes, so tiles may be read in later transactions than
the head: no reading holds on to an old state of the database, however much there is to catch up.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from traceability.core.checkpoint import Checkpoint
from traceability.core.errors import LedgerError
from traceability.core.tiles import Tile
from traceability.storage.engine import Database
from traceability.storage.head import Head, read_head
from traceability.storage.log_tiles import LogTiles
from traceability.storage.published import remember, remembered, require_extension


class LogSource:
    """Reads for one thread at a time, each time in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.dialect

    def head(self, published: Checkpoint | None = None) -> Head:
        """Where the log stands; checked to extend what is published.

        Raises ``LedgerError`` as ``require_extension`` does, and as reading does.
        """
        with self._reading() as cursor:
            head = read_head(cursor)
            if published is not None:
                require_extension(head, cursor, published.size, published.root)
            return head

    def remembered(self) -> int:
        """As ``storage.published.remembered``. Raises ``LedgerError`` as reading does."""
        with self._reading() as cursor:
            return remembered(cursor)

    def remember(self, size: int) -> None:
        """Remember that the log was published. Raises ``LedgerError`` as writing does."""
        with self._database.writing() as connection:
            remember(self._database.cursor(connection), self._dialect, size)

    def tiles(self, size: int, tiles: Sequence[Tile]) -> list[bytes]:
        """The bytes of tiles that a log of ``size`` leaves has.

        Raises ``LedgerError("ledger.rolled-back")`` where the database has come to have fewer.
        """
        with self._reading() as cursor:
            head = read_head(cursor)
            if head.size < size:
                raise LedgerError("ledger.rolled-back", size=head.size, published=size)
            log = LogTiles(cursor, size)
            return [log.data(tile) for tile in tiles]

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        try:
            with self._database.reading() as connection:
                cursor = self._database.cursor(connection)
                try:
                    yield cursor
                finally:
                    cursor.close()
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error
