"""``goc restore``: a ledger made again from a backup, by the rules, in one transaction.

Nothing of the file is believed. Its seal says that this ledger's keyring wrote it; each record is
parsed, its signature verified, and judged by the rules at the index and time of its acceptance; the
tree of all must have the root of the checkpoint, and the log's key must have signed that. Tables
and projections are written from what the rules say, not from the file. Only when all of it holds,
and whoever guards against an older state of the log (``Guard``) agrees, is there a commit: a crash,
a full disk or a wrong file leaves the database as empty as it was.

``examine`` does the same without a database and without the rules: can this file be relied on?
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, insert, select

from traceability.core import b64, codec
from traceability.core.checkpoint import open_checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, LedgerError
from traceability.core.facts import Accepted, Effects
from traceability.core.keys import PublicKey
from traceability.core.leaf import Leaf
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.needs import needs
from traceability.core.state import State
from traceability.core.vkey import VerifierKey
from traceability.ledger.backup_file import (
    KEYRING,
    RECORDS,
    TOKENS,
    BackupFile,
    Manifest,
    malformed,
    seal_key,
)
from traceability.ledger.reading import accounts, looking
from traceability.ledger.rebuild import judge
from traceability.settings import Settings
from traceability.storage import tables
from traceability.storage.append_store import disclosure_rows, record_row
from traceability.storage.dialect import Dialect
from traceability.storage.edge import Edge
from traceability.storage.engine import Database, parse_url
from traceability.storage.head import Head, write_head
from traceability.storage.migrations import migrate
from traceability.storage.projections import write_projections
from traceability.storage.published import remember
from traceability.storage.reader import SqlReader
from traceability.storage.window import drop, fill

CHUNK: Final = 500  #: records that are judged before their rows are written

Guard = Callable[[Head, Any, Head | None], None]
"""Refuses, by raising ``LedgerError``, a head that is behind what others have seen of the log: its
published checkpoint. Going on from an older one would make a second history. Asked with the head,
a cursor that reads what it is the head of, and None."""


def nobody_guards(head: Head, cursor: Any, known: Head | None) -> None:
    """For a log that was never published."""


def restore(backup: BackupFile, database: Database, key: bytes, guard: Guard) -> Head:
    """Fill an empty database from a backup that was sealed with ``key``; returns the log's head.

    Raises ``LedgerError``: ``restore.not-empty``, ``backup.*``, and as the database and ``guard``
    do; then the database has its tables, and nothing in them.
    """
    backup.require_seal(key)
    with looking(database) as connection:
        _require_empty(connection)
    migrate(database)
    dialect = database.dialect
    with accounts(database) as connection:
        _require_empty(connection)  # others may have come meanwhile
        cursor = database.cursor(connection)
        try:
            head = _Restoring(connection, cursor, dialect, backup).run()
            guard(head, cursor, None)
            if backup.manifest.published:  # only now: it may be restored where nothing is published
                remember(cursor, dialect, backup.manifest.published)
        except dialect.errors as error:
            raise dialect.fault(error) from error
    return head


def restore_to(settings: Settings, backup: BackupFile, guard: Guard = nobody_guards) -> Head:
    """Make the ledger of ``settings`` from a backup. A SQLite file is made for its owner's eyes
    only, and is gone again where that fails.

    Raises ``LedgerError`` as ``restore`` does, and ``keyring.no-key``.
    """
    if settings.keyring_key is None:
        raise LedgerError("keyring.no-key")
    backup.require_seal(seal_key(settings.keyring_key))
    database = Database(settings.database_url)
    file = Path(parse_url(settings.database_url).database or "") if database.is_sqlite else None
    is_ours = file is not None and not file.exists()
    if file is not None and is_ours:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    try:
        return restore(backup, database, seal_key(settings.keyring_key), guard)
    except BaseException:
        database.close()
        if file is not None and is_ours:
            for end in ("", "-wal", "-shm"):
                file.with_name(file.name + end).unlink(missing_ok=True)
        raise
    finally:
        database.close()


def examine(backup: BackupFile, key: bytes | None) -> Manifest:
    """Read a whole backup: its seal, where ``key`` is there to check it, its members, each record's
    signature, the tree of all and the log's signature over it.

    Raises ``LedgerError``: ``backup.*``.
    """
    if key is not None:
        backup.require_seal(key)
    frontier, time = Frontier(), 0
    for chunk in _chunks(backup):
        frontier = extend(frontier, [_leaf(*each) for each in chunk]).frontier
        time = chunk[-1][1].time
    _require_signed(backup.manifest, frontier, time)
    for name, table in _ACCOUNTS:
        for row in backup.rows(name):
            _account(name, table, row)
    return backup.manifest


class _Restoring:
    def __init__(
        self, connection: Connection, cursor: Any, dialect: Dialect, backup: BackupFile
    ) -> None:
        self._connection = connection
        self._cursor = cursor
        self._dialect = dialect
        self._backup = backup

    def run(self) -> Head:
        manifest = self._backup.manifest
        reader = SqlReader(self._cursor, self._dialect)
        state = State(manifest.log, reader)
        frontier, edge, registry_size = Frontier(), Edge(), 0
        for chunk in _chunks(self._backup):
            fill(state, reader, needs([record for record, _ in chunk]))
            effects = [_judged(record, at, state) for record, at in chunk]
            hashes = [_leaf(record, at) for record, at in chunk]
            frontier = extend(frontier, hashes).frontier
            edge = self._write(effects, hashes, edge, state)
            for each in effects:
                if each.statements or each.keys or each.revoked:
                    registry_size = each.at.index + 1
            drop(state)
        _require_signed(manifest, frontier, state.time)
        for name, table in _ACCOUNTS:
            self._fill(name, table)
        head = Head(
            manifest.log,
            manifest.size,
            state.time,
            frontier,
            registry_size,
            state.operator,
            state.genesis_kid,
            state.thresholds.digest,
            manifest.checkpoint.encode(),
        )
        write_head(self._cursor, self._dialect, head)
        return head

    def _write(
        self, effects: Sequence[Effects], hashes: Sequence[bytes], edge: Edge, state: State
    ) -> Edge:
        edge, full = edge.grown(hashes)
        write, cursor = self._dialect.insert, self._cursor
        write(cursor, _RECORD, [record_row(each, state, {}) for each in effects])
        write(cursor, _DISCLOSURE, disclosure_rows(effects))
        write(cursor, _TILE, [(each.level, each.n, each.root, each.data) for each in full])
        write_projections(cursor, self._dialect, effects, state)
        return edge

    def _fill(self, name: str, table: Table) -> None:
        rows = (_account(name, table, row) for row in self._backup.rows(name))
        while some := list(islice(rows, CHUNK)):
            self._connection.execute(insert(table), some)


# -- records ---------------------------------------------------------------------------------------
_Chunk = list[tuple[SignedRecord, Accepted]]


def _chunks(backup: BackupFile) -> Iterator[_Chunk]:
    """The records of a backup with their signatures verified, some at a time."""
    rows = backup.rows(RECORDS)
    keys: dict[int, PublicKey] = {}
    start = 0
    while some := list(islice(rows, CHUNK)):
        chunk: _Chunk = []
        for n, row in enumerate(some):
            record, time = _record(start + n, row, keys, some, start)
            chunk.append((record, Accepted(start + n, time)))
        yield chunk
        start += len(some)


def _record(
    index: int, row: list[Any], keys: dict[int, PublicKey], some: list[list[Any]], start: int
) -> tuple[SignedRecord, int]:
    try:
        with malformed(RECORDS):
            time, key_index, signature, payload, shown = row
            if type(time) is not int or type(key_index) is not int or time < 0:
                raise ValueError
            key = keys.get(key_index)
            if key is None:  # the operator's first record comes before its key
                key = keys[key_index] = _key_of(
                    some[range(start, start + len(some)).index(key_index)]
                )
            disclosures = () if shown is None else shown.encode().split(b"~")
            wire = codec.rebuild(key.kid, payload.encode(), b64.decode(signature), disclosures)
        record = codec.parse(wire, complete=False)
        codec.verify(record, {key.kid: key})
        if record.body.type == "key":
            keys.setdefault(index, _key_of(row))
    except LedgerError:
        raise
    except GocError as error:
        raise LedgerError("backup.record", index=index) from error
    return record, time


def _key_of(row: list[Any]) -> PublicKey:
    return PublicKey.from_jwk(orjson.loads(row[3])["data"]["jwk"])


def _judged(record: SignedRecord, at: Accepted, state: State) -> Effects:
    try:
        return judge(record, at, state)
    except LedgerError as error:
        raise LedgerError("backup.record", index=at.index) from error


def _leaf(record: SignedRecord, at: Accepted) -> bytes:
    return leaf_hash(Leaf(record.digest, at.time, record.leaf_class).to_bytes())


def _require_signed(manifest: Manifest, frontier: Frontier, time: int) -> None:
    """Refuse records that are not those which the log has signed: ``backup.root``."""
    try:
        key = VerifierKey.parse(manifest.log_key)
        signed = open_checkpoint(manifest.checkpoint.encode(), key).checkpoint
    except GocError as error:
        raise LedgerError("backup.root") from error
    ours = (manifest.log, manifest.size, frontier.root, manifest.time)
    if ours != (signed.origin, signed.size, signed.root, time):
        raise LedgerError("backup.root")


# -- accounts --------------------------------------------------------------------------------------
def _account(name: str, table: Table, row: list[Any]) -> dict[str, Any]:
    columns = table.columns
    with malformed(name):
        if len(row) != len(columns):
            raise ValueError
        return {
            column.name: b64.decode(value) if column.type.python_type is bytes else value
            for column, value in zip(columns, row, strict=True)
        }


def _require_empty(connection: Connection) -> None:
    for table in _LEDGER:
        if not connection.dialect.has_table(connection, table.name):
            continue
        if connection.execute(select(1).select_from(table).limit(1)).first():
            raise LedgerError("restore.not-empty")


_RECORD: Final = tables.table_of(tables.RecordRow)
_DISCLOSURE: Final = tables.table_of(tables.DisclosureRow)
_TILE: Final = tables.table_of(tables.TileRow)
_ACCOUNTS: Final = (
    (TOKENS, tables.table_of(tables.ApiToken)),
    (KEYRING, tables.table_of(tables.KeyringRow)),
)
_LEDGER: Final = (tables.table_of(tables.Head), _RECORD, _DISCLOSURE, *(t for _, t in _ACCOUNTS))
