"""The store behind the one writer (DESIGN §4, §5): lock, fetch, commit.

    head = store.lock()             a transaction that writes, and the head row under its lock
    store.fetch(needs(batch))       all that the rules will look at, in few queries
    …                               the rules judge, ``store.state`` absorbs
    store.commit(new_head, effects) everything in one transaction, or nothing
    store.release()                 instead of commit: nothing happened

``store.state`` is a window on the database. What it holds of the registry stays from one batch to
the next while no other writer changes the registry, and all else is dropped after each batch. After
anything that failed, everything is dropped and read anew: the database alone knows whether a
commit that reported an error took place.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from traceability.core.errors import LedgerError
from traceability.core.facts import Effects
from traceability.core.merkle import inclusion_proof, leaf_hash
from traceability.core.needs import Needs
from traceability.core.state import State
from traceability.core.thresholds import Thresholds
from traceability.core.tiles import WIDTH, tile_hash_at
from traceability.storage import tables
from traceability.storage.dialect import Dialect, Row
from traceability.storage.edge import Edge, FullTile, entries, load_edge
from traceability.storage.engine import Database
from traceability.storage.head import Head, read_head, write_head
from traceability.storage.keys64 import digest_key, nonce_key
from traceability.storage.log_tiles import LogTiles
from traceability.storage.payloads import pack
from traceability.storage.projections import write_projections
from traceability.storage.published import Admit
from traceability.storage.reader import SqlReader
from traceability.storage.window import drop, fill

GENESIS_KEY: Final = 1  #: the index of the operator's first ``key`` record, which record 0 precedes


class AppendStore(Protocol):
    """What the writer needs of a store. Any call may raise ``LedgerError``; then nothing of the
    batch is to be answered as accepted, and ``release`` makes the store fit for the next."""

    @property
    def state(self) -> State:
        """What the rules look at, from ``lock`` on."""
        ...

    def lock(self) -> Head:
        """Wait for the head row, keep all other writers out, and say where the log stands."""
        ...

    def fetch(self, needs: Needs) -> None:
        """Bring what a batch needs into ``state``."""
        ...

    def prove(self, index: int) -> tuple[Head, list[bytes]]:
        """The head that ``lock`` gave, and the inclusion proof of an earlier record in its tree."""
        ...

    def commit(self, head: Head, effects: Sequence[Effects], leaves: Sequence[bytes]) -> None:
        """Make it durable: the new head, and what each record changed (absorbed before). ``leaves``
        are the hashes of the records' leaves."""
        ...

    def rest(self, proved: bool) -> None:
        """Let go of the lock after a batch that changed nothing; ``state`` stays valid.
        ``proved``: receipts of earlier records are to be shown, so these must be durable."""
        ...

    def release(self) -> None:
        """Let go of the lock; whatever was not committed did not happen."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SqlAppendStore:
    """An ``AppendStore`` over a database, with a connection of its own."""

    def __init__(self, database: Database, admit: Admit | None = None) -> None:
        """``admit`` judges the database whenever it is connected to anew."""
        self._database = database
        self._admit = admit
        self._admitted = False
        self._known: Head | None = None
        self._dialect: Dialect = database.dialect
        self._connection: Any = None
        self._state: State | None = None
        self._registry_size = 0
        self._edge: Edge | None = None
        self._nonce_keys: Mapping[tuple[str, str], int] = {}

    @property
    def state(self) -> State:
        """As ``AppendStore``."""
        if self._state is None:
            raise AssertionError("lock first")
        return self._state

    @property
    def reader(self) -> SqlReader:
        """The reader behind ``state``: sees the database under the lock."""
        return self._reader

    # -- lock --------------------------------------------------------------------------------------
    def lock(self) -> Head:
        """As ``AppendStore``."""
        was_kept = self._connection is not None
        try:
            return self._lock()
        except LedgerError as error:
            if not was_kept or error.code != "ledger.unreachable":
                raise
        # The connection had ended since the last batch, as when the server was restarted. Nothing
        # was asked of it yet that may have taken place.
        self.release()
        return self._lock()

    def _lock(self) -> Head:
        try:
            if self._connection is None:
                self._connect()
            with self._dialect.together(self._cursor):
                self._dialect.begin(self._cursor)
                head = self._head = read_head(self._cursor, self._dialect.locking)
            if self._admit is not None and (
                self._admit.stale or not self._admitted or _went_back(head, self._known)
            ):
                self._admit(head, self._cursor, self._known)
            self._admitted, self._known = True, head
            self._meet(head)
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error
        return head

    def _connect(self) -> None:
        self._admitted = False
        try:
            self._connection = self._database.write_engine.raw_connection()
        except PoolTimeoutError as error:
            raise LedgerError("ledger.locked") from error
        self._dialect.bound(self._connection, takes_long=False)
        self._cursor = self._dialect.cursor(self._connection)
        self._reader = SqlReader(self._cursor, self._dialect)

    def _meet(self, head: Head) -> None:
        """Makes the window fit the head: another process may have appended since."""
        state = self._state
        if state is None:
            state = self._state = State(head.log, self._reader)
        elif state.size == head.size:
            return
        if self._registry_size != head.registry_size:
            state.forget_registry()
        self._registry_size = head.registry_size
        state.size, state.time = head.size, head.time
        state.operator, state.genesis_kid = head.operator, head.genesis_kid
        state.thresholds = Thresholds.named(head.thresholds)
        state.forget()

    # -- fetch -------------------------------------------------------------------------------------
    def fetch(self, needs: Needs) -> None:
        """As ``AppendStore``."""
        try:
            self._nonce_keys = fill(self.state, self._reader, needs)
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error

    def prove(self, index: int) -> tuple[Head, list[bytes]]:
        """As ``AppendStore``."""
        head = self._head
        try:
            read = LogTiles(self._cursor, head.size).read
            return head, inclusion_proof(index, head.size, tile_hash_at(read, head.size))
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error

    # -- commit ------------------------------------------------------------------------------------
    def commit(self, head: Head, effects: Sequence[Effects], leaves: Sequence[bytes]) -> None:
        """As ``AppendStore``."""
        try:
            edge, tiles = self._grown(head.size - len(effects), leaves)
            with self._dialect.together(self._cursor):
                self._write(effects, tiles)
                write_head(self._cursor, self._dialect, head)
                self._dialect.commit(self._cursor)
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error
        self._edge, self._known = edge, head
        self._registry_size = head.registry_size
        drop(self.state)

    def _write(self, effects: Sequence[Effects], tiles: Sequence[FullTile]) -> None:
        cursor, dialect, state = self._cursor, self._dialect, self.state
        records = [record_row(each, state, self._nonce_keys) for each in effects]
        full = [(each.level, each.n, each.root, each.data) for each in tiles]
        dialect.insert(cursor, _RECORD, records)
        dialect.insert(cursor, _DISCLOSURE, disclosure_rows(effects))
        dialect.insert(cursor, _TILE, full)
        write_projections(cursor, dialect, effects, state)

    def release(self) -> None:
        """As ``AppendStore``."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.rollback()
        except self._dialect.errors:
            # Whatever state it is in, nobody shall meet it again.
            connection.invalidate()
        finally:
            connection.close()
        self._state = None
        self._edge = None

    def rest(self, proved: bool) -> None:
        """As ``AppendStore``."""
        try:
            if proved:
                self._dialect.settle(self._cursor)
            else:
                self._connection.rollback()
        except self._dialect.errors as error:
            raise self._dialect.fault(error) from error
        self.state.forget()

    def close(self) -> None:
        """As ``AppendStore``."""
        self.release()

    def _grown(self, size: int, leaves: Sequence[bytes]) -> tuple[Edge | None, Sequence[FullTile]]:
        """The tiles' edge after new leaves, and the tiles that they fill.

        It may stay behind what other writers append: who fills a tile reads what is in it.
        """
        edge = self._edge
        if edge is None or edge.size != size:
            if size % WIDTH + len(leaves) < WIDTH:
                return edge, ()
            if edge is None or edge.size // WIDTH != size // WIDTH:
                edge = load_edge(self._cursor, size)
            else:
                others = entries(self._cursor, edge.size, size)
                edge, _ = edge.grown([leaf_hash(each) for each in others])
        return edge.grown(leaves)


