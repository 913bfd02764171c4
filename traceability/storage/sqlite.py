"""SQLite as the ledger speaks to it, through the standard library's driver."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from typing import Any, Final

import orjson
from sqlalchemy import Table

from traceability.core.errors import LedgerError
from traceability.storage.dialect import Row, Select, Writing, on_conflict, pack_json


class SqliteDialect(Writing):
    """SQLite, through the standard library's driver."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    locking = ""

    def __init__(self) -> None:
        self._statements: dict[tuple[str, str, int], str] = {}
        self._questions: dict[tuple[Select, ...], str] = {}

    def cursor(self, connection: Any) -> Any:
        """As ``Dialect``."""
        return connection.cursor()

    def bound(self, connection: Any, takes_long: bool) -> None:
        """As ``Dialect``: a file does not keep silent."""

    def begin(self, cursor: Any) -> None:
        """As ``Dialect``."""
        cursor.execute("BEGIN IMMEDIATE")

    def together(self, cursor: Any) -> AbstractContextManager[object]:  # noqa: ARG002
        """As ``Dialect``: there is no network to wait for."""
        return nullcontext()

    def commit(self, cursor: Any) -> None:
        """As ``Dialect``."""
        cursor.connection.commit()

    def hex(self, column: str) -> str:
        """As ``Dialect``."""
        return f"hex({column})"

    def among(self, *columns: str) -> str:
        """As ``Dialect``."""
        if len(columns) == 1:
            return f"{columns[0]} IN (SELECT value FROM json_each(?))"  # noqa: S608
        members = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(columns)))
        return f"({', '.join(columns)}) IN (SELECT {members} FROM json_each(?))"  # noqa: S608

    def pack(self, keys: Iterable[Any]) -> str:
        """As ``Dialect``."""
        return pack_json(keys)

    def select(self, cursor: Any, asked: Sequence[tuple[Select, Iterable[Any]]]) -> list[list[Row]]:
        """As ``Dialect``. All come as one row of JSON: the driver lets go of Python's lock for
        every row, however quickly it has the next."""
        key = tuple(select for select, _ in asked)
        statement = self._questions.get(key)
        if statement is None:
            statement = self._questions[key] = f"SELECT {', '.join(map(_as_json, key))}"
        cursor.execute(statement, tuple(self.pack(keys) for _, keys in asked))
        return list(map(orjson.loads, cursor.fetchone()))

    def _write(self, cursor: Any, table: Table, rows: Sequence[Row], mode: str) -> None:
        for at in range(0, len(rows), _MOST_ROWS):
            part = rows[at : at + _MOST_ROWS]
            # One statement for each number of rows: prepared once, since the driver keeps them.
            key = (table.name, mode, len(part))
            statement = self._statements.get(key)
            if statement is None:
                statement = self._statements[key] = _statement(table, mode, len(part))
            cursor.execute(statement, tuple(chain.from_iterable(part)))

    def settle(self, cursor: Any) -> None:
        """As ``Dialect``: what can be read is on disk."""
        cursor.connection.rollback()

    def fault(self, error: Exception) -> LedgerError:
        """As ``Dialect``."""
        name = getattr(error, "sqlite_errorname", "") or ""
        for prefix, code in _FAULTS.items():
            if name.startswith(prefix):
                return LedgerError(code)
        return LedgerError("ledger.fault")


_MOST_ROWS: Final = 32
_FAULTS: Final[Mapping[str, str]] = {
    "SQLITE_BUSY": "ledger.locked",
    "SQLITE_LOCKED": "ledger.locked",
    "SQLITE_FULL": "ledger.storage",
    "SQLITE_IOERR": "ledger.storage",
    "SQLITE_READONLY": "ledger.storage",
    "SQLITE_CANTOPEN": "ledger.storage",
    "SQLITE_CORRUPT": "ledger.storage",
    "SQLITE_NOTADB": "ledger.storage",
    "SQLITE_NOMEM": "ledger.storage",
}


def _as_json(select: Select) -> str:
    """One value: the rows as JSON arrays, in their order (SQLite keeps the order of a subquery that
    an aggregate goes through)."""
    named = ", ".join(f"{column} AS c{n}" for n, column in enumerate(select.columns))
    row = ", ".join(f"c{n}" for n in range(len(select.columns)))
    inner = f"SELECT {named} FROM {select.source} {select.tail}"  # noqa: S608
    return f"(SELECT json_group_array(json_array({row})) FROM ({inner}))"  # noqa: S608


def _statement(table: Table, mode: str, count: int) -> str:
    columns = list(table.columns.keys())
    values = ", ".join([f"({', '.join('?' * len(columns))})"] * count)
    head = f"INSERT INTO {table.name} ({', '.join(columns)})"
    return f"{head} VALUES {values}{on_conflict(table, mode)}"
