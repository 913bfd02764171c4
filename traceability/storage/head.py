"""The head row: where the log stands. Its lock keeps all writers in one line (DESIGN §4)."""

from dataclasses import dataclass
from typing import Any, Final

from traceability.core.errors import LedgerError
from traceability.core.merkle import Frontier
from traceability.core.thresholds import FIRST
from traceability.storage import tables
from traceability.storage.dialect import Dialect, Row, dialect_of
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


def read_head(cursor: Any) -> Head:
    """Where the log stands; ``LedgerError("ledger.none")`` when the database has no log yet."""
    row = cursor.execute(_READ_HEAD).fetchone()
    if row is None:
        raise LedgerError("ledger.none")
    log, size, time, frontier, registry, operator, genesis_kid, thresholds, checkpoint = row
    return Head(
        log,
        size,
        time,
        Frontier.from_bytes(frontier),
        registry,
        operator,
        genesis_kid,
        thresholds,
        checkpoint or b"",
    )


def write_head(cursor: Any, dialect: Dialect, head: Head) -> None:
    """Write where the log stands."""
    row: Row = (
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
    dialect.put(cursor, _HEAD, [row])


def create_log(database: Database, log: str) -> None:
    """Begin the log ``log`` in a migrated database, or see that it is the one that is there.

    Raises ``LedgerError("ledger.other-log")``.
    """
    dialect = dialect_of(database.is_sqlite)
    with database.writing() as connection:
        cursor = connection.connection.cursor()
        try:
            found = read_head(cursor).log
        except LedgerError:
            found = log
            empty = Head(log, 0, 0, Frontier(), 0, None, None, FIRST.digest, b"")
            write_head(cursor, dialect, empty)
    if found != log:
        raise LedgerError("ledger.other-log", found=found, expected=log)
