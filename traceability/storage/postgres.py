"""PostgreSQL as the ledger speaks to it, through psycopg.

What a transaction sends goes together (``traceability.storage.postgres_line``): a group costs one
wait for the lock, one or two for what the rules look at, and one for all that it writes and its
commit. Rows go in column by column, as arrays (``traceability.storage.packed``), by one statement a
table, however many there are.

Every statement of a connection is planned for tables that will be large: plans are kept, and one
that was made while a table was empty would read it from end to end ever after.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import orjson
import psycopg
from sqlalchemy import BigInteger, Table

from traceability.core.errors import LedgerError
from traceability.storage import tables
from traceability.storage.dialect import Row, Select, Writing, on_conflict, pack_json
from traceability.storage.packed import Packer, packer_of
from traceability.storage.postgres_line import Line

#: What every connection of the ledger is told. Loops over indexes, whatever size statistics (or
#: their absence) suggest; and no commit is answered before it is on disk, here and on those
#: standbys that the server's own setting names.
SETTINGS: Final = (
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET jit = off",
    "SET plan_cache_mode = force_generic_plan",
    "SET timezone = 'UTC'",
    "SET client_encoding = 'UTF8'",
    "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'off' THEN 'on' WHEN 'local' THEN 'on' ELSE current_setting('synchronous_commit') END,"
    " false)",
)
#: What the writer is told besides: a process that stands still while it holds the head's lock loses
#: its connection, and one that waits for the lock in vain says so.
WRITER: Final = ("SET idle_in_transaction_session_timeout = '10s'",)


class PostgresDialect(Writing):
    """PostgreSQL 14 or later."""

    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    locking = " FOR UPDATE"

    def __init__(self, silent_seconds: float) -> None:
        """``silent_seconds``: how long a server may say nothing."""
        self._silent_seconds = silent_seconds
        self._statements: dict[tuple[str, str], tuple[str, tuple[Packer, ...]]] = {}
        self._questions: dict[tuple[Select, ...], str] = {}

    def cursor(self, connection: Any) -> Line:
        """As ``Dialect``."""
        return Line(connection.driver_connection)

    def bound(self, connection: Any, takes_long: bool) -> None:
        """As ``Dialect``."""
        connection.driver_connection.patience = None if takes_long else self._silent_seconds

    def begin(self, cursor: Any) -> None:
        """As ``Dialect``: the first statement begins."""

    def together(self, cursor: Any) -> AbstractContextManager[object]:
        """As ``Dialect``."""
        gathering: AbstractContextManager[object] = cursor.together()
        return gathering

    def commit(self, cursor: Any) -> None:
        """As ``Dialect``."""
        cursor.commit()

    def settle(self, cursor: Any) -> None:
        """As ``Dialect``. What one can read may have been committed while a standby was away, and
        still wait for it: a commit that writes something waits for all before it."""
        with self.together(cursor):
            cursor.execute("SELECT pg_logical_emit_message(true, 'goc', '')")
            cursor.commit()

    def hex(self, column: str) -> str:
        """As ``Dialect``."""
        return f"encode({column}, 'hex')"

    def among(self, *columns: str) -> str:
        """As ``Dialect``."""
        if len(columns) == 1:
            values = f"SELECT v::{_type_of(columns[0])} FROM json_array_elements_text(?::json) v"  # noqa: S608
            return f"{columns[0]} = ANY (ARRAY({values}))"
        members = ", ".join(f"(v ->> {n})::{_type_of(each)}" for n, each in enumerate(columns))
        # OFFSET 0 keeps the planner from looking into the list, of whose length it knows nothing.
        values = f"SELECT DISTINCT {members} FROM json_array_elements(?::json) v OFFSET 0"  # noqa: S608
        return f"({', '.join(columns)}) IN ({values})"

    def pack(self, keys: Iterable[Any]) -> str:
        """As ``Dialect``."""
        return pack_json(keys)

    def select(self, cursor: Any, asked: Sequence[tuple[Select, Iterable[Any]]]) -> list[list[Row]]:
        """As ``Dialect``: all as one row of JSON, in one statement."""
        key = tuple(select for select, _ in asked)
        statement = self._questions.get(key)
        if statement is None:
            statement = self._questions[key] = f"SELECT {', '.join(map(_as_json, key))}"
        cursor.execute(statement, [self.pack(keys) for _, keys in asked])
        return list(map(orjson.loads, cursor.fetchone()))

    def _write(self, cursor: Any, table: Table, rows: Sequence[Row], mode: str) -> None:
        if not rows:
            return
        found = self._statements.get((table.name, mode))
        if found is None:
            found = self._statements[table.name, mode] = _statement(table, mode)
        statement, packers = found
        columns = zip(*rows, strict=True)
        cursor.execute(statement, [pack(c) for pack, c in zip(packers, columns, strict=True)])

    def fault(self, error: Exception) -> LedgerError:
        """As ``Dialect``."""
        return fault_of(error)


#: SQLSTATE, or its class (PostgreSQL, appendix A).
_FAULTS: Final[Mapping[str, str]] = {
    "08": "ledger.unreachable",  # connection exceptions
    "57P": "ledger.unreachable",
    "57P01": "ledger.unreachable",  # admin shutdown
    "57P02": "ledger.unreachable",  # crash shutdown
    "57P03": "ledger.unreachable",  # cannot connect now
    "25P03": "ledger.unreachable",  # idle in transaction for too long
    "25006": "ledger.unreachable",  # read-only: a standby, or a primary that has stepped down
    "57014": "ledger.locked",  # a statement that took too long
    "55P03": "ledger.locked",  # lock not available
    "40": "ledger.locked",  # serialization failure, deadlock
    "53300": "ledger.locked",  # too many connections
    "53": "ledger.storage",  # disk full, out of memory
    "58": "ledger.storage",  # system error, I/O error
    "XX001": "ledger.storage",  # corrupted data
    "XX002": "ledger.storage",  # corrupted index
    "28": "ledger.unreachable",  # wrong password or role
    "3D000": "ledger.unreachable",  # no such database
}


def fault_of(error: Exception) -> LedgerError:
    """What an error of the driver comes to."""
    state = getattr(error, "sqlstate", None)
    if state is None:  # of no statement: the server is not there, or has gone
        kind = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return LedgerError("ledger.unreachable" if kind else "ledger.fault")
    return LedgerError(_FAULTS.get(state) or _FAULTS.get(state[:2]) or "ledger.fault")


def prepare(connection: "psycopg.Connection[Any]", write: bool, busy_ms: int) -> None:
    """Make a new connection one of the ledger's; ``busy_ms``: how long it waits for a lock."""
    # The driver would drop all prepared statements after a rollback: its own, and ours with them.
    connection.prepare_threshold = None
    with connection.pipeline():
        for statement in (*SETTINGS, *(WRITER if write else ())):
            connection.execute(statement)
        connection.execute(f"SET lock_timeout = {busy_ms:d}".encode())
        connection.commit()
    # Said with each transaction, whatever the server, the database or the role have for a default.
    if write:  # who waited for the head's lock has to see what the one before him committed
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    else:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True


