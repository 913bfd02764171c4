"""Projections made again from the records, and the check that they are as they should be.

Everything but records, disclosures, the head and accounts follows from the records by the same
rules that accepted them. ``rebuild`` throws the projections away and makes them anew, in one
transaction; ``check`` makes them in a database of its own and compares, row for row.

A replay judges each record at the index and time at which it was accepted. Values that were erased
meanwhile are undisclosed, which no rule may mind. What the replay meets that cannot be (a record
whose digest or signature does not hold, or that the rules refuse) is ``ledger.replay``: then the
database was changed by somebody else than its writer, or the rules were.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, select

from traceability.core import codec
from traceability.core.checkpoint import Checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, LedgerError
from traceability.core.facts import Accepted, Effects, RecordEntry
from traceability.core.keys import PublicKey
from traceability.core.leaf import Leaf
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.note import Note
from traceability.core.rules import apply
from traceability.core.state import State
from traceability.storage import tables
from traceability.storage.dialect import Dialect
from traceability.storage.edge import Edge
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.head import Head, read_head, write_head
from traceability.storage.keys64 import nonce_key
from traceability.storage.migrations import migrate
from traceability.storage.payloads import unpack
from traceability.storage.projections import write_projections
from traceability.storage.reader import SqlReader, split_disclosures

CHUNK: Final = 500  #: records that are replayed before their rows are written


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row that is not as a replay makes it. ``found`` or ``expected`` is None where there
    is no such row; otherwise both have the columns that differ."""

    table: str
    key: tuple[Any, ...]
    found: dict[str, Any] | None
    expected: dict[str, Any] | None

    def __str__(self) -> str:
        key = ", ".join(map(str, self.key))
        if self.found is None:
            return f"{self.table} ({key}) is missing"
        if self.expected is None:
            return f"{self.table} ({key}) should not be there"
        return f"{self.table} ({key}): found {self.found}, expected {self.expected}"


def rebuild(database: Database) -> Head:
    """Make all projections again. Nobody else writes meanwhile.

    Raises ``LedgerError``: ``ledger.none``, ``ledger.replay``; then nothing has changed.
    """
    dialect = database.dialect
    with database.writing(takes_long=True) as connection:
        cursor = database.cursor(connection)
        read_head(cursor, dialect.locking)  # whoever means to append waits
        for table in tables.PROJECTIONS:
            cursor.execute(f"DELETE FROM {table.name}")  # noqa: S608
        head = _Replay(cursor, cursor, (dialect, dialect)).run()
        write_head(cursor, dialect, head)
        cursor.execute("DELETE FROM outdated")
    return head


def check(database: Database) -> Difference | None:
    """Compare all projections with what a replay makes, as of one moment; the first difference.

    Raises ``LedgerError`` as ``rebuild`` does.
    """
    with (
        tempfile.TemporaryDirectory(prefix="goc-check-") as folder,
        database.reading(takes_long=True) as ours,
    ):
        other = Database(sqlite_url(Path(folder) / "check.db"))
        try:
            migrate(other)
            source = database.cursor(ours)
            with other.writing() as theirs:
                target = other.cursor(theirs)
                dialects = (database.dialect, other.dialect)
                head = _Replay(source, target, dialects).run()
                found = _head_difference(read_head(source), head)
                return found or _first_difference(ours, theirs)
        finally:
            other.close()


class _Replay:
    """Reads records with one cursor, and writes their projections with another (or the same)."""

    def __init__(self, source: Any, target: Any, dialects: tuple[Dialect, Dialect]) -> None:
        self._source = source
        self._target = target
        self._dialect = dialects[1]
        self.ledger = SqlReader(source, dialects[0])
        self.projections = SqlReader(target, dialects[1])
        self._keys: dict[int, PublicKey] = {}

    def run(self) -> Head:
        """Replay all; returns the head that this leads to."""
        head = read_head(self._source)
        past = _Past(self)
        state = State(head.log, past)
        frontier, edge, registry_size = Frontier(), Edge(), 0
        for start in range(0, head.size, CHUNK):
            effects: list[Effects] = []
            hashes: list[bytes] = []
            for record, at in self._records(start, min(start + CHUNK, head.size)):
                effects.append(judge(record, at, state))
                leaf = Leaf(record.digest, at.time, record.leaf_class)
                hashes.append(leaf_hash(leaf.to_bytes()))
            frontier = extend(frontier, hashes).frontier
            edge, full = edge.grown(hashes)
            rows = [(each.level, each.n, each.root, each.data) for each in full]
            self._dialect.insert(self._target, _TILE, rows)
            write_projections(self._target, self._dialect, effects, state)
            for each in effects:
                if each.statements or each.keys or each.revoked:
                    registry_size = each.at.index + 1
            state.forget()
            past.size = state.size
        return Head(
            head.log,
            head.size,
            state.time,
            frontier,
            max(registry_size, head.registry_size),
            state.operator,
            state.genesis_kid,
            state.thresholds.digest,
            head.checkpoint,
        )

    def record_at(self, index: int) -> SignedRecord:
        """The record at an index."""
        return next(record for record, _ in self._records(index, index + 1))

    def _records(self, start: int, end: int) -> Iterator[tuple[SignedRecord, Accepted]]:
        self._source.execute(
            "SELECT r.idx, r.time, r.key_idx, r.digest, r.payload, r.signature, d.disclosures"  # noqa: S608
            " FROM record r LEFT JOIN disclosure d ON d.idx = r.idx"
            f" WHERE r.idx >= {start:d} AND r.idx < {end:d} ORDER BY r.idx"
        )
        expected = start
        for row in self._source.fetchall():
            idx, time, key_idx, digest, payload, signature, disclosures = row
            if idx != expected:
                break
            expected += 1
            key = self._key(key_idx)
            shown = split_disclosures(disclosures)
            try:
                wire = codec.rebuild(key.kid, unpack(payload), bytes(signature), shown)
                record = codec.parse(wire, complete=False)
                codec.verify(record, {key.kid: key})
            except GocError as error:
                raise LedgerError("ledger.replay", index=idx, what=str(error)) from error
            if record.digest != bytes(digest):
                raise LedgerError("ledger.replay", index=idx, what="its digest is another")
            yield record, Accepted(idx, time)
        if expected != end:
            raise LedgerError("ledger.replay", index=expected, what="it is missing")

    def _key(self, idx: int) -> PublicKey:
        """The key that the record at ``idx`` registered, from that record itself: the table of
        keys is being made again."""
        key = self._keys.get(idx)
        if key is None:
            try:
                key = PublicKey.from_jwk(orjson.loads(self._payload(idx))["data"]["jwk"])
            except (GocError, ValueError, KeyError, TypeError) as error:
                raise LedgerError("ledger.replay", index=idx, what="it is no key") from error
            self._keys[idx] = key
        return key

    def _payload(self, idx: int) -> bytes:
        self._source.execute(f"SELECT payload FROM record WHERE idx = {idx:d}")  # noqa: S608
        row = self._source.fetchone()
        return unpack(row[0]) if row else b""