def _went_back(head: Head, known: Head | None) -> bool:
    """Whether the database lost what was committed, and the connection outlived it: as when its
    tables are filled from a backup beside those who use them."""
    if known is None or head.size > known.size:
        return False
    return head.size < known.size or head.frontier != known.frontier


_RECORD: Final = tables.table_of(tables.RecordRow)
_DISCLOSURE: Final = tables.table_of(tables.DisclosureRow)
_TILE: Final = tables.table_of(tables.TileRow)


def disclosure_rows(effects: Sequence[Effects]) -> list[Row]:
    """The rows of ``disclosure`` for the records that have any."""
    return [
        (each.at.index, b"~".join(each.record.disclosures))
        for each in effects
        if each.record.disclosures
    ]


def record_row(effects: Effects, state: State, keys: Mapping[tuple[str, str], int]) -> Row:
    """The row of ``record``. ``state`` has absorbed the batch; ``keys`` are nonces' keys, as far as
    they are known."""
    record, entry = effects.record, effects.entry
    nonce = entry.iss, record.body.nonce
    key = state.key(record.kid)
    return (
        entry.index,
        digest_key(record.digest),
        keys[nonce] if nonce in keys else nonce_key(*nonce),
        entry.time,
        entry.at,
        key.index if key is not None else GENESIS_KEY,
        entry.type,
        entry.iss,
        entry.acting,
        record.digest,
        record.signature,
        record.stored or pack(record.payload),
    )
