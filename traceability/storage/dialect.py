"""What differs from one database system to the next, in one place (DESIGN §4).

The ledger's hot paths speak to the driver directly, with tuples: an ORM costs several times the
work itself. Rows go in by statements that take many at once, since a driver lets go of Python's
lock at every step, and waiting for it again is what costs most beside a busy event loop; look-ups
take a list of keys of any length in one parameter, so that there is one statement to prepare.

Statements say ``?`` for a parameter, whatever the driver calls it. ``traceability.storage.sqlite``
and ``traceability.storage.postgres`` are the two dialects.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from sqlalchemy import Table

from traceability.core.errors import LedgerError

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Select:
    """Columns of all rows of a source whose keys are among those asked for.

    ``condition`` is made by ``Dialect.among``, and has the one parameter. No column may be binary:
    ``Dialect.hex`` it.
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

    locking: str
    """What a SELECT ends with that keeps others from changing its rows until the transaction ends;
    nothing where whoever writes has the database to himself."""

    def cursor(self, connection: Any) -> Any:
        """A cursor of a connection (as SQLAlchemy's pool hands it out) for the statements here."""
        ...

    def bound(self, connection: Any, takes_long: bool) -> None:
        """Say whether a connection (as SQLAlchemy's pool hands it out) may be silent for longer
        than usual."""
        ...

    def begin(self, cursor: Any) -> None:
        """Begin a transaction that will write."""
        ...

    def together(self, cursor: Any) -> AbstractContextManager[object]:
        """What is executed within may be sent at once; where it fails, the end of it raises."""
        ...

    def commit(self, cursor: Any) -> None:
        """End the transaction: all of it is durable, or nothing took place."""
        ...

    def hex(self, column: str) -> str:
        """A binary column as hexadecimal text, of either case."""
        ...

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

    def settle(self, cursor: Any) -> None:
        """End a transaction that changed nothing, once all that it read is as durable as what is
        committed."""
        ...


class Writing:
    """What writes rows in one of three ways, for dialects that write all of them alike."""

    def _write(self, cursor: Any, table: Table, rows: Sequence[Row], mode: str) -> None:
        raise NotImplementedError

    def insert(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """As ``Dialect``."""
        self._write(cursor, table, rows, "insert")

    def put(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """As ``Dialect``."""
        self._write(cursor, table, rows, "put")

    def keep(self, cursor: Any, table: Table, rows: Sequence[Row]) -> None:
        """As ``Dialect``."""
        self._write(cursor, table, rows, "keep")


def on_conflict(table: Table, mode: str) -> str:
    """How an INSERT ends that is to write rows in a way (both databases speak alike here)."""
    if mode == "insert":
        return ""
    keys, names = (list(each.columns.keys()) for each in (table.primary_key, table))
    rest = [f"{name} = excluded.{name}" for name in names if name not in keys]
    then = f"UPDATE SET {', '.join(rest)}" if rest and mode == "put" else "NOTHING"
    return f" ON CONFLICT ({', '.join(keys)}) DO {then}"


def pack_json(keys: Iterable[Any]) -> str:
    """Keys, or tuples of keys, as a JSON array. Its integers are exact to 64 bits."""
    return orjson.dumps(list(keys)).decode()
