"""Requests that may come twice: the answer to the first is the answer to all (idempotency keys).

Who sends a command again, since no answer came, must not harvest twice. The signed records are put
down *before* they are appended; a request that comes again then finds

* the answer, if there was one;
* else the signed records: appended again, they get the receipt of the first time, since the log
  takes a record only once. So not even a crash between append and answer makes a second harvest.

    kept = store.recall(token, key, body)
    if isinstance(kept, Answered): return kept
    begun = kept.wire if kept else store.begin(token, key, body, sign(body))
    if isinstance(begun, Answered): return begun
    answer = append(begun)
    store.remember(token, key, body, 201, answer)

The same key with another request is refused. Entries last for a day at least.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, delete, select, update

from traceability import clock
from traceability.core.errors import LedgerError
from traceability.ledger.reading import accounts, looking
from traceability.storage.engine import Database
from traceability.storage.tables import IdempotencyRow, table_of

LASTING: Final = 48 * 3_600_000  #: milliseconds that an entry is kept
BEGUN: Final = 0  #: the status of what was signed and not answered yet

_TABLE: Final = table_of(IdempotencyRow)


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the first such request: HTTP status and body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """The records that the first such request had signed; their fate is not known."""

    wire: bytes


class Idempotency:
    """Requests by token and key. Methods may be called from any thread; all raise
    ``LedgerError("idempotency.reused")`` for a key that came with another request."""

    def __init__(self, database: Database, now: Callable[[], int] = clock.now_ms) -> None:
        self._database = database
        self._now = now

    def recall(self, token: str, key: str, request: bytes) -> Answered | Begun | None:
        """What became of a request, or None if it never came."""
        with looking(self._database) as connection:
            return self._find(connection, token, key, request)

    def begin(self, token: str, key: str, request: bytes, wire: bytes) -> Answered | bytes:
        """Put down the signed records of a request; returns those to append: these, or those that
        the same request put down a moment earlier. Where that one was answered meanwhile, nothing
        is to be appended: its answer is returned."""
        found: Answered | Begun | None = None
        with accounts(self._database) as connection:
            while found is None:  # another took its own back, just as ours gave way to it
                self._keep(connection, token, key, request, BEGUN, wire)
                found = self._find(connection, token, key, request)
        return found if isinstance(found, Answered) else found.wire

    def remember(self, token: str, key: str, request: bytes, status: int, body: bytes) -> None:
        """Put down the answer to a request. The first answer stays."""
        with accounts(self._database) as connection:
            found = self._find(connection, token, key, request)
            if found is None:
                self._keep(connection, token, key, request, status, body)
            elif isinstance(found, Begun):
                connection.execute(
                    update(_TABLE)
                    .where(_TABLE.c.token == token, _TABLE.c.key == key)
                    .values(status=status, body=body)
                )

    def release(self, token: str, key: str, request: bytes, wire: bytes) -> None:
        """Take back what was begun with ``wire``: nothing was recorded, and the request may be
        tried anew. What another put down since then stays."""
        with accounts(self._database) as connection:
            if self._find(connection, token, key, request) == Begun(wire):
                connection.execute(
                    delete(_TABLE).where(
                        _TABLE.c.token == token,
                        _TABLE.c.key == key,
                        _TABLE.c.status == BEGUN,
                        _TABLE.c.body == wire,
                    )
                )

    def sweep(self) -> int:
        """Drop what is older than two days; returns how many."""
        with accounts(self._database) as connection:
            old = delete(_TABLE).where(_TABLE.c.created < self._now() - LASTING)
            return connection.execute(old).rowcount

    def _find(
        self, connection: Connection, token: str, key: str, request: bytes
    ) -> Answered | Begun | None:
        row = connection.execute(
            select(_TABLE.c.request, _TABLE.c.status, _TABLE.c.body).where(
                _TABLE.c.token == token, _TABLE.c.key == key
            )
        ).first()
        if row is None:
            return None
        digest, status, body = row
        if bytes(digest) != sha256(request).digest():
            raise LedgerError("idempotency.reused")
        return Begun(bytes(body)) if status == BEGUN else Answered(status, bytes(body))

    def _keep(
        self,
        connection: Connection,
        token: str,
        key: str,
        request: bytes,
        status: int,
        body: bytes,
    ) -> None:
        """Put down an entry where there is none; whoever does the same now is waited for."""
        digest = sha256(request).digest()
        row = (token, key, digest, status, body, self._now())
        self._database.dialect.keep(self._database.cursor(connection), _TABLE, [row])