class _Past:
    """A ``Reader`` of the records before ``size`` and of the projections made so far: a replay must
    not look into its own future."""

    def __init__(self, replay: _Replay) -> None:
        self._replay = replay
        self.size = 0

    def record(self, name: str) -> RecordEntry | None:
        entry = self._replay.ledger.record(name)
        return entry if entry is not None and entry.index < self.size else None

    def body(self, name: str) -> SignedRecord | None:
        entry = self.record(name)
        return None if entry is None else self._replay.record_at(entry.index)

    def seen(self, iss: str, nonce: str) -> bool:
        used = self._replay.ledger.used_nonces([nonce_key(iss, nonce)])
        return used.get((iss, nonce), self.size) < self.size

    def __getattr__(self, look_up: str) -> Any:
        return getattr(self._replay.projections, look_up)


def judge(record: SignedRecord, at: Accepted, state: State) -> Effects:
    """Judge a record of the past as the next of ``state``, and absorb what it changes.

    Raises ``LedgerError("ledger.replay")`` for one that cannot have been accepted so.
    """
    if at.index != state.size or at.time < state.time:
        raise LedgerError("ledger.replay", index=at.index, what="its index or time is out of order")
    try:
        effects = apply(record, at, state)
    except LedgerError:
        raise
    except GocError as error:
        raise LedgerError("ledger.replay", index=at.index, what=str(error)) from error
    state.absorb(effects)
    return effects


# -- comparing -------------------------------------------------------------------------------------
def _head_difference(found: Head, expected: Head) -> Difference | None:
    fields = ("size", "time", "frontier", "operator", "genesis_kid", "thresholds")
    ours = {name: getattr(found, name) for name in fields}
    theirs = {name: getattr(expected, name) for name in fields}
    if found.size:
        checkpoint = Checkpoint.parse(Note.parse(found.checkpoint).text)
        ours["checkpoint"] = (checkpoint.origin, checkpoint.size, checkpoint.root)
        theirs["checkpoint"] = (found.log, expected.size, expected.frontier.root)
    return _unlike("head", (1,), ours, theirs)


def _first_difference(ours: Connection, theirs: Connection) -> Difference | None:
    for table in tables.PROJECTIONS:
        for found, expected in zip_longest(_sorted(ours, table), _sorted(theirs, table)):
            difference = _row_difference(table, found, expected)
            if difference is not None:
                return difference
    return None


def _sorted(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    rows = connection.execute(select(table).order_by(*table.primary_key.columns))
    for row in rows:
        yield dict(row._mapping)


def _row_difference(
    table: Table, found: dict[str, Any] | None, expected: dict[str, Any] | None
) -> Difference | None:
    names = table.primary_key.columns.keys()

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in names)

    if found is None and expected is None:
        return None
    if expected is None or (found is not None and key(found) < key(expected)):
        assert found is not None  # noqa: S101
        return Difference(table.name, key(found), found, None)
    if found is None or key(expected) < key(found):
        return Difference(table.name, key(expected), None, expected)
    return _unlike(table.name, key(found), found, expected)


def _unlike(
    table: str, key: tuple[Any, ...], found: dict[str, Any], expected: dict[str, Any]
) -> Difference | None:
    names = [name for name in expected if found[name] != expected[name]]
    if not names:
        return None
    return Difference(
        table,
        key,
        {name: found[name] for name in names},
        {name: expected[name] for name in names},
    )


_TILE: Final = tables.table_of(tables.TileRow)
