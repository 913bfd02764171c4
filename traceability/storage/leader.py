"""Who publishes: one process of all that serve a log (DESIGN §4).

Whoever gets the lock leads until it gives it back, ends, or loses it: a PostgreSQL advisory lock
ends with the session that took it, a lock on a file with the process. To lead is no proof of being
the only one, since a session may be dead and not know it yet; that is what the tile store's
conditional writes are for.
"""

import logging
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import make_url

from traceability.core.errors import LedgerError
from traceability.storage.engine import Database
from traceability.storage.file_lock import release, try_lock

_log = logging.getLogger(__name__)

LOCK_SUFFIX: Final = ".publisher"  #: of the lock file beside a SQLite database
_PATIENCE: Final = 5  #: seconds for the database to answer


class Leader(Protocol):
    """One candidate. For one thread."""

    def leads(self) -> bool:
        """Whether this process leads now; tries to become the leader where there is none.

        Raises ``LedgerError`` where nobody can tell: ``ledger.unreachable``, ``ledger.storage``.
        """
        ...

    def close(self) -> None:
        """Give the lead back."""
        ...


class Alone:
    """Leads always: for a database in memory, which no other process sees."""

    def leads(self) -> bool:
        """As ``Leader``."""
        return True

    def close(self) -> None:
        """As ``Leader``."""


class FileLeader:
    """Leads while it holds the lock on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None

    def leads(self) -> bool:
        """As ``Leader``."""
        if self._held is None:
            try:
                self._held = try_lock(self._path)
            except OSError as error:
                raise LedgerError("ledger.storage") from error
        return self._held is not None

    def close(self) -> None:
        """As ``Leader``."""
        if self._held is not None:
            release(self._held)
            self._held = None


class PostgresLeader:
    """Leads while a session of its own holds an advisory lock.

    The session must be one with the server: a pooler that shares sessions between clients (in
    transaction mode) would give the lock to whoever comes next.
    """

    def __init__(self, url: str, key: int) -> None:
        """``key`` (signed, 64 bits) is the lock's. Nothing is connected to yet."""
        self._url = make_url(url).set(drivername="postgresql")
        self._key = key
        self._connection: Any = None
        self._held = False

    def leads(self) -> bool:
        """As ``Leader``."""
        import psycopg

        from traceability.storage.postgres import fault_of

        try:
            if self._connection is None:
                self._connection = self._connect()
            if self._held:  # as long as the session answers, the lock is its own
                self._connection.execute("SELECT 1")
            else:
                found = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,))
                self._held = bool(found.fetchone()[0])
        except psycopg.Error as error:
            if self._held:
                _log.warning("this process no longer publishes: its session is lost")
            self.close()
            raise fault_of(error) from error
        return self._held

    def _connect(self) -> Any:
        from traceability.storage.patience import PatientConnection

        connection = PatientConnection.connect(
            self._url.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=_PATIENCE,
            application_name="goc publisher",
            keepalives_idle=_PATIENCE,
            keepalives_interval=_PATIENCE,
            keepalives_count=3,
            tcp_user_timeout=_PATIENCE * 1000,
        )
        connection.patience = _PATIENCE
        return connection

    def close(self) -> None:
        """As ``Leader``."""
        connection, self._connection = self._connection, None
        held, self._held = self._held, False
        if connection is not None:
            import psycopg

            with suppress(psycopg.Error):
                if held:  # the server would notice the closing a moment later
                    connection.execute("SELECT pg_advisory_unlock(%s)", (self._key,))
            connection.close()


def lock_key(log: str) -> int:
    """The advisory lock of a log: many logs may lie in one cluster."""
    return int.from_bytes(
        sha256(b"goc publisher\n" + log.encode()).digest()[:8], "big", signed=True
    )


def leader_of(database: Database, log: str) -> Leader:
    """A candidate among the processes that use a database."""
    if not database.is_sqlite:
        return PostgresLeader(database.url, lock_key(log))
    file = make_url(database.url).database
    if not file or file == ":memory:":
        return Alone()
    return FileLeader(Path(f"{file}{LOCK_SUFFIX}"))
