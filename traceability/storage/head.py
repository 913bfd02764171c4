"""The head row: where the log stands. Its lock keeps all writers in one line (DESIGN §4)."""

from dataclasses import dataclass
from typing import Any, Final

from traceability.core.errors import LedgerError
from traceability.core.merkle import Frontier
from traceability.core.thresholds import FIRST
from traceability.storage import tables
from traceability.storage.dialect import Dialect, Row
from traceability.storage.engine import Database

_HEAD: Final = tables.table_of(tables.Head)
_READ_HEAD: Final = (
    "SELECT log, size, time, frontier, registry_size, operator, genesis_kid, thresholds,"
    " checkpoint FROM head WHERE id = 1"
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands. ``checkpoint`` is the signed note of this very size, if not empty."""

    log: str
    size: int
    time: int
    frontier: Frontier
    registry_size: int
    operator: str | None
    genesis_kid: str | None
    thresholds: str
    checkpoint: bytes


def read_head(cursor: Any, locking: str = "") -> Head:
    """Where the log stands; ``LedgerError("ledger.none")`` when the database has no log yet.

    ``locking``: ``Dialect.locking``, for whoever means to append.
    """
    row = cursor.execute(_READ_HEAD + locking).fetchone()
    if row is None:
        raise LedgerError("ledger.none")
    log, size, time, frontier, registry, operator, genesis_kid, thresholds, checkpoint = row
    return Head(
        log,
        size,
        time,
        Frontier.from_bytes(bytes(frontier)),
        registry,
        operator,
        genesis_kid,
        thresholds,
        checkpoint or b"",
    )


def write_head(cursor: Any, dialect: Dialect, head: Head) -> None:
    """Write where the log stands."""
    dialect.put(cursor, _HEAD, [_row(head)])


def _row(head: Head) -> Row:
    return (
        1,
        head.log,
        head.size,
        head.time,
        head.frontier.to_bytes(),
        head.registry_size,
        head.operator,
        head.genesis_kid,
        head.thresholds,
        head.checkpoint or None,
    )


def create_log(database: Database, log: str) -> None:
    """Begin the log ``log`` in a migrated database, or see that it is the one that is there.

    Raises ``LedgerError("ledger.other-log")``.
    """
    dialect = database.dialect
    empty = Head(log, 0, 0, Frontier(), 0, None, None, FIRST.digest, b"")
    with database.writing() as connection:
        cursor = database.cursor(connection)
        try:
            found = read_head(cursor).log
        except LedgerError:
            dialect.keep(cursor, _HEAD, [_row(empty)])  # another process may do the same now
            found = read_head(cursor).log
    if found != log:
        raise LedgerError("ledger.other-log", found=found, expected=log)