def _types() -> dict[str, str]:
    found: dict[str, str] = {}
    asked = (tables.table_of(row) for row in (tables.RecordRow, tables.ScanRow))
    for table in (*asked, *tables.PROJECTIONS):
        for column in table.columns:
            kind = "bigint" if isinstance(column.type, BigInteger) else "text"
            if found.setdefault(column.name, kind) != kind:
                raise AssertionError(f"{column.name} is of two types")
    return found


_TYPES: Final = _types()


def _type_of(column: str) -> str:
    """The type of a column (``alias.name``), by its name: no name stands for two types."""
    return _TYPES[column.rpartition(".")[2]]


def _as_json(select: Select) -> str:
    """One value: the rows as JSON arrays, in their order."""
    named = ", ".join(f"{column} AS c{n}" for n, column in enumerate(select.columns))
    row = ", ".join(f"c{n}" for n in range(len(select.columns)))
    inner = f"SELECT {named} FROM {select.source} {select.tail}"  # noqa: S608
    array = f"coalesce(json_agg(json_build_array({row})), '[]'::json)::text"
    return f"(SELECT {array} FROM ({inner}) q)"  # noqa: S608


def _statement(table: Table, mode: str) -> tuple[str, tuple[Packer, ...]]:
    packers, arrays = zip(*(packer_of(column) for column in table.columns), strict=True)
    columns = list(table.columns.keys())
    values = ", ".join(f"?::{kind}" for kind in arrays)
    head = f"INSERT INTO {table.name} ({', '.join(columns)})"
    return f"{head} SELECT * FROM unnest({values}){on_conflict(table, mode)}", packers  # noqa: S608
