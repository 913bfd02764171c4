"""Receipts of records that the log has had for a while, and proofs that it only grew.

Proofs are to the checkpoint of the last commit, which is not yet the published one: whoever wants
witnesses' cosignatures beside it asks the publisher.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from traceability.core.errors import LedgerError
from traceability.core.merkle import HashAt, consistency_proof, inclusion_proof
from traceability.core.registry_records import leaf_class
from traceability.core.tiles import tile_hash_at
from traceability.ledger.outcome import Receipt
from traceability.storage.engine import Database
from traceability.storage.head import Head, read_head
from traceability.storage.log_tiles import LogTiles
from traceability.storage.reader import SqlReader


class Receipts:
    """Proofs from the database, each in a reading transaction of its own; for any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.dialect

    def head(self) -> Head:
        """Where the log stands. Raises ``LedgerError("ledger.none")`` in an empty database."""
        with self._reading() as (_, head):
            return head

    def of(self, name: str) -> Receipt | None:
        """The receipt of the record with this digest, or None where the log has no such record."""
        with self._reading() as (cursor, head):
            entry = SqlReader(cursor, self._dialect).record(name)
            if entry is None:
                return None
            return Receipt(
                entry.name,
                entry.index,
                entry.time,
                leaf_class(entry.type),
                tuple(inclusion_proof(entry.index, head.size, _hash_at(cursor, head))),
                head.checkpoint,
                repeated=True,
            )

    def inclusion(self, index: int) -> tuple[list[bytes], Head]:
        """The inclusion proof of a leaf, and the head it leads to; or ``ledger.index``."""
        with self._reading() as (cursor, head):
            if not 0 <= index < head.size:
                raise LedgerError("ledger.index", size=head.size, index=index)
            return inclusion_proof(index, head.size, _hash_at(cursor, head)), head

    def consistency(self, since: int) -> tuple[list[bytes], Head]:
        """The proof that the log, at the head it comes with, only appended to what it was when it
        had ``since`` leaves; or ``ledger.index``."""
        with self._reading() as (cursor, head):
            if not 0 <= since <= head.size:
                raise LedgerError("ledger.index", size=head.size, index=since)
            return consistency_proof(since, head.size, _hash_at(cursor, head)), head

    def tile(self, path: str) -> bytes | None:
        """A tile of the log as it now is, or None. Raises ``FormatError("tile.path")``."""
        with self._reading() as (cursor, head):
            return LogTiles(cursor, head.size).read(path)

    @contextmanager
    def _reading(self) -> Iterator[tuple[Any, Head]]:
        with self._database.reading() as connection:
            cursor = self._database.cursor(connection)
            try:
                yield cursor, read_head(cursor)
            except self._dialect.errors as error:
                raise self._dialect.fault(error) from error
            finally:
                cursor.close()


def _hash_at(cursor: Any, head: Head) -> HashAt:
    return tile_hash_at(LogTiles(cursor, head.size).read, head.size)
