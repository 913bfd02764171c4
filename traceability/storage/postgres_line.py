"""Statements that go to PostgreSQL together, as one message, and whose answers come back so.

The driver's own pipeline hands each statement to the network as it comes: eight statements are
eight system calls, eight times that the server wakes up, and eight times that Python's lock changes
hands. Here they wait in a list until rows are asked for or the list is complete, and are written at
once, with one synchronisation point behind them (libpq, "Pipeline Mode"). Connecting, adapting
what comes back, and the ends of transactions that nobody gathers are the driver's.

Every statement is prepared when it is first sent. Where one of several fails, the server passes
over those behind it; what was to be prepared is then forgotten, and prepared under a fresh name
when it is needed again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from select import POLLIN, POLLOUT, poll
from struct import Struct
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from traceability.storage.packed import BYTES, INT, Packed
from traceability.storage.patience import PatientConnection, SilentError

_Row = tuple[Any, ...]
_Key = tuple[Any, ...]  # a statement and its parameters' types

_BIGINT: Final = Struct(">q").pack
_GOOD: Final = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_names: Final = count(1)


class _Statement:
    """A statement as it is sent, with its parameters' values, types and forms."""

    __slots__ = ("formats", "query", "types", "values")

    def __init__(self, query: str, params: Sequence[Any]) -> None:
        self.query = query
        self.values: list[bytes | None] = []
        self.types: list[int] = []
        self.formats: list[Format] = []
        for each in params:
            value, kind, form = _dumped(each)
            self.values.append(value)
            self.types.append(kind)
            self.formats.append(form)

    def queue(self, pgconn: PGconn, prepared: dict[_Key, bytes], fresh: list[_Key]) -> None:
        """Have it sent with what is sent next; ``fresh`` are told if it is to be prepared."""
        key = self.query, *self.types
        name = prepared.get(key)
        if name is None:
            name = prepared[key] = b"goc_%d" % next(_names)
            fresh.append(key)
            pgconn.send_prepare(name, _numbered(self.query), self.types)
        pgconn.send_query_prepared(name, self.values, self.formats, Format.BINARY)


class _Word(_Statement):
    """A statement that is not worth preparing."""

    __slots__ = ()

    def queue(self, pgconn: PGconn, prepared: dict[_Key, bytes], fresh: list[_Key]) -> None:  # noqa: ARG002
        """As ``_Statement``."""
        pgconn.send_query_params(self.query.encode(), None)


class Line:
    """A cursor (``execute``, ``fetchone``, ``fetchall``); statements say ``?`` for a parameter.

    The first statement begins a transaction as the connection has it. Within ``together`` a
    statement is sent when its rows are asked for, or at the end; errors are raised then, as the
    driver's own. Serves one thread.
    """

    def __init__(self, connection: PatientConnection) -> None:
        self.connection = connection
        self._transformer = Transformer(connection)
        self._waiting: list[_Statement] = []
        self._gathers = False
        self._found: list[_Row] = []

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send at once what is executed within."""
        self._gathers = True
        try:
            yield
        except BaseException:
            self._waiting.clear()
            raise
        finally:
            self._gathers = False
        self._send()

    def execute(self, query: str, params: Sequence[Any] = ()) -> "Line":
        """Run a statement, now or together with others; returns itself."""
        self._waiting.append(_Statement(query, params))
        if not self._gathers:
            self._send()
        return self

    def commit(self) -> None:
        """End the transaction, now or together with what it executes."""
        if self._gathers:
            self._waiting.append(_Word("COMMIT", ()))
        else:
            self.connection.commit()

    def fetchall(self) -> list[_Row]:
        """The rows of the last statement, that were not fetched yet."""
        self._send()
        found, self._found = self._found, []
        return found

    def fetchone(self) -> _Row | None:
        """The next of them."""
        self._send()
        return self._found.pop(0) if self._found else None

    def close(self) -> None:
        """Forget what was not fetched."""
        self._waiting, self._found = [], []

    # -- sending -----------------------------------------------------------------------------------
    def _send(self) -> None:
        statements, self._waiting = self._waiting, []
        if not statements:
            return
        self._found = []
        pgconn = self.connection.pgconn
        if pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection is closed")
        idle = pgconn.transaction_status == TransactionStatus.IDLE
        if idle and not self.connection.autocommit:
            statements.insert(0, _Word(_beginning(self.connection), ()))
        fresh: list[_Key] = []
        try:
            last = self._exchange(pgconn, statements, fresh)
        except BaseException:
            for key in fresh:
                self.connection.prepared.pop(key, None)
            raise
        if last.ntuples:
            self._transformer.set_pgresult(last)
            self._found = self._transformer.load_rows(0, last.ntuples, tuple)

    def _exchange(
        self, pgconn: PGconn, statements: Sequence[_Statement], fresh: list[_Key]
    ) -> PGresult:
        """The result of the last statement; ``fresh`` are those that were to be prepared."""
        try:
            pgconn.enter_pipeline_mode()
            for each in statements:
                each.queue(pgconn, self.connection.prepared, fresh)
            pgconn.pipeline_sync()
            results = _communicate(pgconn, self.connection.patience)
            pgconn.exit_pipeline_mode()
        except BaseException:  # nobody can know what becomes of them
            pgconn.finish()
            raise
        for result in results:
            if result.status not in _GOOD:
                raise error_from_result(result)
        return results[-1]


def _numbered(statement: str) -> bytes:
    """``$1``, ``$2``, … for each ``?``. No statement of ours has one within quotes."""
    first, *rest = statement.split("?")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))).encode()


@lru_cache(maxsize=8)
def _begin(isolation: IsolationLevel | None, read_only: bool | None) -> str:
    words = ["BEGIN"]
    if isolation is not None:
        words.append(f"ISOLATION LEVEL {isolation.name.replace('_', ' ')}")
    if read_only is not None:
        words.append("READ ONLY" if read_only else "READ WRITE")
    return " ".join(words)


def _beginning(connection: PatientConnection) -> str:
    """How a transaction of the connection begins."""
    return _begin(connection.isolation_level, connection.read_only)


def _dumped(value: Any) -> tuple[bytes | None, int, Format]:
    """A parameter as it is sent: its bytes, the number of its type (0: the server infers it), and
    its form."""
    if isinstance(value, Packed):
        return value.data, value.oid, Format.BINARY
    if isinstance(value, str):
        if "\0" in value:  # libpq would take it for the end
            raise psycopg.DataError("no text has a NUL in it")
        return value.encode(), 0, Format.TEXT
    if isinstance(value, int):
        return _BIGINT(value), INT, Format.BINARY
    if isinstance(value, bytes):
        return value, BYTES, Format.BINARY
    if value is None:
        return None, 0, Format.TEXT
    raise TypeError(f"no parameter is a {type(value).__name__}")


def _communicate(pgconn: PGconn, patience: float | None) -> list[PGresult]:
    """Send what is queued; all results up to the synchronisation point."""
    waiting = poll()
    while pgconn.flush():
        waiting.register(pgconn.socket, POLLIN | POLLOUT)
        if _wait(waiting, patience) & POLLIN:  # it has said something, and waits to be heard
            pgconn.consume_input()
    waiting.register(pgconn.socket, POLLIN)
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            _wait(waiting, patience)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:  # no more of one statement, or the connection is gone
            if pgconn.status != ConnStatus.OK:
                raise psycopg.OperationalError(pgconn.get_error_message())
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)


def _wait(waiting: poll, patience: float | None) -> int:
    found = waiting.poll(None if patience is None else patience * 1000)
    if not found:
        raise SilentError("the server does not answer")
    return found[0][1]
