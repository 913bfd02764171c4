"""A ledger in use: its database, its writer, and what reads beside it."""

from collections.abc import Callable
from typing import Self

from traceability.core.errors import LedgerError
from traceability.core.note import NoteSigner
from traceability.ledger.append import Appender
from traceability.ledger.key_cache import KeyCache
from traceability.ledger.receipts import Receipts
from traceability.storage.append_store import SqlAppendStore
from traceability.storage.engine import Database
from traceability.storage.head import create_log
from traceability.storage.migrations import is_current, migrate


class Ledger:
    """One log in one database, with the writer of this process."""

    def __init__(self, database: Database, signer: NoteSigner, clock: Callable[[], int]) -> None:
        """Open the log that ``signer`` signs for. ``clock`` gives Unix milliseconds.

        Raises ``LedgerError``: ``ledger.schema``, or ``ledger.other-log`` where the database holds
        another log.
        """
        if not is_current(database):
            raise LedgerError("ledger.schema")
        self.log = signer.key.name
        create_log(database, self.log)
        self.database = database
        self.keys = KeyCache(database)
        self.receipts = Receipts(database)
        self.appender = Appender(SqlAppendStore(database), signer, self.keys, clock)

    @classmethod
    def create(cls, url: str, signer: NoteSigner, clock: Callable[[], int]) -> Self:
        """Open the ledger at a database URL, and make or update its tables first."""
        database = Database(url)
        migrate(database)
        return cls(database, signer, clock)

    def close(self) -> None:
        """Answer what waits, stop the writer, and close the database."""
        self.appender.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
