"""What of a log was shown to others, and the guard that a database never falls behind it.

A published checkpoint is a promise: whatever database the log continues from must have at least so
many records, and the same ones. A restored backup, or a standby that was promoted before it had
everything, may not. To append to it would give the same places to other records, which is a fork
that every holder of an older receipt can prove. So nothing is appended and nothing published until
the database has all of it again; reading stays possible.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from traceability.core.checkpoint import Checkpoint, Cosignature, open_checkpoint
from traceability.core.errors import FormatError, GocError, LedgerError, ProofError
from traceability.core.merkle import consistency_proof, verify_consistency
from traceability.core.note import Note
from traceability.core.tiles import CHECKPOINT_PATH, tile_hash_at
from traceability.core.vkey import VerifierKey
from traceability.storage import tables
from traceability.storage.dialect import Dialect
from traceability.storage.head import Head
from traceability.storage.log_tiles import LogTiles
from traceability.storage.tile_store import TileStore

_log = logging.getLogger(__name__)
_PUBLISHED: Final = tables.table_of(tables.PublishedRow)


class Admit(Protocol):
    """Judges the database that a writer is connected to."""

    stale: bool
    """Whether to ask again, though the connection is not new."""

    def __call__(self, head: Head, cursor: Any, known: Head | None) -> None:
        """Called under the lock, on the first one of each new connection and whenever the head went
        back under one, with the head that was read, the cursor, and the last head that the writer
        knew to be committed, if any. Raises ``LedgerError`` where nothing may be appended to this
        database."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """The checkpoint in the tile store: as it is, verified, and by whom it was cosigned."""

    note: bytes
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...] = ()


def read_published(
    store: TileStore, log: VerifierKey, witnesses: Iterable[VerifierKey] = ()
) -> Published | None:
    """The published checkpoint of a log, or None where nothing is published yet.

    Raises ``LedgerError``: ``tiles.unreachable``, ``tiles.other-log``, ``tiles.checkpoint``.
    """
    note = store.get(CHECKPOINT_PATH)
    if note is None:
        return None
    try:
        found = Checkpoint.parse(Note.parse(note).text).origin
        if found != log.name:
            raise LedgerError("tiles.other-log", found=found[:100], expected=log.name)
        opened = open_checkpoint(note, log, witnesses)
    except (FormatError, ProofError) as error:
        raise LedgerError("tiles.checkpoint", what=error.code) from error
    return Published(note, opened.checkpoint, opened.cosignatures)


def remembered(cursor: Any) -> int:
    """Up to where the log was published when this database first knew of it; 0: it never was."""
    row = cursor.execute("SELECT size FROM published WHERE id = 1").fetchone()
    return 0 if row is None else int(row[0])


def remember(cursor: Any, dialect: Dialect, size: int) -> None:
    """Remember that the log was published; the first time counts."""
    dialect.keep(cursor, _PUBLISHED, [(1, size)])


def require_extension(head: Head, cursor: Any, size: int, root: bytes) -> None:
    """Refuse a database whose log does not begin with the tree of ``size`` leaves under ``root``.

    ``cursor`` is of the transaction that read ``head``; a few tiles are read. Raises
    ``LedgerError``: ``ledger.rolled-back`` where it has fewer records, ``ledger.forked`` where it
    has others.
    """
    if head.size < size:
        raise LedgerError("ledger.rolled-back", size=head.size, published=size)
    hash_at = tile_hash_at(LogTiles(cursor, head.size).read, head.size)
    try:
        proof = consistency_proof(size, head.size, hash_at)
        verify_consistency(size, head.size, root, head.frontier.root, proof)
    except (FormatError, ProofError) as error:
        raise LedgerError("ledger.forked", size=head.size, published=size) from error


class Guard:
    """An ``Admit`` that compares a database with what is published, with what its writer knew, and
    with what others have shown to have seen.

    It reads one small file of the store. A store that cannot be reached stops a writer that starts,
    since nobody knows then whether the database may go on. A writer that has been through this once
    goes on with what it knows: what it had committed itself, and the checkpoint that it saw last.
    """

    def __init__(self, store: TileStore, log: VerifierKey) -> None:
        self._store = store
        self._key = log
        self.stale = False
        self._floor: Checkpoint | None = None
        self._learned: Checkpoint | None = None
        self._begun = False

    def learn(self, checkpoint: Checkpoint) -> None:
        """Take up a checkpoint that this log has signed, as a witness has shown it: the next lock
        is compared with it. For any thread."""
        if self._learned is None or checkpoint.size > self._learned.size:
            self._learned = checkpoint
            self.stale = True

    def __call__(self, head: Head, cursor: Any, known: Head | None) -> None:
        """As ``Admit``. Raises also as ``read_published`` does."""
        self.stale = False
        try:
            for each in (self._published(cursor), self._learned):
                if each is not None:
                    require_extension(head, cursor, each.size, each.root)
            if known is not None:
                require_extension(head, cursor, known.size, known.frontier.root)
        except GocError as error:
            _log.error("nothing is appended: %s", error)
            raise
        self._begun = True

    def _published(self, cursor: Any) -> Checkpoint | None:
        try:
            found = read_published(self._store, self._key)
        except LedgerError as error:
            if error.code != "tiles.unreachable" or not self._begun:
                raise
            _log.warning("the database is compared with what was published last: %s", error)
        else:
            if found is not None:
                self._floor = found.checkpoint
            elif size := remembered(cursor):
                raise LedgerError("tiles.emptied", size=size)
        return self._floor
