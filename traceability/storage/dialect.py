"""What differs from one database system to the next, in one place (DESIGN §4).

The ledger's hot paths speak to the driver directly, with tuples: an ORM costs several times the
work itself. Rows go in by statements that take many at once, since a driver lets go of Python's
lock at every step, and waiting for it again is what costs most beside a busy event loop; look-ups
take a list of keys of any length in one parameter, so that there is one statement to prepare.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Protocol

import orjson
from sqlalchemy import Table

from traceability.core.errors import LedgerError

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Select:
    """Columns of all rows of a source whose keys are among those asked for.

    ``condition`` is made by ``Dialect.among``, and has the one parameter. No column may be binary:
    ``hex`` it.
    """

    columns: tuple[str, ...]
    source: str
    condition: str
    order: str = ""

    @property
    def statement(self) -> str:
        """As SQL."""
        return f"SELECT {', '.join(self.columns)} FROM {self.source} {self.tail}"  # noqa: S608

    @property
    def tail(self) -> str:
        """What follows the source."""
        order = f" ORDER BY {self.order}" if self.order else ""
        return f"WHERE {self.condition}{order}"


class Dialect(Protocol):
    """A database system, as the ledger's store and reader need it."""

    errors: tuple[type[Exception], ...]
    """What the driver raises."""

    begin: str
    """Begins a transaction that will write."""

    def among(self, *columns: str) -> str:
        """A condition: the columns are one of the keys (or tuples) that ``pack`` has packed."""
        ...

    def pack(self, keys: Iterable[Any]) -> Any:
        """Keys, or tuples of keys, as one parameter."""
        ...

    def select(self, cursor: Any, asked: Sequence[tuple[Select, Iterable[Any]]]) -> list[list[Row]]:
        """The rows of several questions at once, each with its keys."""
        ...

    def insert(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows whose values are in the order of the table's columns."""
        ...

    def put(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, or replace those of the same primary key."""
        ...

    def keep(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, but for those whose primary key is there."""
        ...

    def fault(self, error: Exception) -> LedgerError:
        """What to tell those who wait, when the driver raised this."""
        ...


class SqliteDialect:
    """SQLite, through the standard library's driver."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    begin = "BEGIN IMMEDIATE"

    def __init__(self) -> None:
        self._statements: dict[tuple[str, str, int], str] = {}
        self._questions: dict[tuple[Select, ...], str] = {}

    def among(self, *columns: str) -> str:
        """As ``Dialect``."""
        if len(columns) == 1:
            return f"{columns[0]} IN (SELECT value FROM json_each(?))"  # noqa: S608
        members = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(columns)))
        return f"({', '.join(columns)}) IN (SELECT {members} FROM json_each(?))"  # noqa: S608

    def pack(self, keys: Iterable[Any]) -> str:
        """As ``Dialect``: a JSON array. Its integers are exact to 64 bits."""
        return orjson.dumps(list(keys)).decode()

    def select(self, cursor: Any, asked: Sequence[tuple[Select, Iterable[Any]]]) -> list[list[Row]]:
        """As ``Dialect``. All come as one row of JSON: the driver lets go of Python's lock for
        every row, however quickly it has the next."""
        key = tuple(select for select, _ in asked)
        statement = self._questions.get(key)
        if statement is None:
            statement = self._questions[key] = f"SELECT {', '.join(map(_as_json, key))}"
        cursor.execute(statement, tuple(self.pack(keys) for _, keys in asked))
        return list(map(orjson.loads, cursor.fetchone()))

    def insert(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """As ``Dialect``."""
        self._write(cursor, table, rows, "insert")

    def put(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """As ``Dialect``."""
        self._write(cursor, table, rows, "put")

    def keep(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """As ``Dialect``."""
        self._write(cursor, table, rows, "keep")

    def _write(self, cursor: Any, table: Table, rows: Sequence[Row], mode: str) -> None:
        for at in range(0, len(rows), _MOST_ROWS):
            part = rows[at : at + _MOST_ROWS]
            # One statement for each number of rows: prepared once, since the driver keeps them.
            key = (table.name, mode, len(part))
            statement = self._statements.get(key)
            if statement is None:
                statement = self._statements[key] = _statement(table, mode, len(part))
            cursor.execute(statement, tuple(chain.from_iterable(part)))

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
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {values}"  # noqa: S608
    if mode == "insert":
        return statement
    keys = list(table.primary_key.columns.keys())
    rest = [f"{column} = excluded.{column}" for column in columns if column not in keys]
    then = f"UPDATE SET {', '.join(rest)}" if rest and mode == "put" else "NOTHING"
    return f"{statement} ON CONFLICT ({', '.join(keys)}) DO {then}"


def dialect_of(is_sqlite: bool) -> Dialect:
    """The dialect of a database."""
    if is_sqlite:
        return SqliteDialect()
    raise NotImplementedError("PostgreSQL comes with a later version")
